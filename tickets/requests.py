"""What units ask for and others decide: return, extension, help, exclusion and the like.

A request has four ends: approved, rejected, or cancelled by whoever asked.  While it is open the
clock runs on."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from infra.wording import N_
from models import (
    Assignment,
    DispatchRule,
    Part,
    Request,
    RequestKind,
    RequestState,
    StaffMember,
    SuperviseKind,
    TicketState,
    Unit,
    Urgency,
)
from tickets import closing, deadlines, dispatch, handling, notices, supervising
from tickets.handling import NotYet, leads
from tickets.history import note
from tickets.working_time import Limit, Measure
from web.languages import _

# Source: domain reference 1.6.  After so long a unit has kept the ticket.
RETURN_WINDOW = Limit(2, Measure.WORKING_DAYS)
URGENT_RETURN_WINDOW = Limit(120, Measure.MINUTES)
# The next return goes to arbitration by itself.
RETURNS_BEFORE_ARBITRATION = 2
# A unit that lost over the same matter may not return it again for so long.
LOST_FOR = timedelta(days=90)
LONGEST_EXTENSION = 10
EXTENSIONS = 1
EXTENSIONS_BY_LEAD = 2
# What takes a ticket off the clock, or out of the count.
BY_LEAD = (RequestKind.SUSPENSION, RequestKind.EXCLUSION)


class WindowClosed(NotYet):
    """Too late to return; the unit handles it or asks for a meeting."""


def ask_return(
    assignment: Assignment,
    *,
    by: StaffMember | None,
    code: str,
    reason: str,
    basis: str,
    suggested: Unit | None,
) -> Request:
    """A return, with a reason, its written basis and, where known, whose the ticket is.

    Raises WindowClosed, NotYet."""
    _insist_may_return(assignment)
    was_signed = assignment.signed_at is not None
    asked = _ask(
        assignment,
        RequestKind.RETURN,
        by=by,
        reason=reason,
        code=code,
        basis=basis,
        suggested_unit_id=suggested.id if suggested else None,
        wanted={"signed": was_signed},
        arbitration=assignment.ticket.returns >= RETURNS_BEFORE_ARBITRATION,
    )
    assignment.make("ask_return")
    # Asking shows that it was seen: the clock of signing stops.
    assignment.signed_at = assignment.signed_at or now()
    return asked


def ask_extension(
    assignment: Assignment, days: int, *, by: StaffMember | None, reason: str
) -> Request:
    """More time, before the due date, for at most ten working days, once."""
    if assignment.due_at is None or assignment.due_at <= now():
        raise NotYet(_("已到期，不能再申请延期"))
    if not 1 <= days <= LONGEST_EXTENSION:
        raise NotYet(_("延期应为 1 至 %(most)s 个工作日", most=LONGEST_EXTENSION))
    if _approved(assignment, RequestKind.EXTENSION) >= EXTENSIONS_BY_LEAD:
        raise NotYet(_("已延期两次，不能再延"))
    return _ask(assignment, RequestKind.EXTENSION, by=by, reason=reason, wanted={"days": days})


def ask_for(
    assignment: Assignment,
    kind: RequestKind,
    *,
    by: StaffMember | None,
    reason: str,
    code: str = "",
    basis: str = "",
    **wanted: Any,
) -> Request:
    """Everything else: co-handling (raises UnitClosed, BelowAnother), exclusion, score appeal,
    meeting, suspension."""
    if kind is RequestKind.CO_HANDLING:
        dispatch.insist_on_member(session.get_one(Unit, wanted["unit"]))
    return _ask(assignment, kind, by=by, reason=reason, code=code, basis=basis, wanted=wanted)


def approve(request: Request, *, by: StaffMember, decision: str = "", lead: bool = False) -> None:
    """Decide for whoever asked; what follows from it is done at once.

    ``lead``: decided by a lead, whom a second extension and an arbitration need."""
    _insist_on_rank(request, lead)
    _decide(request, "approve", by, decision)
    assignment = request.assignment
    match request.kind:
        case RequestKind.RETURN if assignment is not None:
            _give_back(request, assignment, by)
        case RequestKind.EXTENSION if assignment is not None:
            deadlines.grant(assignment, request.wanted["days"])
        case RequestKind.SUSPENSION:
            request.ticket.make("suspend")
            request.ticket.difficult_until = date.fromisoformat(request.wanted["until"])
            note(request.ticket, "suspended", by=by, request=request.id)
        case RequestKind.CO_HANDLING:
            unit = session.get_one(Unit, request.wanted["unit"])
            dispatch.join(request.ticket, unit, Part.ASSIST, by=by, advice=request.reason)
        case RequestKind.EXCLUSION if request.ticket.state is TicketState.PENDING_FOLLOW_UP:
            closing.exempt(request.ticket, by=by)
        case _:
            pass  # What it allows is read from the approved request itself.
    _tell(request, by, "approved")


def refuse(request: Request, *, by: StaffMember, decision: str, lead: bool = False) -> None:
    """Decide against it; a unit whose return is refused must handle the ticket."""
    _insist_on_rank(request, lead)
    _decide(request, "refuse", by, decision)
    if request.kind is RequestKind.RETURN and request.assignment is not None:
        _keep(request.assignment)
        request.assignment.forced = True
        if request.arbitration:
            _propose_rule(request, request.assignment.unit, by)
            supervising.supervise(
                request.ticket, request.assignment.unit, SuperviseKind.SYSTEM, "forced", by=by
            )
    _tell(request, by, "refused")


def cancel(request: Request, *, by: StaffMember | None) -> None:
    """Whoever asked has thought better of it."""
    _decide(request, "cancel", by, "")
    if request.kind is RequestKind.RETURN and request.assignment is not None:
        _keep(request.assignment)
    _tell(request, by, "cancelled")


def cancel_open(assignment: Assignment) -> None:
    """What an assignment still asks for falls with it."""
    asked = select(Request).where(
        Request.assignment_id == assignment.id, Request.state == RequestState.APPLIED
    )
    for one in session.scalars(asked).all():
        cancel(one, by=None)


def _insist_may_return(assignment: Assignment) -> None:
    if not leads(assignment) and assignment.parent_id is not None:
        raise NotYet(_("下级单位请向上级单位说明，由上级单位退单"))
    if assignment.forced:
        raise NotYet(_("退单已被驳回，本单位须承办；如有异议请申请会商"))
    window = RETURN_WINDOW
    if assignment.ticket.urgency in (Urgency.URGENT, Urgency.INSTANT):
        window = URGENT_RETURN_WINDOW
    if now() > deadlines.after(assignment.dispatched_at, window):
        raise WindowClosed(_("已过退单时限；如确非本单位职责，请申请会商"))
    if _lost_before(assignment):
        raise NotYet(_("同一事项、同一区域的退单已被仲裁驳回，90 天内不能再退"))


def _lost_before(assignment: Assignment) -> bool:
    ticket = assignment.ticket
    lost = (
        select(Request.id)
        .join(Assignment, Assignment.id == Request.assignment_id)
        .join(Request.ticket)
        .where(
            Assignment.unit_id == assignment.unit_id,
            Request.kind == RequestKind.RETURN,
            Request.arbitration,
            Request.state == RequestState.REJECTED,
            Request.decided_at > now() - LOST_FOR,
            type(ticket).topic_id == ticket.topic_id,
            type(ticket).district_id.is_not_distinct_from(ticket.district_id),
        )
    )
    return session.scalar(lost.limit(1)) is not None


def _ask(
    assignment: Assignment, kind: RequestKind, *, by: StaffMember | None, reason: str, **known: Any
) -> Request:
    if not assignment.in_hand and kind not in (RequestKind.EXCLUSION, RequestKind.SCORE_APPEAL):
        raise NotYet(_("工单已不在本单位办理"))
    if _open(assignment, kind):
        raise NotYet(_("已有同类申请待审批"))
    asked = Request(
        kind=kind,
        ticket_id=assignment.ticket_id,
        assignment_id=assignment.id,
        applied_at=now(),
        applied_by_id=by.id if by else None,
        reason=reason,
        **known,
    )
    session.add(asked)
    session.flush()  # the history names the request
    note(
        assignment.ticket,
        f"asked_{kind}",
        by=by,
        unit=assignment.unit,
        request=asked.id,
        code=asked.code,
    )
    return asked


def _open(assignment: Assignment, kind: RequestKind) -> bool:
    applied = select(Request.id).where(
        Request.assignment_id == assignment.id,
        Request.kind == kind,
        Request.state == RequestState.APPLIED,
    )
    return session.scalar(applied) is not None


def _insist_on_rank(request: Request, lead: bool) -> None:
    if request.arbitration and not lead:
        raise NotYet(_("第三次退单须由班长或会商会仲裁"))
    if request.kind in BY_LEAD and not lead:
        raise NotYet(_("挂账和剔除须由班长审批"))
    again = (
        request.kind is RequestKind.EXTENSION
        and request.assignment is not None
        and _approved(request.assignment, RequestKind.EXTENSION) >= EXTENSIONS
    )
    if again and not lead:
        raise NotYet(_("第二次延期须由班长批准"))


def _approved(assignment: Assignment, kind: RequestKind) -> int:
    count = select(func.count()).where(
        Request.assignment_id == assignment.id,
        Request.kind == kind,
        Request.state == RequestState.APPROVED,
    )
    return session.scalar(count) or 0


def _decide(request: Request, move: str, by: StaffMember | None, decision: str) -> None:
    by_id = by.id if by else None  # read now: reading writes what was changed so far
    request.make(move)
    request.decided_at, request.decision, request.decided_by_id = now(), decision, by_id


def _keep(assignment: Assignment) -> None:
    """The unit handles it, and has signed by that."""
    assignment.make("refuse_return")
    if leads(assignment) and assignment.ticket.state is TicketState.DISPATCHED:
        assignment.ticket.make("sign")


def _give_back(request: Request, assignment: Assignment, by: StaffMember) -> None:
    """The unit is out; a leading one leaves the ticket to be dispatched anew."""
    assignment.make("approve_return")
    assignment.ended_at = now()
    ticket = request.ticket
    ticket.returns += 1
    handling.recall_below(assignment)
    if leads(assignment):
        ticket.make("take_back")
        ticket.unit = None
    if request.arbitration and request.suggested_unit is not None:
        _propose_rule(request, request.suggested_unit, by)


def _propose_rule(request: Request, lead: Unit, by: StaffMember) -> None:
    """What was arbitrated once need not be argued again: a rule candidate for the directory."""
    ticket = request.ticket
    if ticket.topic_id is None:
        return
    session.add(
        DispatchRule(
            topic_id=ticket.topic_id,
            district_id=ticket.district_id,
            lead_id=lead.id,
            legal_basis=request.basis,
            source=f"{N_('工单仲裁')}：{ticket.number}",
            valid_from=local(now()).date(),
            candidate=True,
            changed_at=now(),
            changed_by_id=by.id,
        )
    )


def _tell(request: Request, by: StaffMember | None, outcome: str) -> None:
    note(request.ticket, f"{outcome}_{request.kind}", by=by, request=request.id)
    if request.assignment is not None:
        notices.tell_about(
            request.ticket,
            request.assignment.unit,
            f"{outcome}_{request.kind}",
            key=f"request:{request.id}:{outcome}",
        )
