"""A verb's subject, read behind its ticket's lock.

Two clerks, two tabs, a doubled click: the second waits here and then sees what the first has made
of it.  Whoever changes anything about a ticket comes through here first, so that nobody waits for
somebody who waits for him."""

from typing import TypeVar

from sqlalchemy import select

from infra.db import session
from infra.log import bind
from models import Assignment, Exchange, Linkage, Reply, Request, Ticket

Owned = TypeVar("Owned", Assignment, Request, Linkage, Exchange)
Row = TypeVar("Row", Assignment, Request, Reply, Linkage, Exchange)


class NotThere(LookupError):
    """Nothing has this number or id."""


def ticket(number: str) -> Ticket:
    """Raises NotThere."""
    return _locked(session.scalar(select(Ticket.id).where(Ticket.number == number)))


def tickets(*numbers: str) -> dict[str, Ticket]:
    """Several at once, in the order of their ids whoever asks.  Raises NotThere."""
    rows = session.execute(
        select(Ticket.number, Ticket.id).where(Ticket.number.in_(numbers)).order_by(Ticket.id)
    ).all()
    if {row.number for row in rows} != set(numbers):
        raise NotThere
    return {str(row.number): _locked(row.id) for row in rows}


def assignment(assignment_id: int) -> Assignment:
    """Raises NotThere."""
    return _behind(Assignment, assignment_id)


def request(request_id: int) -> Request:
    """With its assignment, if it is of one.  Raises NotThere."""
    found = _behind(Request, request_id)
    if found.assignment_id is not None:
        _fresh(Assignment, found.assignment_id)
    return found


def linkage(linkage_id: int) -> Linkage:
    """Raises NotThere."""
    return _behind(Linkage, linkage_id)


def exchange(exchange_id: int) -> Exchange:
    """With the peer's assignment, if the peer has one.  Raises NotThere."""
    found = _behind(Exchange, exchange_id)
    if found.assignment_id is not None:
        _fresh(Assignment, found.assignment_id)
    return found


def reply(reply_id: int) -> Reply:
    """With its assignment.  Raises NotThere."""
    assignment_id = session.scalar(select(Reply.assignment_id).where(Reply.id == reply_id))
    if assignment_id is None:
        raise NotThere
    assignment(assignment_id)
    return _fresh(Reply, reply_id)


def _behind(model: type[Owned], row_id: int) -> Owned:
    _locked(session.scalar(select(model.ticket_id).where(model.id == row_id)))
    return _fresh(model, row_id)


def _locked(ticket_id: int | None) -> Ticket:
    if ticket_id is None:
        raise NotThere
    session.flush()  # what was changed in this transaction must survive the reading
    locked = session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    bind(ticket=locked.id)
    return locked


def _fresh(model: type[Row], row_id: int) -> Row:
    return session.get_one(model, row_id, populate_existing=True)
