"""Tickets by light: of all that units still owe on one, what is missed, near, or neither.

The soonest date of a ticket is that of one of its assignments; lists stand in the order of these
dates, which an index gives, and go on after the last of the page before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import aliased, joinedload

from infra.clock import now
from infra.db import session
from models import Assignment, Ticket
from models.lifecycle import RUNNING
from tickets import targets

LIGHTS = ("red", "yellow", "green")
Place = tuple[datetime, int]
Other = aliased(Assignment)


def narrowed(
    query: Select[Ticket], light: str, after: Place | None
) -> Select[Ticket, datetime, int]:
    """Each ticket with its place: the longest missed first, of the others what is next."""
    at = now()
    match light:
        case "red":
            column, lit = Assignment.next_due_at, [Assignment.next_due_at <= at]
        case "yellow":
            column = Assignment.next_near_at
            lit = [Assignment.next_near_at <= at, ~_any(Other.next_due_at <= at)]
        case _:
            column, lit = Assignment.next_near_at, [Assignment.next_near_at > at]
    newest_first = light == "yellow"
    place = tuple_(column, Assignment.id)
    beyond = [] if after is None else [place < after if newest_first else place > after]
    order = (column, Assignment.id)
    return (
        query.add_columns(column, Assignment.id)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .where(Ticket.state.in_(RUNNING), *lit, *beyond, _soonest(column.key))
        .order_by(None)
        .order_by(*[one.desc() if newest_first else one for one in order])
    )


def owed_on(tickets: Sequence[Ticket]) -> dict[int, tuple[Assignment, targets.Target]]:
    """By ticket: what is owed next on it, and whose that is."""
    ids = [one.id for one in tickets if one.state in RUNNING]
    owing = session.scalars(
        select(Assignment)
        .where(Assignment.ticket_id.in_(ids), Assignment.next_due_at.is_not(None))
        .options(joinedload(Assignment.unit))
        .order_by(Assignment.next_due_at.desc(), Assignment.id.desc())
    )
    found = ((one, targets.nearest(one)) for one in owing)
    return {one.ticket_id: (one, owed) for one, owed in found if owed is not None}


def _soonest(column: str) -> ColumnElement[bool]:
    """No other assignment of the ticket has a date before: each ticket is listed once."""
    this, other = getattr(Assignment, column), getattr(Other, column)
    return ~_any(tuple_(other, Other.id) < tuple_(this, Assignment.id))


def _any(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(Other.id).where(Other.ticket_id == Ticket.id, condition)
    return found.correlate(Ticket, Assignment).exists()
