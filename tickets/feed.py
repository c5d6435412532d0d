"""The histories of all tickets as one stream that can be read on from a cursor, nothing missed.

Links get their ids when they are written and are seen when their transaction commits, which is
another order: who read up to 7 and then asks for what follows would miss a 6 that was slow.  So
whoever writes links first marks the place after which his ids will lie, by a lock that falls with
his transaction; and whoever reads goes no further than the lowest mark.  Nothing of this is in a
row, so that a restored backup needs no care."""

from sqlalchemy import ColumnElement, literal_column, text
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.types import NullType

from infra.db import session

# Beside the place; others of ours that lock by two numbers are looks (7) and repeats (8).
FEED_LOCK = 9
LAST = "(last_value - CASE WHEN is_called THEN 0 ELSE 1 END)::int"
MARKING_BY = f"SELECT pg_advisory_xact_lock_shared({FEED_LOCK}, {LAST}) FROM ticket_event_id_seq"
MARK = text(MARKING_BY)
# A column that marks, for a statement that is sent anyway.
MARKING: ColumnElement[None] = literal_column(f"({MARKING_BY})", NullType())
NEWEST = text(f"SELECT {LAST} FROM ticket_event_id_seq")
LOWEST_MARK = text(
    "SELECT min(objid::bigint) FROM pg_locks WHERE locktype = 'advisory'"
    f" AND classid = {FEED_LOCK} AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def mark_place() -> None:
    """Before the first link of a transaction; what is rolled back to a savepoint marks anew."""
    if session.info.get("feed_marked_in") is not _innermost():
        # Nothing is written before it: what the verb is still changing goes out at once, later.
        session.connection().execute(MARK)
        keep_mark()


def keep_mark() -> None:
    """The transaction, or its innermost savepoint, has marked its place by ``MARKING``."""
    session.info["feed_marked_in"] = _innermost()


def newest() -> int:
    """The last id that was given out, whether it is seen yet or not."""
    return int(session.execute(NEWEST).scalar_one())


def horizon() -> int:
    """Up to this id everything that will ever be seen is seen.

    Three statements in this order: an id that was given out before the first is either marked in
    the second, or committed before the third, which is the caller's, begins."""
    last = newest()
    mark = session.execute(LOWEST_MARK).scalar()
    return last if mark is None else min(last, int(mark))


def _innermost() -> SessionTransaction | object:
    """The transaction or savepoint that what is done now belongs to; before it begins, none."""
    current = session()
    return current.get_nested_transaction() or current.get_transaction() or object()
