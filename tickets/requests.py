"""What units ask for and others decide: return, extension, help, exclusion and the like.

A request has four ends: approved, rejected, or cancelled by whoever asked.  While it is open the
clock runs on."""

from datetime import date
from typing import Any

from sqlalchemy import func, select

from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    Part,
    Request,
    RequestKind,
    RequestState,
    StaffMember,
    TicketState,
    Unit,
)
from staff import norms
from tickets import appeals, closing, deadlines, difficult, dispatch, returns
from tickets.deciding import decide, tell
from tickets.handling import NotYet, leads
from tickets.history import note
from web.languages import _

# What takes a ticket off the clock, or out of the count.
BY_LEAD = (
    RequestKind.SUSPENSION,
    RequestKind.EXCLUSION,
    RequestKind.SCORE_APPEAL,
    RequestKind.DIFFICULT,
)

# What is given to whoever has the ticket in hand; more time has its own word (``Answered``).
OF_HANDLING = (RequestKind.SUSPENSION, RequestKind.CO_HANDLING, RequestKind.DIFFICULT)


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
    returns.insist_may_return(assignment)
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
        arbitration=returns.is_disputed(assignment.ticket),
    )
    assignment.make("ask_return")
    # Asking shows that it was seen: the clock of signing stops.
    assignment.signed_at = assignment.signed_at or now()
    return asked


def ask_extension(
    assignment: Assignment,
    days: int | None = None,
    *,
    hours: int | None = None,
    by: StaffMember | None,
    reason: str,
) -> Request:
    """More time, before the due date, once: so many working days, or hours where the clock runs
    day and night.  Raises NotYet, NoRoom."""
    if assignment.due_at is None or assignment.due_at <= now():
        raise NotYet(_("已到期，不能再申请延期"))
    deadlines.insist_room(assignment)
    wanted = _more_time(assignment, days, hours)
    if _approved(assignment, RequestKind.EXTENSION) >= norms.amount("extensions_by_lead"):
        raise NotYet(_("延期次数已满，不能再延"))
    return _ask(assignment, RequestKind.EXTENSION, by=by, reason=reason, wanted=wanted)


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
    """Everything else: co-handling (raises UnitClosed, BelowAnother), exclusion, score appeal and
    difficulty (raise NotYet), meeting, suspension."""
    match kind:
        case RequestKind.CO_HANDLING:
            if wanted["unit"] == assignment.unit_id:
                raise NotYet(_("不能请本单位协办自己"))
            dispatch.insist_on_member(session.get_one(Unit, wanted["unit"]))
        case RequestKind.SUSPENSION if not leads(assignment):
            raise NotYet(_("挂账由主办单位申请，不能由协办或下级单位申请"))
        case RequestKind.DIFFICULT:
            difficult.insist_may_ask(assignment)
        case RequestKind.SCORE_APPEAL:
            appeals.insist_may_appeal(assignment)
        case RequestKind.EXCLUSION:
            appeals.insist_may_exclude(assignment)
    return _ask(assignment, kind, by=by, reason=reason, code=code, basis=basis, wanted=wanted)


def approve(request: Request, *, by: StaffMember, decision: str = "", lead: bool = False) -> None:
    """Decide for whoever asked; what follows from it is done at once.  Raises NotYet.

    ``lead``: decided by a lead, whom a second extension needs."""
    _insist_on_rank(request, lead)
    _insist_in_hand(request)
    appeals.insist_may_approve(request)
    decide(request, "approve", by, decision)
    assignment = request.assignment
    match request.kind:
        case RequestKind.RETURN if assignment is not None:
            returns.give_back(assignment, by=by)
        case RequestKind.EXTENSION if assignment is not None:
            _extend(assignment, request.wanted)
        case RequestKind.SUSPENSION:
            request.ticket.make("suspend")
            request.ticket.difficult_until = date.fromisoformat(request.wanted["until"])
            note(request.ticket, "suspended", by=by, request=request.id)
        case RequestKind.DIFFICULT if assignment is not None:
            difficult.declare(assignment)
        case RequestKind.CO_HANDLING:
            unit = session.get_one(Unit, request.wanted["unit"])
            dispatch.join(request.ticket, unit, Part.ASSIST, by=by, advice=request.reason)
        case RequestKind.EXCLUSION if _is_to_be_asked_about(assignment):
            closing.exempt(request.ticket, by=by)
        case _:
            pass  # What it allows is read from the approved request itself.
    tell(request, by, "approved")


def _is_to_be_asked_about(assignment: Assignment | None) -> bool:
    """The round that it is of, and no other of its ticket."""
    return (
        assignment is not None
        and assignment.ticket.state is TicketState.PENDING_FOLLOW_UP
        and assignment.round.closed_at is None
    )


def refuse(request: Request, *, by: StaffMember, decision: str, lead: bool = False) -> None:
    """Decide against it; a unit whose return is refused must handle the ticket."""
    _insist_on_rank(request, lead)
    decide(request, "refuse", by, decision)
    if request.kind is RequestKind.RETURN and request.assignment is not None:
        returns.keep(request.assignment)
        request.assignment.forced = True
    tell(request, by, "refused")


def cancel(request: Request, *, by: StaffMember | None) -> None:
    """Whoever asked has thought better of it."""
    decide(request, "cancel", by, "")
    if request.kind is RequestKind.RETURN and request.assignment is not None:
        returns.keep(request.assignment)
    tell(request, by, "cancelled")


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


def _more_time(assignment: Assignment, days: int | None, hours: int | None) -> dict[str, int]:
    """As its clock counts.  Raises NotYet."""
    if deadlines.runs_at_night(assignment):
        if hours is None:
            raise NotYet(_("这张工单的时限昼夜不停，请按小时申请延期"))
        most = norms.amount("longest_extension_hours")
        if not 1 <= hours <= most:
            raise NotYet(_("延期应为 1 至 %(most)s 小时", most=most))
        return {"hours": hours}
    if days is None:
        raise NotYet(_("这张工单的时限按工作日计算，请按工作日申请延期"))
    most = norms.amount("longest_extension")
    if not 1 <= days <= most:
        raise NotYet(_("延期应为 1 至 %(most)s 个工作日", most=most))
    return {"days": days}


def _extend(assignment: Assignment, wanted: dict[str, Any]) -> None:
    deadlines.insist_room(assignment)
    assignment.extended = True
    if "hours" in wanted:
        deadlines.grant_hours(assignment, wanted["hours"])
    else:
        deadlines.grant(assignment, wanted["days"])


def _open(assignment: Assignment, kind: RequestKind) -> bool:
    applied = select(Request.id).where(
        Request.assignment_id == assignment.id,
        Request.kind == kind,
        Request.state == RequestState.APPLIED,
    )
    return session.scalar(applied) is not None


def _insist_on_rank(request: Request, lead: bool) -> None:
    below = request.assignment
    if request.kind is RequestKind.SCORE_APPEAL and below is not None and below.parent is not None:
        raise NotYet(_("下级单位的申诉先由%(unit)s审核", unit=below.parent.unit.name))
    if request.arbitration:
        raise NotYet(_("多次退单须由班长仲裁，并指定承办单位"))
    if request.kind in BY_LEAD and not lead:
        raise NotYet(_("考核申诉、挂账、疑难和剔除须由班长审批"))
    again = (
        request.kind is RequestKind.EXTENSION
        and request.assignment is not None
        and _approved(request.assignment, RequestKind.EXTENSION) >= norms.amount("extensions")
    )
    if again and not lead:
        raise NotYet(_("第二次延期须由班长批准"))


def _insist_in_hand(request: Request) -> None:
    """What changes a handling is of whoever handles it now.  Raises NotYet."""
    assignment = request.assignment
    if request.kind in OF_HANDLING and not (assignment and assignment.in_hand):
        raise NotYet(_("该单位已反馈或不再承办，不能同意，请驳回"))


def _approved(assignment: Assignment, kind: RequestKind) -> int:
    count = select(func.count()).where(
        Request.assignment_id == assignment.id,
        Request.kind == kind,
        Request.state == RequestState.APPROVED,
    )
    return session.scalar(count) or 0
