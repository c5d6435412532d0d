"""The ladder that a late assignment climbs, swept each minute; each step is told once.

Near its date and at it the unit is told, when it is late its leader and the hotline's leads, too;
a working day later it is supervised, three working days later jointly.  Source: domain reference
1.5."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload

from infra.clock import now
from infra.db import session
from models import Assignment, Part, SuperviseKind, Ticket
from models.lifecycle import IN_HAND, RUNNING, AssignmentState
from models.targets import TARGETS
from staff import norms
from tickets import locking, notices, supervising
from tickets.calendar import calendar

AT_ONCE = 100
AT: BindParameter[datetime] = bindparam("at")


def _owing(*conditions: ColumnElement[bool]) -> Select[Assignment]:
    """Assignments in hand that meet the conditions.  What somebody is just working on is left for
    the next sweep: nothing waits here."""
    in_hand: Iterable[AssignmentState] = IN_HAND
    return (
        select(Assignment)
        .where(
            Assignment.state.in_(in_hand),
            Assignment.part != Part.INFO,
            Ticket.state.in_(RUNNING),
            *conditions,
        )
        .join(Assignment.ticket)
        .options(contains_eager(Assignment.ticket), joinedload(Assignment.unit))
        .order_by(Assignment.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=(Ticket, Assignment))
        .execution_options(populate_existing=True)
    )


# Built once: each is asked every minute, and mostly in vain.
MISSED = {
    name: _owing(
        getattr(Assignment, due) <= AT,
        getattr(Assignment, met).is_(None),
        ~Assignment.late.contains([name]),
    )
    for name, (due, met) in TARGETS.items()
}
NEARLY = _owing(Assignment.nearly_at <= AT, Assignment.yellow_at.is_(None))
OVERDUE = _owing(Assignment.due_at <= AT, Assignment.red_at.is_(None))
UNSUPERVISED = _owing(Assignment.due_at < AT, Assignment.supervised_at.is_(None))
NOT_JOINTLY = _owing(Assignment.due_at < AT, Assignment.joint_at.is_(None))


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
    key = f"late_{name}"
    late = _taken(MISSED[name], at)
    for one in late:
        due = getattr(one, TARGETS[name][0])
        since = f"{due:%Y%m%d%H%M}"
        one.late = [*one.late, name]
        notices.tell_unit(one, key, about=since)
        notices.tell_leader(one, key, about=since)
        notices.tell_leads(one, key, due=due)
    return len(late)


def _turn_yellow(at: datetime) -> int:
    near = _taken(NEARLY, at)
    for one in near:
        one.yellow_at = at
        notices.tell_unit(one, "nearly", about=f"{one.due_at:%Y%m%d%H%M}")
    return len(near)


def _turn_red(at: datetime) -> int:
    late = _taken(OVERDUE, at)
    for one in late:
        due, one.red_at = one.due_at or at, at
        since = f"{due:%Y%m%d%H%M}"
        notices.tell_unit(one, "overdue", about=since)
        notices.tell_leader(one, "overdue", about=since)
        notices.tell_leads(one, "overdue", due=due)
    return len(late)


def _supervise(at: datetime) -> int:
    late = _taken(UNSUPERVISED, calendar().over_for(at, norms.amount("supervised_after")))
    for one in late:
        one.supervised_at = at
        supervising.supervise(one.ticket, one.unit, SuperviseKind.SYSTEM, "overdue", by=None)
        notices.tell_leader(one, "supervised", about=f"{one.due_at:%Y%m%d%H%M}")
    return len(late)


def _supervise_jointly(at: datetime) -> int:
    late = _taken(NOT_JOINTLY, calendar().over_for(at, norms.amount("jointly_supervised_after")))
    for one in late:
        one.joint_at = at
        supervising.supervise(one.ticket, one.unit, SuperviseKind.JOINT, "long_overdue", by=None)
        notices.tell_leader(one, "supervised", about=f"{one.due_at:%Y%m%d%H%M}:joint")
    return len(late)


def _taken(query: Select[Assignment], at: datetime) -> Sequence[Assignment]:
    """With their tickets' locks."""
    taken = session.scalars(query, {"at": at}).all()
    for one in taken:
        locking.hold(one.ticket)
    return taken
