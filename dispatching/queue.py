"""What waits for the hotline's own people: tickets by when they are due, requests and replies the
oldest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from models import Assignment, Reply, Request, RequestKind, RequestState, Ticket, TicketState
from tickets import targets
from web.languages import _l

PER_PAGE = 30
# A number beyond this is told as "99+": nobody decides otherwise for 240 than for 340.
ENOUGH = 100
# What is urgent is due soon, however late it came.
PRESSES = func.coalesce(Ticket.due_at, Ticket.submitted_at)
WAITS_FOR_DISPATCH = {
    "waiting": TicketState.PENDING_DISPATCH,
    "review": TicketState.PENDING_REVIEW,
    "more": TicketState.NEED_INFO,
    "suspended": TicketState.SUSPENDED,
}

TABS = {
    "waiting": _l("待派单"),
    "review": _l("待预审"),
    "more": _l("待补充"),
    "suspended": _l("挂账"),
}


# What the unit above has to look at first is not yet the hotline's.
_FOR_UNIT_ABOVE = (
    (Request.kind == RequestKind.SCORE_APPEAL)
    & Assignment.parent_id.is_not(None)
    & Assignment.id.is_not(None)
)


@dataclass(frozen=True)
class Waiting:
    tickets: Sequence[Ticket]
    more: str | None


def tickets(tab: str, after: tuple[datetime, int] | None) -> Waiting:
    """A page of those who wait in this state; ``after`` is where the page before ended."""
    waiting = select(Ticket).where(Ticket.state == WAITS_FOR_DISPATCH[tab])
    if after is not None:
        waiting = waiting.where(tuple_(PRESSES, Ticket.id) > after)
    found = session.scalars(
        waiting.options(
            joinedload(Ticket.topic), joinedload(Ticket.district), joinedload(Ticket.unit)
        )
        .order_by(PRESSES, Ticket.id)
        .limit(PER_PAGE + 1)
    ).all()
    more = None
    if len(found) > PER_PAGE:
        last = found[PER_PAGE - 1]
        presses = last.due_at or last.submitted_at
        more = f"{presses.isoformat() if presses else ''}_{last.id}"
    return Waiting(found[:PER_PAGE], more)


def requests() -> Sequence[Request]:
    """What units ask for and nobody has decided, those of late tickets first."""
    return session.scalars(
        select(Request)
        .outerjoin(Assignment, Assignment.id == Request.assignment_id)
        .where(Request.state == RequestState.APPLIED, ~_FOR_UNIT_ABOVE)
        .options(
            joinedload(Request.ticket).joinedload(Ticket.topic),
            joinedload(Request.assignment).joinedload(Assignment.unit),
            joinedload(Request.suggested_unit),
        )
        .order_by(Request.arbitration.desc(), Request.applied_at, Request.id)
        .limit(ENOUGH)
    ).all()


def replies() -> Sequence[Reply]:
    """First-level answers that nobody has checked; what is due soonest is checked first."""
    return session.scalars(
        _unchecked()
        .options(
            joinedload(Reply.assignment).joinedload(Assignment.unit),
            joinedload(Reply.assignment).joinedload(Assignment.ticket).joinedload(Ticket.topic),
        )
        .order_by(Reply.at, Reply.id)
        .limit(ENOUGH)
    ).all()


def counts() -> Mapping[str, str]:
    """How much waits in each tab, told up to 99."""
    found = {
        tab: _told(select(Ticket.id).where(Ticket.state == state))
        for tab, state in WAITS_FOR_DISPATCH.items()
    }
    found["requests"] = _told(select(Request.id).where(Request.state == RequestState.APPLIED))
    found["replies"] = _told(_unchecked())
    return found


def light(ticket: Ticket) -> str:
    """Before a unit has it: by the date that it was given when it was submitted."""
    if ticket.due_at is None or ticket.submitted_at is None:
        return "green"
    at = now()
    if at > ticket.due_at:
        return "red"
    whole = ticket.due_at - ticket.submitted_at
    near = min(whole * targets.NEARLY, timedelta(days=1))
    return "yellow" if ticket.due_at - at <= near else "green"


def _unchecked() -> Select[Reply]:
    return (
        select(Reply)
        .join(Reply.assignment)
        .where(Reply.verdict.is_(None), Assignment.level == 1, Assignment.ended_at.is_(None))
    )


def _told(rows: Select[Any]) -> str:
    count = session.scalar(select(func.count()).select_from(rows.limit(ENOUGH).subquery())) or 0
    return str(count) if count < ENOUGH else f"{ENOUGH - 1}+"
