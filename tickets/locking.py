"""A verb's subject, read behind its ticket's lock.

Two clerks, two tabs, a doubled click: the second waits here and then sees what the first has made
of it.  Whoever changes anything about a ticket comes through here first, so that nobody waits for
somebody who waits for him."""

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload

from infra import within
from infra.db import session
from infra.log import bind
from models import (
    Assignment,
    Exchange,
    FollowUp,
    Linkage,
    Reply,
    Request,
    Round,
    Ticket,
)
from tickets import feed

Row = TypeVar("Row", Assignment, Request, Reply, Linkage, Exchange, FollowUp)

# How one gets from a row to its ticket, where every row has each of them.  They are locked with
# it, and so read as whoever was waited for has left them, in the same statement; the ticket first,
# as everybody takes its lock before any other.
BESIDE: dict[type[Any], tuple[Any, ...]] = {
    Assignment: (Assignment.ticket,),
    Reply: (Reply.assignment, Assignment.ticket),
    FollowUp: (FollowUp.ticket, FollowUp.round),
}
LOCKED: dict[type[Any], tuple[type[Any], ...]] = {
    Ticket: (Ticket,),
    Assignment: (Ticket, Assignment),
    Reply: (Ticket, Assignment, Reply),
    FollowUp: (Ticket, Round, FollowUp),
}
# What every verb looks at is read together with its subject; but nothing by a key that may change,
# for the row that was joined before the wait is not the one that the key then names.
OF_ASSIGNMENT = (contains_eager(Assignment.ticket), joinedload(Assignment.unit))
TOGETHER: dict[type[Any], tuple[Any, ...]] = {
    Ticket: (),
    Assignment: OF_ASSIGNMENT,
    Request: (joinedload(Request.assignment).joinedload(Assignment.unit),),
    Exchange: (joinedload(Exchange.assignment).joinedload(Assignment.unit),),
    Reply: (contains_eager(Reply.assignment).options(*OF_ASSIGNMENT),),
    Linkage: (),
    FollowUp: (contains_eager(FollowUp.ticket), contains_eager(FollowUp.round)),
}


class NotThere(LookupError):
    """Nothing has this number or id."""


def ticket(number: str) -> Ticket:
    """Raises NotThere."""
    return _locked(_by_number(), number)


def tickets(*numbers: str) -> dict[str, Ticket]:
    """Several at once, in the order of their ids whoever asks.  Raises NotThere."""
    rows = session.execute(
        select(Ticket.number, Ticket.id).where(Ticket.number.in_(numbers)).order_by(Ticket.id)
    ).all()
    if {row.number for row in rows} != set(numbers):
        raise NotThere
    return {str(row.number): _locked(_by_id(), row.id) for row in rows}


def in_order(ids: Iterable[int]) -> None:
    """Many, whose rows are read one by one afterwards, in whatever order.  Raises NotThere."""
    for one in sorted(set(ids)):
        _locked(_by_id(), one)


def with_master(number: str) -> Ticket:
    """The ticket behind its own lock and its master's, where it was merged into one: what its
    citizen does is done to that.  The master first, as whoever closes it.  Raises NotThere."""
    master = session.scalar(select(Ticket.merged_into_id).where(Ticket.number == number))
    if master is not None:
        _locked(_by_id(), master)
    return ticket(number)


def assignment(assignment_id: int) -> Assignment:
    """Raises NotThere."""
    return _behind(Assignment, assignment_id)


def request(request_id: int) -> Request:
    """With its assignment, if it is of one.  Raises NotThere."""
    return _behind(Request, request_id)


def follow_up(follow_up_id: int) -> FollowUp:
    """Raises NotThere."""
    return _behind(FollowUp, follow_up_id)


def linkage(linkage_id: int) -> Linkage:
    """Raises NotThere."""
    return _behind(Linkage, linkage_id)


def exchange(exchange_id: int) -> Exchange:
    """With the peer's assignment, if the peer has one.  Raises NotThere."""
    return _behind(Exchange, exchange_id)


def reply(reply_id: int) -> Reply:
    """With its assignment.  Raises NotThere."""
    return _behind(Reply, reply_id)


def hold(ticket: Ticket) -> None:
    """Its row is locked by this transaction, and read since."""
    within.keep(("ticket", ticket.id), ticket)


def is_held(ticket: Ticket) -> bool:
    """Nobody else can change it before this transaction is over."""
    return ticket.id is not None and within.kept(("ticket", ticket.id)) is ticket


def _behind(model: type[Row], row_id: int) -> Row:
    if BESIDE.get(model) is None:
        _locked(_that_owns(model), row_id)
        # Read after the lock: what it waited for may have changed it.
        return session.get_one(model, row_id, populate_existing=True, options=TOGETHER[model])
    session.flush()  # what was changed in this transaction must survive the reading
    row: Row | None = _marked(_with_ticket(model), row_id)
    if row is None:
        raise NotThere
    _keep(row.assignment.ticket if isinstance(row, Reply) else row.ticket)
    return row


def _locked(query: Select[Any, Any], of: int | str) -> Ticket:
    session.flush()  # what was changed in this transaction must survive the reading
    locked: Ticket | None = _marked(query, of)
    if locked is None:
        raise NotThere
    return _keep(locked)


def _marked(query: Select[Any, Any], of: int | str) -> Any:
    """The row.  Whoever takes a lock is about to write history: its place is marked with it."""
    found = session.execute(query, {"of": of}).first()
    if found is None:
        return None
    feed.keep_mark()
    return found[0]


def _keep(locked: Ticket) -> Ticket:
    hold(locked)
    bind(ticket=locked.id)
    return locked


@cache
def _by_number() -> Select[Any, Any]:
    return _lock(Ticket, Ticket.number == bindparam("of"))


@cache
def _by_id() -> Select[Any, Any]:
    return _lock(Ticket, Ticket.id == bindparam("of"))


@cache
def _that_owns(model: type[Any]) -> Select[Any, Any]:
    owner = select(model.ticket_id).where(model.id == bindparam("of"))
    return _lock(Ticket, Ticket.id == owner.scalar_subquery())


@cache
def _with_ticket(model: type[Any]) -> Select[Any, Any]:
    return _lock(model, model.id == bindparam("of"))


def _lock(model: type[Any], which: ColumnElement[bool]) -> Select[Any, Any]:
    """One statement for every time: building it anew would cost more than running it."""
    query = select(model, feed.MARKING).where(which)
    for step in BESIDE.get(model, ()):
        query = query.join(step)
    return (
        query.options(*TOGETHER[model])
        .with_for_update(of=LOCKED[model])
        .execution_options(populate_existing=True)
    )
