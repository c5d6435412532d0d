"""What a transaction knows ends with it: nothing that is read once may outlive its reading."""

from contextlib import suppress

from flask import Flask
from sqlalchemy import select, text

from infra import within
from infra.db import savepoint, session, transaction


class Undone(Exception):
    pass


def test_a_transaction_keeps_what_it_found_and_the_next_knows_nothing_of_it(app: Flask) -> None:
    with transaction():
        session.execute(select(1))
        within.keep("calendar", "as it stands")
        assert within.kept("calendar") == "as it stands"
    with transaction():
        session.execute(select(1))
        assert within.kept("calendar") is None


def test_nothing_is_kept_of_what_was_rolled_back(app: Flask) -> None:
    with suppress(Undone), transaction():
        session.execute(select(1))
        within.keep("ticket", "held")
        raise Undone
    session.execute(select(1))
    assert within.kept("ticket") is None
    session.rollback()


def test_a_savepoint_knows_what_was_found_before_it_and_takes_its_own_with_it(app: Flask) -> None:
    with transaction():
        session.execute(select(1))
        within.keep("before", 1)
        with suppress(Undone), savepoint():
            assert within.kept("before") == 1
            within.keep("inside", 2)
            raise Undone
        assert (within.kept("before"), within.kept("inside")) == (1, None)


def test_what_was_changed_is_forgotten_also_from_inside_of_a_savepoint(app: Flask) -> None:
    with transaction():
        session.execute(text("SELECT 1"))
        within.keep("calendar", "old")
        with savepoint():
            within.forget("calendar")
        assert within.kept("calendar") is None
