"""A score appeal of a unit below: the unit above looks first, and passes it on or turns it down.

So it climbs level by level; what has come to the top is the leading unit's own, and a lead's to
decide.  Source: domain reference 6.3."""

from sqlalchemy import select

from infra.db import session
from models import Assignment, Request, RequestKind, RequestState, StaffMember
from tickets import appeals, deciding
from tickets.handling import NotYet, NotYours
from tickets.history import note
from web.languages import _


def open_below(above: Assignment) -> list[Request]:
    """Those that wait for this unit's word."""
    asked = (
        select(Request)
        .join(Request.assignment)
        .where(
            Assignment.parent_id == above.id,
            Request.kind == RequestKind.SCORE_APPEAL,
            Request.state == RequestState.APPLIED,
        )
    )
    return list(session.scalars(asked.order_by(Request.id)))


def pass_on(request: Request, *, by: StaffMember | None, unit_id: int) -> None:
    """It is the unit's own from now on, with the words of whoever asked.  Raises NotYours, NotYet,
    Frozen."""
    below, above = _insist_above(request, unit_id)
    appeals.insist_may_appeal(above)
    if _asked(above):
        raise NotYet(_("已有同类申请待审批"))
    request.assignment = above
    request.reason = f"{below.unit.name}{_('：')}{request.reason}"
    note(above.ticket, "appeal_passed_on", by=by, unit=above.unit, request=request.id)


def turn_down(request: Request, *, by: StaffMember | None, unit_id: int, decision: str) -> None:
    """It goes no further.  Raises NotYours."""
    _insist_above(request, unit_id)
    deciding.decide(request, "turn_down", by, decision)
    deciding.tell(request, by, "refused")


def _insist_above(request: Request, unit_id: int) -> tuple[Assignment, Assignment]:
    below = request.assignment
    above = below.parent if below else None
    is_appeal = request.kind is RequestKind.SCORE_APPEAL
    if below is None or above is None or above.unit_id != unit_id or not is_appeal:
        raise NotYours(_("只有直接上级单位可以审核这项申诉"))
    if request.state is not RequestState.APPLIED:
        raise NotYet(_("申请已有结果，请刷新后核对"))
    return below, above


def _asked(assignment: Assignment) -> bool:
    open_one = select(Request.id).where(
        Request.assignment_id == assignment.id,
        Request.kind == RequestKind.SCORE_APPEAL,
        Request.state == RequestState.APPLIED,
    )
    return session.scalar(open_one) is not None
