"""By when a unit must sign, speak to the citizen and be done: policy and calendar together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Assignment, DeadlinePolicy, Part, Ticket, Unit
from models.targets import TARGETS
from staff import norms
from tickets import contacting, targets
from tickets.calendar import calendar
from tickets.working_time import Limit, Measure, WorkCalendar
from web.languages import _
from web.refusals import Refused

LIMITS = ("sign", "respond", "handle", "mobilise", "on_site")


# Built once: each dispatch asks it.
FITTING = (
    select(DeadlinePolicy)
    .where(
        DeadlinePolicy.kind.is_(None) | (DeadlinePolicy.kind == bindparam("kind")),
        DeadlinePolicy.urgency.is_(None) | (DeadlinePolicy.urgency == bindparam("urgency")),
        DeadlinePolicy.topic_id.is_(None) | (DeadlinePolicy.topic_id == bindparam("topic")),
        DeadlinePolicy.unit_id.is_(None) | (DeadlinePolicy.unit_id == bindparam("unit")),
    )
    .execution_options(autoflush=False)
)
LATER_BELOW = select(Assignment).where(
    Assignment.parent_id == bindparam("assignment"),
    Assignment.ended_at.is_(None),
    Assignment.due_at > bindparam("due"),
)
# Holds where the city has set nothing that fits.  Source: domain reference 1.4, neutral profile.
NEUTRAL = DeadlinePolicy(sign="4 wh", respond="1 wd", handle="5 wd")


class Answered(Refused):
    """The unit has answered; more time is no matter any more."""


class NoRoom(Refused):
    """The unit above is due at the same time: only its own date can give more."""


@dataclass(frozen=True)
class Due:
    """The dates of one assignment; what the policy does not ask for is None."""

    sign: datetime
    respond: datetime | None
    handle: datetime
    mobilise: datetime | None
    on_site: datetime | None
    limits: dict[str, Any]


def policy_for(ticket: Ticket, unit: Unit | None) -> DeadlinePolicy:
    """The policy that says most about this ticket: unit, then topic, urgency and kind."""
    of = {
        "kind": ticket.kind,
        "urgency": ticket.urgency,
        "topic": ticket.topic_id,
        "unit": unit.id if unit else None,
    }
    fitting = session.scalars(FITTING, of).all()
    return max(fitting, key=_says, default=NEUTRAL)


def due_of(ticket: Ticket, unit: Unit | None, start: datetime) -> Due:
    """Counted from dispatch, each target by itself; no later than another platform wants it."""
    return due_by(_limits(policy_for(ticket, unit)) | _until(ticket, start), start)


def due_again(ticket: Ticket, unit: Unit | None, start: datetime) -> Due:
    """For rehandling: half of what the policy gives to handle, at most so many working days, and no
    later than another platform wants it."""
    days, limits = calendar(), _limits(policy_for(ticket, unit))
    limit = Limit.parse(limits["handle"])
    half = Limit(max(1, limit.amount // 2), limit.measure)
    longest = Limit(norms.amount("rehandled_within"), Measure.WORKING_DAYS)
    shorter = min((half, longest), key=lambda one: days.due(start, one))
    kept = {name: limits[name] for name in ("sign", "respond") if name in limits}
    return due_by(kept | {"handle": str(shorter)} | _until(ticket, start), start)


def due_by(limits: dict[str, Any], start: datetime) -> Due:
    """What the limits mean by the calendar as it stands."""
    days = calendar()
    handle = days.due(start, Limit.parse(limits["handle"]))
    if "until" in limits:
        handle = min(handle, datetime.fromisoformat(limits["until"]))
    sign, respond, mobilise, on_site = (
        _due(days, start, limits.get(name)) for name in ("sign", "respond", "mobilise", "on_site")
    )
    return Due(
        sign=min(sign, handle) if sign else handle,
        respond=respond and min(respond, handle),
        handle=handle,
        mobilise=mobilise,
        on_site=on_site,
        limits=limits,
    )


def first_word(ticket: Ticket, due: Due) -> datetime | None:
    """By when the citizen is spoken to; None where a unit may not, whatever the policy says."""
    if due.respond is None or contacting.why_not(ticket):
        return None
    return due.respond


def after(start: datetime, limit: Limit) -> datetime:
    """When ``limit`` counted from ``start`` is over, by the city's calendar."""
    return calendar().due(start, limit)


def last_by(limits: dict[str, Any], first: datetime) -> datetime:
    """What has become of the first due date since, step by step in the order in which they came."""
    due = first
    for step in limits.get("later", []):
        match step:
            case {"until": until}:
                due = min(due, datetime.fromisoformat(until))
            case {"seconds": seconds}:
                due += timedelta(seconds=seconds)
            case working_days:
                due = calendar().due(due, Limit(working_days, Measure.WORKING_DAYS))
    return due


def set_due(assignment: Assignment, due: datetime | None) -> None:
    """The date that holds now, and from when on it is near: a working day or a fifth before."""
    assignment.due_at = due
    assignment.nearly_at = due and _nearly_from(assignment.dispatched_at, due)


def move(assignment: Assignment, due: datetime) -> None:
    """Another date holds from now on: the lights that it puts out may go on again, and be told.

    A sub-unit is due no later than the unit that answers for it."""
    above = assignment.parent
    if above is not None and above.due_at is not None:
        due = min(due, above.due_at)
    set_due(assignment, due)
    at = now()
    if assignment.nearly_at is not None and at < assignment.nearly_at:
        assignment.yellow_at = None
    if at < due:
        assignment.red_at = assignment.supervised_at = assignment.joint_at = None
    if assignment.part is Part.LEAD and assignment.level == 1:
        assignment.ticket.due_at = due
    for child in session.scalars(LATER_BELOW, {"assignment": assignment.id, "due": due}).all():
        move(child, due)


def insist_room(assignment: Assignment) -> None:
    """Raises NoRoom for a sub-unit that has all the time of the unit above."""
    due, above = assignment.due_at, assignment.parent
    if due is not None and above is not None and above.due_at is not None and due >= above.due_at:
        raise NoRoom(
            _("本单位期限已是%(upper)s的期限，请由%(upper)s申请延期", upper=above.unit.name)
        )


def grant(assignment: Assignment, working_days: int) -> None:
    """So many working days more, also when the calendar changes afterwards.

    Raises Answered: whether the answer was in time is decided."""
    if not assignment.in_hand:
        raise Answered(_("本单位已反馈，不能再同意延期，请驳回"))
    if assignment.due_at is None:
        return
    _add(assignment, working_days)


def grant_hours(assignment: Assignment, hours: int) -> None:
    """So many hours more, day and night.  Raises Answered."""
    if not assignment.in_hand:
        raise Answered(_("本单位已反馈，不能再同意延期，请驳回"))
    give_time(assignment, timedelta(hours=hours))


def give_time(assignment: Assignment, time: timedelta) -> None:
    """So much time more, day and night."""
    if assignment.due_at is not None:
        _add(assignment, {"seconds": time.total_seconds()})


def hurry(assignment: Assignment, until: datetime) -> None:
    """Due by then at the latest, whatever was given before; what is given afterwards counts from
    there."""
    if assignment.due_at is None or assignment.due_at <= until:
        return
    if assignment.limits.get("later"):
        _add(assignment, {"until": until.isoformat()})
    else:
        assignment.limits = assignment.limits | {"until": until.isoformat()}
        move(assignment, until)


def move_target(assignment: Assignment, name: str, at: datetime) -> None:
    """Another date holds for one of ``TARGETS``; where it was missed it may be missed again."""
    setattr(assignment, TARGETS[name][0], at)
    if at > now():
        assignment.late = [one for one in assignment.late if one != name]


def give_target(assignment: Assignment, name: str, time: timedelta) -> None:
    """So much later than it was, also when the calendar changes afterwards."""
    at, given = getattr(assignment, TARGETS[name][0]), assignment.limits.get("given", {})
    given = given | {name: given.get(name, 0) + time.total_seconds()}
    assignment.limits = assignment.limits | {"given": given}
    move_target(assignment, name, _not_after_reply(at + time, assignment.due_at))


def target_by(
    assignment: Assignment, name: str, first: datetime, last: datetime | None
) -> datetime:
    """What has become of a target's first date since; never later than the reply's own."""
    given = assignment.limits.get("given", {}).get(name, 0)
    return _not_after_reply(first + timedelta(seconds=given), last)


def runs_at_night(assignment: Assignment) -> bool:
    """Whether it is given natural minutes; a sub-unit's time is part of that of the unit above."""
    first = assignment
    while first.parent is not None:
        first = first.parent
    handle = first.limits.get("handle")
    return handle is not None and Limit.parse(handle).measure is Measure.MINUTES


def light(assignment: Assignment) -> str:
    """green, blue (extended), yellow (near), red (late): of what is still owed the worst; after
    the reply, whether that was in time.

    Source: the yellow and red cards of provincial rules, domain reference 1.5."""
    due, done = assignment.due_at, assignment.replied_at or assignment.ended_at
    if due is None:
        return "green"
    found = targets.light(assignment) if done is None else "red" if done > due else "green"
    return "blue" if found == "green" and assignment.extended else found


def _add(assignment: Assignment, step: int | dict[str, Any]) -> None:
    """One step more that moves the date of an assignment that has one."""
    since = [*assignment.limits.get("later", []), step]
    assignment.limits = assignment.limits | {"later": since}
    if assignment.due_at is not None:
        move(assignment, last_by({"later": [step]}, assignment.due_at))


def _not_after_reply(at: datetime, due: datetime | None) -> datetime:
    return min(at, due) if due is not None else at


def _nearly_from(since: datetime, due: datetime) -> datetime:
    whole = due - since
    if whole <= timedelta(days=1):
        return due - whole * targets.NEARLY
    days = calendar()
    before = local(due).date()
    while not days.works(before := before - timedelta(days=1)):
        if due - since < timedelta(days=(local(due).date() - before).days):
            break
    return max(since, due - timedelta(days=(local(due).date() - before).days))


def _until(ticket: Ticket, start: datetime) -> dict[str, str]:
    """A date that is over when a unit begins hurries nobody any more."""
    if ticket.wanted_by is None or ticket.wanted_by <= start:
        return {}
    return {"until": ticket.wanted_by.isoformat()}


def _limits(policy: DeadlinePolicy) -> dict[str, Any]:
    said = {name: getattr(policy, name) for name in LIMITS}
    return {name: limit for name, limit in said.items() if limit}


def _due(days: WorkCalendar, start: datetime, limit: str | None) -> datetime | None:
    return days.due(start, Limit.parse(limit)) if limit else None


def _says(policy: DeadlinePolicy) -> tuple[bool, ...]:
    return (
        policy.unit_id is not None,
        policy.topic_id is not None,
        policy.urgency is not None,
        policy.kind is not None,
    )
