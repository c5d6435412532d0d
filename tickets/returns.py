"""Returns: within which time a unit may send a ticket back, and what follows when it did.

Source: domain reference 1.6."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    Assignment,
    Request,
    RequestKind,
    RequestState,
    StaffMember,
    Ticket,
    TicketState,
    Unit,
    Urgency,
)
from staff import norms
from tickets import deadlines, ending
from tickets.handling import NotYet, leads
from tickets.working_time import Limit, Measure
from web.languages import _
from web.refusals import Refused


class WindowClosed(NotYet):
    """Too late to return; the unit handles it or asks for a meeting."""


class ReturnedBefore(Refused):
    """The unit has returned this ticket with success; whoever gives it back must mean it."""


def is_disputed(ticket: Ticket) -> bool:
    """Whether the next return of it is a lead's to arbitrate."""
    return ticket.returns >= norms.amount("returns_before_arbitration")


def insist_may_return(assignment: Assignment) -> None:
    """Raises NotYet, WindowClosed."""
    if not leads(assignment) and assignment.parent_id is not None:
        raise NotYet(_("下级单位请向上级单位说明，由上级单位退单"))
    if assignment.forced:
        raise NotYet(_("退单已被驳回或仲裁，本单位须承办；如有异议请申请会商"))
    window = Limit(norms.amount("return_within"), Measure.WORKING_DAYS)
    if assignment.ticket.urgency in (Urgency.URGENT, Urgency.INSTANT):
        window = Limit(norms.amount("urgent_return_within"), Measure.MINUTES)
    if now() > deadlines.after(assignment.dispatched_at, window):
        raise WindowClosed(_("已过退单时限；如确非本单位职责，请申请会商"))
    if is_named(assignment.unit, assignment.ticket):
        raise NotYet(_("仲裁已指定本单位承办这张工单，不能再退"))
    if _named_for_such(assignment):
        raise NotYet(_("同一事项、同一区域已仲裁由本单位承办，90 天内不能再退"))


def is_named(unit: Unit, ticket: Ticket) -> bool:
    """Whether an arbitration of this ticket named the unit: for this ticket that never lapses."""
    named = select(Request.id).where(
        Request.ticket_id == ticket.id, Request.named_unit_id == unit.id
    )
    return session.scalar(named.limit(1)) is not None


def approved(ticket: Ticket) -> Sequence[Request]:
    """Its returns that were approved, the newest first, with who asked and whom he suggested."""
    return session.scalars(
        _approved(ticket).options(
            joinedload(Request.assignment).joinedload(Assignment.unit),
            joinedload(Request.suggested_unit),
        )
    ).all()


def insist_means_it(ticket: Ticket, units: Collection[Unit]) -> None:
    """None of them has returned it with success, but for whom an arbitration named since.

    Raises ReturnedBefore, which names the return."""
    for one in approved(ticket):
        unit = one.assignment.unit if one.assignment else None
        if unit in units and unit is not None and not is_named(unit, ticket):
            raise ReturnedBefore(
                _(
                    "%(unit)s %(day)s 退回过这张工单并已同意（依据：%(basis)s），仍要派给它请确认",
                    unit=unit.name,
                    day=local(one.decided_at or now()).date(),
                    basis=one.basis,
                )
            )


def keep(assignment: Assignment) -> None:
    """The unit handles it, and has signed by that."""
    assignment.make("refuse_return")
    if leads(assignment) and assignment.ticket.state is TicketState.DISPATCHED:
        assignment.ticket.make("sign")


def give_back(assignment: Assignment, *, by: StaffMember) -> None:
    """The unit is out; a leading one leaves the ticket to be dispatched anew."""
    ending.withdraw(assignment, "approve_return", by=by)
    ticket = assignment.ticket
    ticket.returns += 1
    if leads(assignment):
        ticket.make("take_back")
        ticket.unit = None


def _approved(ticket: Ticket) -> Select[Request]:
    return (
        select(Request)
        .where(
            Request.ticket_id == ticket.id,
            Request.kind == RequestKind.RETURN,
            Request.state == RequestState.APPROVED,
        )
        .order_by(Request.decided_at.desc(), Request.id.desc())
    )


def _named_for_such(assignment: Assignment) -> bool:
    ticket = assignment.ticket
    if ticket.topic_id is None:
        return False  # of no topic is no matter that could be the same
    named = (
        select(Request.id)
        .join(Request.ticket)
        .where(
            Request.named_unit_id == assignment.unit_id,
            Request.decided_at > now() - norms.span("named_for"),
            Ticket.topic_id == ticket.topic_id,
            Ticket.district_id.is_not_distinct_from(ticket.district_id),
        )
    )
    return session.scalar(named.limit(1)) is not None
