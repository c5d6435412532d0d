"""The law's own clocks of 12315 tickets, beside the hotline's: step by step, each told once.

A complaint must be accepted or not within seven working days, and its mediation end within 45 of
that; a report must be looked into within fifteen, once fifteen more, and whoever gave his name be
told within five of the decision.  Source: domain reference 1.4 and 2.9."""

from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy import BindParameter, ColumnElement, select

from infra.clock import now
from infra.db import session
from infra.localtime import CITY
from models import (
    Assignment,
    CalendarChange,
    Kind,
    LegalClock,
    LegalLimit,
    LegalStep,
    Part,
    Role,
    StaffMember,
    Ticket,
    UnitKind,
)
from models.lifecycle import WITHDRAWN
from staff import audit
from tickets import deadlines, notices, reach, reasons
from tickets.history import note
from tickets.working_time import Limit
from web.languages import _
from web.refusals import Refused

FIRST = {Kind.COMPLAINT: LegalStep.ACCEPT, Kind.REPORT: LegalStep.VERIFY}
# Holds where the city has entered nothing else.
BY_LAW = {
    LegalStep.ACCEPT: ("7 wd", None),
    LegalStep.MEDIATE: ("45 wd", None),
    LegalStep.VERIFY: ("15 wd", "15 wd"),
    LegalStep.INFORM: ("5 wd", None),
}
AT_ONCE = 100
HOTLINE = (Role.DISPATCHER, Role.LEAD)


class NotNow(Refused):
    """The step cannot be taken; the message says why."""


def applies(ticket: Ticket) -> bool:
    return ticket.topic is not None and ticket.topic.market and ticket.kind in FIRST


def may_act(ticket: Ticket, staff: StaffMember) -> bool:
    """Whoever leads it, or led it last: the law's dates are longer than the reply's.  Or the
    hotline for him."""
    if staff.may(*HOTLINE):
        return True
    led = select(Assignment).where(
        Assignment.ticket_id == ticket.id,
        Assignment.part == Part.LEAD,
        Assignment.state.not_in(WITHDRAWN),
    )
    newest = session.scalars(led.order_by(Assignment.round_id.desc(), Assignment.level)).first()
    if newest is None:
        return False
    own = led.where(
        Assignment.round_id == newest.round_id, Assignment.unit_id.in_(reach.units_of(staff))
    )
    return session.scalars(own.limit(1)).first() is not None


def step_of(ticket: Ticket, step: LegalStep) -> LegalClock | None:
    """As it is behind the ticket's lock; None where it has not begun."""
    return session.scalar(
        select(LegalClock)
        .where(LegalClock.ticket_id == ticket.id, LegalClock.step == step)
        .execution_options(populate_existing=True)
    )


def limits() -> list[LegalLimit]:
    """In the order of the steps, the city's own where it has one."""
    own = {one.step: one for one in session.scalars(select(LegalLimit))}
    return [own.get(step) or _by_law(step) for step in LegalStep]


def change_limit(step: LegalStep, within: str, more: str) -> None:
    """Holds for what begins from now on.  Raises LimitInvalid."""
    said = str(Limit.parse(within)), str(Limit.parse(more)) if more.strip() else None
    session.merge(LegalLimit(step=step, within=said[0], more=said[1]))
    audit.record("legal_limit.changed", "policy", step, within=said[0], more=said[1])


def of(ticket: Ticket) -> Sequence[LegalClock]:
    return session.scalars(
        select(LegalClock).where(LegalClock.ticket_id == ticket.id).order_by(LegalClock.id)
    ).all()


def begin(ticket: Ticket) -> None:
    """With the first dispatch in the city: whoever gets it later has what is left of the time."""
    if ticket.unit is not None and ticket.unit.kind is UnitKind.PLATFORM:
        return
    if ticket.kind is not None and applies(ticket) and not of(ticket):
        _start(ticket, FIRST[ticket.kind])


def meet(clock: LegalClock, *, by: StaffMember, outcome: bool, words: str = "") -> None:
    """Accepted, mediated, filed, told; or not, and then why.  Raises NotNow."""
    _insist_open(clock)
    if not outcome and not words:
        raise NotNow(_("请填写理由"))
    by_id = by.id  # read now: reading writes what was changed so far
    clock.outcome, clock.words = outcome, words
    clock.done_at, clock.done_by_id = now(), by_id
    note(clock.ticket, "legal_met", by=by, step=clock.step, outcome=outcome)
    following = _after(clock)
    if following is not None:
        _start(clock.ticket, following)


def extend(clock: LegalClock, *, by: StaffMember, reason: str) -> None:
    """Once, where the law allows it, before the date has passed.  Raises NotNow."""
    _insist_open(clock)
    if not _lengthens(clock):
        raise NotNow(_("这一步不能延长，或已延长过"))
    if now() > clock.due_at:
        raise NotNow(_("已超过法定时限，不能延长"))
    clock.extended_at = now()
    clock.due_at = _due(clock)
    kept = reasons.keep(clock.ticket, reason, by=by)
    note(clock.ticket, "legal_extended", by=by, step=clock.step, remark=kept)


def may_be_extended(clock: LegalClock) -> bool:
    return clock.done_at is None and _lengthens(clock) and now() <= clock.due_at


def miss_due() -> int:
    """Dates that have passed: the unit and the leads are told once."""
    missed = session.scalars(
        select(LegalClock)
        .join(LegalClock.ticket)
        .where(*late(now()))
        .order_by(LegalClock.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=(Ticket, LegalClock))
        .execution_options(populate_existing=True)
    ).all()
    for one in missed:
        one.red_at = now()
        note(one.ticket, "legal_missed", unit=one.ticket.unit, step=one.step)
        if one.ticket.unit is not None:
            key = f"legal:{one.id}:{one.due_at:%Y%m%d}"
            notices.tell_about(one.ticket, one.ticket.unit, "legal_missed", key=key, step=one.step)
    return len(missed)


def late(at: datetime | BindParameter[datetime]) -> tuple[ColumnElement[bool], ...]:
    """Of a step: its date has passed, and nobody was told."""
    return LegalClock.due_at <= at, LegalClock.done_at.is_(None), LegalClock.red_at.is_(None)


def recompute(change: CalendarChange) -> int:
    """Open steps whose time holds a changed day, by their own limits; returns how many moved."""
    begin_day = datetime.combine(change.first, time(), CITY)
    end_day = datetime.combine(change.last, time.max, CITY)
    held = session.scalars(
        select(LegalClock)
        .join(LegalClock.ticket)
        .where(
            LegalClock.done_at.is_(None),
            LegalClock.begins_at <= end_day,
            LegalClock.due_at >= begin_day,
        )
        .order_by(LegalClock.ticket_id)
        .with_for_update(of=(Ticket, LegalClock))
        .execution_options(populate_existing=True)
    ).all()
    return sum(_move(one, change) for one in held)


def _move(one: LegalClock, change: CalendarChange) -> bool:
    before, one.due_at = one.due_at, _due(one)
    if one.due_at == before:
        return False
    if now() < one.due_at:
        one.red_at = None
    note(one.ticket, "legal_moved", step=one.step, change=change.id, was=before.isoformat())
    return True


def _start(ticket: Ticket, step: LegalStep) -> None:
    held = session.get(LegalLimit, step) or _by_law(step)
    begun = LegalClock(
        ticket_id=ticket.id, step=step, begins_at=now(), within=held.within, more=held.more
    )
    begun.due_at = _due(begun)
    session.add(begun)
    note(ticket, "legal_begun", step=step)


def _due(clock: LegalClock) -> datetime:
    due = deadlines.after(clock.begins_at, Limit.parse(clock.within))
    if clock.extended_at is not None and clock.more is not None:
        due = deadlines.after(due, Limit.parse(clock.more))
    return due


def _after(clock: LegalClock) -> LegalStep | None:
    """Only what was accepted is mediated, and only who gave his name is told."""
    match clock.step:
        case LegalStep.ACCEPT if clock.outcome:
            return LegalStep.MEDIATE
        case LegalStep.VERIFY if clock.ticket.citizen_name:
            return LegalStep.INFORM
        case _:
            return None


def _lengthens(clock: LegalClock) -> bool:
    return clock.more is not None and clock.extended_at is None


def _insist_open(clock: LegalClock) -> None:
    if clock.done_at is not None:
        raise NotNow(_("这一步已经完成"))


def _by_law(step: LegalStep) -> LegalLimit:
    within, more = BY_LAW[step]
    return LegalLimit(step=step, within=within, more=more)
