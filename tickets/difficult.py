"""Difficult tickets: a lead grants fifteen working days; a plan is owed within five.

The plan names the day on which it is looked at again: then unit and leads are told.  Source: domain
reference 1.4."""

from datetime import date, datetime

from sqlalchemy import BindParameter, ColumnElement, and_, select
from sqlalchemy.orm import contains_eager

from infra.clock import now
from infra.db import session
from infra.localtime import local, midnight
from models import Assignment, Difficulty, StaffMember
from models.lifecycle import IN_HAND
from staff import norms
from tickets import deadlines, locking, notices
from tickets.handling import NotYet, leads
from tickets.history import note
from tickets.working_time import Limit, Measure
from web.languages import _

AT_ONCE = 100


def of(assignment: Assignment) -> Difficulty | None:
    return session.scalar(select(Difficulty).where(Difficulty.assignment_id == assignment.id))


def insist_may_ask(assignment: Assignment) -> None:
    """By who leads, in working days, once.  Raises NotYet."""
    if not leads(assignment):
        raise NotYet(_("疑难由主办单位申请"))
    if deadlines.runs_at_night(assignment):
        raise NotYet(_("时限昼夜不停的工单不能列为疑难"))
    if of(assignment) is not None:
        raise NotYet(_("本轮已列为疑难"))
    if _more_days(assignment) <= 0:
        days = norms.amount("difficult_within")
        raise NotYet(_("本单位时限不少于 %(days)s 个工作日，不用列为疑难", days=days))


def declare(assignment: Assignment) -> None:
    """A lead has approved it: so much time in all, and the plan is owed from now on."""
    insist_may_ask(assignment)
    deadlines.grant(assignment, _more_days(assignment))
    owed = Limit(norms.amount("plan_within"), Measure.WORKING_DAYS)
    at = now()
    session.add(
        Difficulty(
            assignment_id=assignment.id,
            approved_at=at,
            plan_due_at=deadlines.after(at, owed),
        )
    )


def plan(assignment: Assignment, words: str, review_on: date, *, by: StaffMember | None) -> None:
    """What the unit will do by when; said anew it is the plan that holds.  Raises NotYet."""
    found = of(assignment)
    if found is None or not assignment.in_hand:
        raise NotYet(_("这张工单没有列为疑难，或已不在本单位办理"))
    if review_on <= local(now()).date():
        raise NotYet(_("复核日应在今天之后"))
    found.plan, found.review_on, found.reviewed_at = words, review_on, None
    found.planned_at, found.planned_by_id = found.planned_at or now(), by.id if by else None
    note(assignment.ticket, "planned", by=by, unit=assignment.unit, review=review_on.isoformat())


def tell_due() -> int:
    """Plans that are missing, and plans that are to be looked at today; each is told once."""
    at = now()
    missing = _open(without_plan(at))
    for one in missing:
        one.missed_at = at
        _tell(one, "late_plan", one.plan_due_at)
    due = _open(to_review(local(at).date()))
    for one in due:
        one.reviewed_at = at
        _tell(one, "review_due", midnight(one.review_on or local(at).date()))
    return len(missing) + len(due)


def without_plan(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """None was filed in time, and nobody was told."""
    return and_(
        Difficulty.planned_at.is_(None),
        Difficulty.missed_at.is_(None),
        Difficulty.plan_due_at <= at,
    )


def to_review(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """Its day has come, and nobody was told."""
    return and_(Difficulty.reviewed_at.is_(None), Difficulty.review_on <= today)


def _tell(one: Difficulty, name: str, due: datetime) -> None:
    notices.tell_unit(one.assignment, name, about=f"{due:%Y%m%d%H%M}")
    notices.tell_leads(one.assignment, name, due=due)


def _open(*conditions: ColumnElement[bool]) -> list[Difficulty]:
    """Of parts in hand, with their tickets' locks; what somebody works on is left for the next."""
    found = session.scalars(
        select(Difficulty)
        .join(Difficulty.assignment)
        .join(Assignment.ticket)
        .where(Assignment.state.in_(IN_HAND), *conditions)
        .options(contains_eager(Difficulty.assignment).contains_eager(Assignment.ticket))
        .order_by(Assignment.ticket_id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for one in found:
        locking.hold(one.assignment.ticket)
    return list(found)


def _more_days(assignment: Assignment) -> int:
    """Beyond what its own limit gave; what is no count of working days is as good as one."""
    limit = Limit.parse(assignment.limits["handle"]) if "handle" in assignment.limits else None
    own = limit.amount if limit and limit.measure is Measure.WORKING_DAYS else 1
    return norms.amount("difficult_within") - own
