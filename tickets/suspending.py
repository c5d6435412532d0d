"""Difficult tickets off the clock: with a plan, until a review date, and no longer."""

from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Select, select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    Assignment,
    Request,
    RequestKind,
    RequestState,
    StaffMember,
    Ticket,
    TicketState,
)
from models.lifecycle import IN_HAND
from models.targets import TARGETS
from tickets import deadlines, notices
from tickets.calendar import calendar
from tickets.history import note

AT_ONCE = 100


def resume(ticket: Ticket, *, by: StaffMember | None) -> None:
    """It is handled again, and gets back the time that it was off the clock."""
    since = _suspended_since(ticket)
    ticket.make("resume")
    ticket.difficult_until = None
    note(ticket, "resumed", by=by)
    for one in session.scalars(_in_hand(ticket)).all():
        _give_back(one, since)
        notices.tell_unit(one, "resumed", about=f"{now():%Y%m%d%H%M}")


def resume_due() -> int:
    """Whose review date has passed goes on by itself; nobody forgets it."""
    due = session.scalars(
        select(Ticket)
        .where(*over(local(now()).date()))
        .order_by(Ticket.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for ticket in due:
        resume(ticket, by=None)
    return len(due)


def over(today: date | BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    """Of a ticket: its review date has passed."""
    return Ticket.state == TicketState.SUSPENDED, Ticket.difficult_until < today


def _in_hand(ticket: Ticket) -> Select[Assignment]:
    """Who answers for others first: they get no more time than he."""
    return (
        select(Assignment)
        .where(
            Assignment.ticket_id == ticket.id,
            Assignment.state.in_(IN_HAND),
            Assignment.due_at.is_not(None),
        )
        .order_by(Assignment.level, Assignment.id)
    )


def _suspended_since(ticket: Ticket) -> datetime:
    """Since it was approved: while that was asked for the clock ran on.  The newest decision, not
    the newest wish: an older one may have been approved after it.  Source: domain reference 1.5."""
    decided = session.scalar(
        select(Request.decided_at)
        .where(
            Request.ticket_id == ticket.id,
            Request.kind == RequestKind.SUSPENSION,
            Request.state == RequestState.APPROVED,
        )
        .order_by(Request.decided_at.desc(), Request.id.desc())
        .limit(1)
    )
    return decided or now()


def _give_back(one: Assignment, since: datetime) -> None:
    if deadlines.runs_at_night(one):
        deadlines.give_time(one, now() - since)
    else:
        day, last, works = local(since).date(), local(now()).date(), calendar().works
        passed = sum(works(day + timedelta(days=n)) for n in range(1, (last - day).days + 1))
        if passed:
            deadlines.grant(one, passed)
    _give_back_targets(one, since)


def _give_back_targets(one: Assignment, since: datetime) -> None:
    """What was not missed when it was suspended is owed later by as much, not missed meanwhile."""
    for name, (due, met) in TARGETS.items():
        at = getattr(one, due)
        if at is not None and at > since and getattr(one, met) is None:
            deadlines.give_target(one, name, now() - since)
