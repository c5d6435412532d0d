"""By when a unit must sign, speak to the citizen and be done: policy and calendar together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Assignment, DeadlinePolicy, Ticket, Unit
from tickets.calendar import calendar
from tickets.working_time import Limit, Measure, WorkCalendar

# The most that a rehandled ticket gets: half of what it had, and never more than this.
REHANDLING = Limit(3, Measure.WORKING_DAYS)
# Share of the time left below which a ticket is about to be late.
NEARLY = 0.2


# Holds where the city has set nothing that fits.  Source: domain reference 1.4, neutral profile.
NEUTRAL = DeadlinePolicy(sign="4 wh", respond="1 wd", handle="5 wd")


@dataclass(frozen=True)
class Due:
    """The dates of one assignment; what the policy does not ask for is None."""

    sign: datetime
    respond: datetime | None
    handle: datetime
    mobilise: datetime | None
    on_site: datetime | None


def policy_for(ticket: Ticket, unit: Unit | None) -> DeadlinePolicy:
    """The policy that says most about this ticket: unit, then topic, urgency and kind."""
    fitting = session.scalars(
        select(DeadlinePolicy).where(
            DeadlinePolicy.kind.is_(None) | (DeadlinePolicy.kind == ticket.kind),
            DeadlinePolicy.urgency.is_(None) | (DeadlinePolicy.urgency == ticket.urgency),
            DeadlinePolicy.topic_id.is_(None) | (DeadlinePolicy.topic_id == ticket.topic_id),
            DeadlinePolicy.unit_id.is_(None)
            | (DeadlinePolicy.unit_id == (unit.id if unit else None)),
        )
    ).all()
    return max(fitting, key=_says, default=NEUTRAL)


def due_of(ticket: Ticket, unit: Unit | None, start: datetime) -> Due:
    """Counted from dispatch, each target by itself."""
    policy, days = policy_for(ticket, unit), calendar()
    return Due(
        sign=days.due(start, Limit.parse(policy.sign)),
        respond=_due(days, start, policy.respond),
        handle=days.due(start, Limit.parse(policy.handle)),
        mobilise=_due(days, start, policy.mobilise),
        on_site=_due(days, start, policy.on_site),
    )


def due_again(ticket: Ticket, unit: Unit | None, start: datetime) -> datetime:
    """For rehandling: half of what the policy gives, at most three working days."""
    days = calendar()
    limit = Limit.parse(policy_for(ticket, unit).handle)
    half = Limit(max(1, limit.amount // 2), limit.measure)
    return min(days.due(start, half), days.due(start, REHANDLING))


def after(start: datetime, limit: Limit) -> datetime:
    """When ``limit`` counted from ``start`` is over, by the city's calendar."""
    return calendar().due(start, limit)


def later_by(due: datetime, working_days: int) -> datetime:
    """What an approved extension makes of a due date."""
    return calendar().due(due, Limit(working_days, Measure.WORKING_DAYS))


def set_due(assignment: Assignment, due: datetime | None) -> None:
    """The date that holds now, and from when on it is near: a working day or a fifth before."""
    assignment.due_at = due
    assignment.nearly_at = due and _nearly_from(assignment.dispatched_at, due)


def light(assignment: Assignment) -> str:
    """green, blue (extended), yellow (near), red (late).

    Source: the yellow and red cards of provincial rules, domain reference 1.5."""
    due, nearly = assignment.due_at, assignment.nearly_at
    if due is None or nearly is None:
        return "green"
    done = assignment.replied_at or assignment.ended_at
    at = done or now()
    if at > due:
        return "red"
    if done is None and at >= nearly:
        return "yellow"
    return "blue" if due != assignment.due_at_original else "green"


def _nearly_from(since: datetime, due: datetime) -> datetime:
    whole = due - since
    if whole <= timedelta(days=1):
        return due - whole * NEARLY
    days = calendar()
    before = local(due).date()
    while not days.works(before := before - timedelta(days=1)):
        if due - since < timedelta(days=(local(due).date() - before).days):
            break
    return max(since, due - timedelta(days=(local(due).date() - before).days))


def _due(days: WorkCalendar, start: datetime, limit: str | None) -> datetime | None:
    return days.due(start, Limit.parse(limit)) if limit else None


def _says(policy: DeadlinePolicy) -> tuple[bool, ...]:
    return (
        policy.unit_id is not None,
        policy.topic_id is not None,
        policy.urgency is not None,
        policy.kind is not None,
    )
