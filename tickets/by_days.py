"""Tickets by the days on which they were submitted, the newest first; such a list goes on after the
last of the page before."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, tuple_

from infra.db import session
from infra.localtime import midnight
from models import Ticket

Place = tuple[datetime, int]
PLACE = tuple_(Ticket.submitted_at, Ticket.id)
NEWEST_FIRST = (Ticket.submitted_at.desc(), Ticket.id.desc())


def within(first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if first is not None:
        found.append(Ticket.submitted_at >= midnight(first))
    if last is not None:
        found.append(Ticket.submitted_at < midnight(last + timedelta(days=1)))
    return found


def narrowed(query: Select[Ticket], after: Place | None) -> Select[Ticket, datetime, int]:
    """Each ticket with its place."""
    beyond = [] if after is None else [after > PLACE]
    return (
        query.add_columns(Ticket.submitted_at, Ticket.id)
        .where(*beyond)
        .order_by(None)
        .order_by(*NEWEST_FIRST)
    )


def edge(first: date | None, last: date | None, after: Place | None, depth: int) -> Place | None:
    """The place of the one that so many lie before; None where there are not so many."""
    beyond = [] if after is None else [after > PLACE]
    found = session.execute(
        select(Ticket.submitted_at, Ticket.id)
        .where(*within(first, last), *beyond)
        .order_by(*NEWEST_FIRST)
        .offset(depth)
        .limit(1)
    ).one_or_none()
    return None if found is None or found[0] is None else (found[0], found[1])
