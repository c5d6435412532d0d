"""The third return: a lead names the unit that is responsible, and nobody argues it again.

Source: domain reference 1.6: every arbitration proposes a rule to the directory."""

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from infra.wording import N_
from models import (
    Assignment,
    DispatchRule,
    Part,
    RecallReason,
    Request,
    StaffMember,
    SuperviseKind,
    Ticket,
    Unit,
)
from models.lifecycle import ASSIGNMENT_MOVES
from tickets import deciding, dispatch, recalling, returns, supervising
from tickets.handling import NotYet
from tickets.history import note
from web.languages import _


def arbitrate(request: Request, named: Unit, *, by: StaffMember, decision: str) -> Assignment:
    """Whoever is named handles it from now on, on order; returns what he was given or has kept.

    Raises NotYet for a request that is not arbitrated; OneLead, UnitClosed, BelowAnother."""
    assignment = request.assignment
    if not request.arbitration or assignment is None:
        raise NotYet(_("退单次数没有达到仲裁标准，不须仲裁"))
    stays = named.id == assignment.unit_id
    deciding.decide(request, "refuse" if stays else "approve", by, decision)
    request.named_unit = named
    deciding.tell(request, by, "refused" if stays else "approved")
    note(request.ticket, "arbitrated", by=by, unit=named, request=request.id)
    _propose_rule(request, assignment, by)
    if stays:
        returns.keep(assignment)
        given = assignment
    else:
        returns.give_back(assignment, by=by)
        given = _give(request.ticket, named, assignment, by)
    given.forced = True
    supervising.supervise(request.ticket, named, SuperviseKind.SYSTEM, "forced", by=by)
    return given


def _give(ticket: Ticket, named: Unit, before: Assignment, by: StaffMember) -> Assignment:
    """At once, in the part of whoever had it; a part that the unit already has ends with that."""
    beside = session.scalars(
        select(Assignment).where(
            Assignment.round_id == before.round_id,
            Assignment.unit_id == named.id,
            Assignment.level == 1,
            Assignment.state.in_(ASSIGNMENT_MOVES["recall"].sources),
        )
    ).first()
    if beside is not None and beside.part is Part.LEAD:
        return beside  # who leads needs nobody beside him to assist himself
    if beside is not None:
        recalling.recall(beside, by=by, because=RecallReason.CHANGED)
    if before.part is Part.LEAD:
        return dispatch.dispatch(ticket, named, by=by)
    return dispatch.join(ticket, named, before.part, by=by)


def _propose_rule(request: Request, asked: Assignment, by: StaffMember) -> None:
    """What was arbitrated once need not be argued again: a rule candidate for the directory."""
    ticket, named = request.ticket, request.named_unit
    if ticket.topic_id is None or named is None:
        return
    leads = asked.part is Part.LEAD or ticket.unit is None
    # The unit's own basis speaks for whom it suggested, and for nobody else.
    suggested = request.suggested_unit_id == named.id
    session.add(
        DispatchRule(
            topic_id=ticket.topic_id,
            district_id=ticket.district_id,
            lead=named if leads else ticket.unit,
            assists=[] if leads else [named.code],
            legal_basis=request.basis if suggested else request.decision,
            source=f"{N_('工单仲裁')}：{ticket.number}",
            valid_from=local(now()).date(),
            candidate=True,
            changed_at=now(),
            changed_by_id=by.id,
        )
    )
