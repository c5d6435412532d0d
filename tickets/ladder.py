"""The ladder that a late assignment climbs, swept each minute; each step is told once.

Near its date and at it the unit is told, when it is late its leader and the hotline's leads, too;
a working day later it is supervised, three working days later jointly.  Source: domain reference
1.5."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, exists, select
from sqlalchemy.orm import contains_eager, joinedload

from infra.clock import now
from infra.db import session
from models import Assignment, Part, SuperviseKind, Ticket
from models.lifecycle import IN_HAND, RUNNING
from models.targets import TARGETS
from staff import norms
from tickets import locking, notices, supervising
from tickets.calendar import calendar

AT_ONCE = 100
AT: BindParameter[datetime] = bindparam("at")


Conditions = tuple[ColumnElement[bool], ...]
# Of an assignment, whose step is due.
MISSED: dict[str, Conditions] = {
    name: (
        getattr(Assignment, due) <= AT,
        getattr(Assignment, met).is_(None),
        ~Assignment.late.contains([name]),
    )
    for name, (due, met) in TARGETS.items()
}
STEPS: dict[str, Conditions] = {
    "nearly": (Assignment.nearly_at <= AT, Assignment.yellow_at.is_(None)),
    "overdue": (Assignment.due_at <= AT, Assignment.red_at.is_(None)),
    "unsupervised": (Assignment.due_at < AT, Assignment.supervised_at.is_(None)),
    "not_jointly": (Assignment.due_at < AT, Assignment.joint_at.is_(None)),
}


def _in_hand(conditions: Conditions) -> Conditions:
    return (
        Assignment.state.in_(IN_HAND),
        Assignment.part != Part.INFO,
        Ticket.state.in_(RUNNING),
        *conditions,
    )


def _owing(conditions: Conditions) -> Select[Assignment]:
    """Assignments in hand that meet the conditions.  What somebody is just working on is left for
    the next sweep: nothing waits here."""
    return (
        select(Assignment)
        .where(*_in_hand(conditions))
        .join(Assignment.ticket)
        .options(contains_eager(Assignment.ticket), joinedload(Assignment.unit))
        .order_by(Assignment.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=(Ticket, Assignment))
        .execution_options(populate_existing=True)
    )


# Built once.  Every minute it is asked, in one question, which of them has anything to do: mostly
# none.  Who is supervised is late for some days at least.
OWING = {name: _owing(conditions) for name, conditions in (MISSED | STEPS).items()}
WHICH = select(
    *(
        exists().where(Assignment.ticket_id == Ticket.id, *_in_hand(conditions)).label(name)
        for name, conditions in (MISSED | STEPS).items()
    )
)


def climb() -> int:
    """Every step that is due, at most ``AT_ONCE`` of each; returns how many were taken."""
    at = now()
    due = session.execute(WHICH, {"at": at}).mappings().one()
    taken = sum(_miss_target(name, at) for name in TARGETS if due[name])
    return taken + sum(step(at) for name, step in TAKEN.items() if due[name])


def _miss_target(name: str, at: datetime) -> int:
    """A target of its own was not met: the unit's leader and the hotline's lead are told."""
    key = f"late_{name}"
    late = _taken(name, at)
    for one in late:
        due = getattr(one, TARGETS[name][0])
        since = f"{due:%Y%m%d%H%M}"
        one.late = [*one.late, name]
        notices.tell_unit(one, key, about=since)
        notices.tell_leader(one, key, about=since)
        notices.tell_leads(one, key, due=due)
    return len(late)


def _turn_yellow(at: datetime) -> int:
    near = _taken("nearly", at)
    for one in near:
        one.yellow_at = at
        notices.tell_unit(one, "nearly", about=f"{one.due_at:%Y%m%d%H%M}")
    return len(near)


def _turn_red(at: datetime) -> int:
    late = _taken("overdue", at)
    for one in late:
        due, one.red_at = one.due_at or at, at
        since = f"{due:%Y%m%d%H%M}"
        notices.tell_unit(one, "overdue", about=since)
        notices.tell_leader(one, "overdue", about=since)
        notices.tell_leads(one, "overdue", due=due)
    return len(late)


def _supervise(at: datetime) -> int:
    before = calendar().over_for(at, norms.amount("supervised_after"))
    late = _taken("unsupervised", before)
    for one in late:
        one.supervised_at = at
        supervising.supervise(one.ticket, one.unit, SuperviseKind.SYSTEM, "overdue", by=None)
        notices.tell_leader(one, "supervised", about=f"{one.due_at:%Y%m%d%H%M}")
    return len(late)


def _supervise_jointly(at: datetime) -> int:
    before = calendar().over_for(at, norms.amount("jointly_supervised_after"))
    late = _taken("not_jointly", before)
    for one in late:
        one.joint_at = at
        supervising.supervise(one.ticket, one.unit, SuperviseKind.JOINT, "long_overdue", by=None)
        notices.tell_leader(one, "supervised", about=f"{one.due_at:%Y%m%d%H%M}:joint")
    return len(late)


TAKEN: dict[str, Callable[[datetime], int]] = {
    "nearly": _turn_yellow,
    "overdue": _turn_red,
    "unsupervised": _supervise,
    "not_jointly": _supervise_jointly,
}


def _taken(name: str, at: datetime) -> Sequence[Assignment]:
    """With their tickets' locks."""
    taken = session.scalars(OWING[name], {"at": at}).all()
    for one in taken:
        locking.hold(one.ticket)
    return taken
