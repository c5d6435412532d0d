"""A verb's subject, read behind its ticket's lock.

Two clerks, two tabs, a doubled click: the second waits here and then sees what the first has made
of it.  Whoever changes anything about a ticket comes through here first, so that nobody waits for
somebody who waits for him."""

from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import joinedload

from infra import within
from infra.db import session
from infra.log import bind
from models import Assignment, Exchange, FollowUp, Linkage, Reply, Request, Ticket

Row = TypeVar("Row", Assignment, Request, Reply, Linkage, Exchange, FollowUp)

# What every verb looks at is read together with its subject.
TOGETHER: dict[type[Any], tuple[Any, ...]] = {
    Assignment: (joinedload(Assignment.unit),),
    Request: (joinedload(Request.assignment).joinedload(Assignment.unit),),
    Exchange: (joinedload(Exchange.assignment).joinedload(Assignment.unit),),
    Reply: (joinedload(Reply.assignment).joinedload(Assignment.unit),),
    Linkage: (),
    FollowUp: (joinedload(FollowUp.dial),),
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
    _locked(_that_owns(model), row_id)
    # Read after the lock: what it waited for may have changed it.
    return session.get_one(model, row_id, populate_existing=True, options=TOGETHER[model])


def _locked(query: Select[Ticket], of: int | str) -> Ticket:
    session.flush()  # what was changed in this transaction must survive the reading
    locked = session.scalar(query, {"of": of})
    if locked is None:
        raise NotThere
    hold(locked)
    bind(ticket=locked.id)
    return locked


@cache
def _by_number() -> Select[Ticket]:
    return _lock(Ticket.number == bindparam("of"))


@cache
def _by_id() -> Select[Ticket]:
    return _lock(Ticket.id == bindparam("of"))


@cache
def _that_owns(model: type[Any]) -> Select[Ticket]:
    if model is Reply:
        owner = select(Assignment.ticket_id).join(Reply, Reply.assignment_id == Assignment.id)
    else:
        owner = select(model.ticket_id)
    return _lock(Ticket.id == owner.where(model.id == bindparam("of")).scalar_subquery())


def _lock(which: ColumnElement[bool]) -> Select[Ticket]:
    """One statement for every time: building it anew would cost more than running it."""
    query = select(Ticket).where(which).with_for_update(of=Ticket)
    return query.execution_options(populate_existing=True)
