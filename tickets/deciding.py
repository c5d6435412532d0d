"""What was asked for is decided, and whoever asked is told."""

from collections.abc import Collection

from sqlalchemy import bindparam, select

from infra.clock import now
from infra.db import session
from models import Assignment, Request, RequestKind, RequestState, StaffMember
from tickets import notices
from tickets.history import note

# Built once: each end of an assignment asks it.
STILL_ASKED = (
    select(Request)
    .where(Request.assignment_id == bindparam("assignment"), Request.state == RequestState.APPLIED)
    .order_by(Request.id)
)


def decide(request: Request, move: str, by: StaffMember | None, decision: str) -> None:
    by_id = by.id if by else None  # read now: reading writes what was changed so far
    request.make(move)
    request.decided_at, request.decision, request.decided_by_id = now(), decision, by_id


def tell(request: Request, by: StaffMember | None, outcome: str) -> None:
    note(request.ticket, f"{outcome}_{request.kind}", by=by, request=request.id)
    if request.assignment is not None:
        notices.tell_about(
            request.ticket,
            request.assignment.unit,
            f"{outcome}_{request.kind}",
            key=f"request:{request.id}:{outcome}",
        )


def cancel_open(assignment: Assignment, *, but: Collection[RequestKind] = ()) -> None:
    """What an assignment still asks for falls with it."""
    for one in session.scalars(STILL_ASKED, {"assignment": assignment.id}).all():
        if one.kind in but or one.state is not RequestState.APPLIED:
            continue
        decide(one, "cancel", None, "")
        if one.kind is RequestKind.RETURN:
            assignment.make("refuse_return")
        tell(one, None, "cancelled")
