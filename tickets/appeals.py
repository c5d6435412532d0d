"""Score appeals: what a citizen said of a handling shall not count for the unit.

A month's figures may be appealed until they are frozen; then neither an appeal nor an exclusion
changes them any more, whoever asks or decides.  Source: domain reference 6.3, 1.9."""

from datetime import date, datetime, timedelta

from sqlalchemy import Select, select

from infra.clock import now
from infra.db import session
from infra.localtime import local, midnight
from models import (
    Assignment,
    AssignmentState,
    FollowUp,
    FollowUpResult,
    Part,
    Request,
    RequestKind,
    RequestState,
    TicketState,
)
from staff import norms
from tickets import deadlines, exclusions
from tickets.handling import NotYet
from tickets.working_time import Limit, Measure
from web.languages import _


class Frozen(NotYet):
    """The month's figures can no longer change."""


def frozen_from(month: date) -> datetime:
    """From when on the figures of the month stay as they are; ``month``: its first day."""
    following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
    return midnight(following) + norms.span("appealed_within")


def window_closes(month: date) -> datetime:
    """Until when a unit may appeal against what citizens said in the month; ``month``: its first
    day.  The draft of a month is there as the next one begins."""
    window = Limit(norms.amount("score_appealed_within"), Measure.WORKING_DAYS)
    following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
    return deadlines.after(midnight(following), window)


def rating_of(assignment: Assignment) -> FollowUp | None:
    """What the ticket's own citizen said of the round, where that counts for its unit.  What those
    said whose tickets were merged into it cannot be appealed: no unit led theirs."""
    return session.scalar(
        _asked(assignment).where(
            FollowUp.result == FollowUpResult.REACHED,
            FollowUp.final_rating.is_not(None),
        )
    )


def insist_may_appeal(assignment: Assignment) -> None:
    """Its unit led it to the end, or worked for the one that did, its citizen rated it, and nobody
    has decided yet.  Raises NotYet, Frozen."""
    over = assignment.ticket.state in (TicketState.CLOSED, TicketState.ARCHIVED)
    led = assignment.part is Part.LEAD and assignment.state is AssignmentState.ACCEPTED
    if not (over and led):
        raise NotYet(_("工单办结后，主办单位才可以申诉"))
    rating = rating_of(assignment)
    if rating is None or rating.done_at is None or exclusions.of(assignment.round) is not None:
        raise NotYet(_("本轮没有计入考核的评价（并入的工单的评价不能申诉）"))
    if _decided(assignment):
        raise NotYet(_("本轮评价的申诉已有裁定"))
    _insist_open(rating.done_at)
    closes = window_closes(local(rating.done_at).date())
    if now() > closes:
        raise NotYet(
            _("申诉期为考核初稿公布后 5 个工作日，已于 %(at)s 截止", at=f"{local(closes):%Y-%m-%d}")
        )


def why_no_appeal(assignment: Assignment) -> str:
    """As the page says it; empty where one may be made."""
    try:
        insist_may_appeal(assignment)
    except NotYet as error:
        return str(error)
    return ""


def insist_may_exclude(assignment: Assignment) -> None:
    """Of its round.  Raises Frozen."""
    asked = session.scalar(_asked(assignment))
    if asked is not None and asked.done_at is not None:
        _insist_open(asked.done_at)


def insist_may_approve(request: Request) -> None:
    """What was asked in time, but not decided, changes no frozen month.  Raises Frozen."""
    if request.assignment is None:
        return
    if request.kind is RequestKind.EXCLUSION:
        insist_may_exclude(request.assignment)
    elif request.kind is RequestKind.SCORE_APPEAL:
        rating = rating_of(request.assignment)
        if rating is not None and rating.done_at is not None:
            _insist_open(rating.done_at)


def _asked(assignment: Assignment) -> Select[FollowUp]:
    """What its ticket's own citizen was asked about the round; one at most."""
    return select(FollowUp).where(
        FollowUp.round_id == assignment.round_id, FollowUp.ticket_id == assignment.ticket_id
    )


def _insist_open(rated: datetime) -> None:
    month = local(rated).date().replace(day=1)
    frozen = frozen_from(month)
    if now() >= frozen:
        raise Frozen(
            _(
                "%(month)s 的考核数据已于 %(day)s 冻结，不能再申诉或剔除",
                month=f"{month:%Y-%m}",
                day=f"{local(frozen):%Y-%m-%d}",
            )
        )


def _decided(assignment: Assignment) -> bool:
    """Its own, or that of a unit above it, which has been asked already."""
    own, above = [assignment.id], assignment.parent
    while above is not None:
        own.append(above.id)
        above = above.parent
    decided = select(Request.id).where(
        Request.assignment_id.in_(own),
        Request.kind == RequestKind.SCORE_APPEAL,
        Request.state.in_([RequestState.APPROVED, RequestState.REJECTED]),
    )
    return session.scalar(decided.limit(1)) is not None
