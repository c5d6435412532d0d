"""The ladder that a late assignment climbs, swept each minute; each step is told once.

Near its date and at it the unit is told, when it is late its leader, too; a working day later it is
supervised, three working days later jointly.  Source: domain reference 1.5."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager, joinedload

from infra.clock import now
from infra.db import session
from models import Assignment, Part, SuperviseKind, Ticket, TicketState
from models.lifecycle import IN_HAND, AssignmentState
from tickets import locking, notices, supervising
from tickets.calendar import calendar

AT_ONCE = 100
SUPERVISED_AFTER = 1
JOINTLY_AFTER = 3
TARGETS = {
    "sign": (Assignment.sign_due_at, Assignment.signed_at),
    "mobilise": (Assignment.mobilise_due_at, Assignment.mobilised_at),
    "on_site": (Assignment.on_site_due_at, Assignment.on_site_done_at),
    "respond": (Assignment.respond_due_at, Assignment.contacted_at),
}


def climb() -> int:
    """Every step that is due, at most ``AT_ONCE`` of each; returns how many were taken."""
    at = now()
    return sum(
        (
            *(_miss_target(name, at) for name in TARGETS),
            _turn_yellow(at),
            _turn_red(at),
            _supervise(at),
            _supervise_jointly(at),
        )
    )


def _miss_target(name: str, at: datetime) -> int:
    """A target of its own was not met: the unit's leader and the hotline's lead are told."""
    due, met = TARGETS[name]
    key = f"late_{name}"
    late = _taken(due <= at, met.is_(None), ~Assignment.late.contains([name]))
    for one in late:
        one.late = [*one.late, name]
        notices.tell_unit(one, key)
        notices.tell_leader(one, key)
        notices.tell_leads(one, key)
    return len(late)


def _turn_yellow(at: datetime) -> int:
    near = _taken(Assignment.nearly_at <= at, Assignment.yellow_at.is_(None))
    for one in near:
        one.yellow_at = at
        notices.tell_unit(one, "nearly", about=f"{one.due_at:%Y%m%d%H%M}")
    return len(near)


def _turn_red(at: datetime) -> int:
    late = _taken(Assignment.due_at <= at, Assignment.red_at.is_(None))
    for one in late:
        one.red_at = at
        since = f"{one.due_at:%Y%m%d%H%M}"
        notices.tell_unit(one, "overdue", about=since)
        notices.tell_leader(one, "overdue", about=since)
        notices.tell_leads(one, "overdue")
    return len(late)


def _supervise(at: datetime) -> int:
    late = _late_by(SUPERVISED_AFTER, at, Assignment.supervised_at.is_(None))
    for one in late:
        one.supervised_at = at
        supervising.supervise(one.ticket, one.unit, SuperviseKind.SYSTEM, "overdue", by=None)
        notices.tell_leader(one, "supervised", about=f"{one.due_at:%Y%m%d%H%M}")
    return len(late)


def _supervise_jointly(at: datetime) -> int:
    late = _late_by(JOINTLY_AFTER, at, Assignment.joint_at.is_(None))
    for one in late:
        one.joint_at = at
        supervising.supervise(one.ticket, one.unit, SuperviseKind.JOINT, "long_overdue", by=None)
        notices.tell_leader(one, "supervised", about=f"{one.due_at:%Y%m%d%H%M}:joint")
    return len(late)


def _late_by(days: int, at: datetime, step: ColumnElement[bool]) -> Sequence[Assignment]:
    return _taken(Assignment.due_at < calendar().over_for(at, days), step)


def _taken(*conditions: ColumnElement[bool]) -> Sequence[Assignment]:
    """Assignments in hand that meet the conditions, with their tickets' locks.

    What somebody is just working on is left for the next sweep: nothing waits here."""
    in_hand: Iterable[AssignmentState] = IN_HAND
    taken = session.scalars(
        select(Assignment)
        .where(
            Assignment.state.in_(in_hand),
            Assignment.part != Part.INFO,
            Ticket.state != TicketState.SUSPENDED,
            *conditions,
        )
        .join(Assignment.ticket)
        .options(contains_eager(Assignment.ticket), joinedload(Assignment.unit))
        .order_by(Assignment.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=(Ticket, Assignment))
        .execution_options(populate_existing=True)
    ).all()
    for one in taken:
        locking.hold(one.ticket)
    return taken
