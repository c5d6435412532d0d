"""Dispatch: giving a ticket into the hands of the units that are responsible."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import bindparam, select

from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    DispatchRule,
    Part,
    Round,
    StaffMember,
    Ticket,
    TicketState,
    Unit,
)
from models.lifecycle import WITHDRAWN
from tickets import deadlines, legal, notices
from tickets.history import note
from web.languages import _
from web.refusals import Refused

# Built once: nearly every verb asks them.
OPEN_ROUND = (
    select(Round)
    .where(Round.ticket_id == bindparam("ticket"), Round.closed_at.is_(None))
    .execution_options(autoflush=False)
)

JOINABLE = (TicketState.DISPATCHED, TicketState.PROCESSING, TicketState.REHANDLING)


class OneLead(Refused):
    """A ticket is dispatched to exactly one leading unit; assisting units are others."""


class UnitClosed(Refused):
    """The unit takes no tickets any more."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(_("%(unit)s已停用，不能派单", unit=unit.name))


class BelowAnother(Refused):
    """What a sub-unit does is given to it by the unit above, which answers for it."""

    def __init__(self, unit: Unit, upper: Unit) -> None:
        super().__init__(
            _("%(lower)s是%(upper)s的下级单位，请派给%(upper)s", lower=unit.name, upper=upper.name)
        )


def dispatch(
    ticket: Ticket,
    lead: Unit,
    *,
    by: StaffMember | None,
    beside: Mapping[Unit, Part] = MappingProxyType({}),
    rule: DispatchRule | None = None,
    advice: str = "",
) -> Assignment:
    """Give the ticket to ``lead``, and to those ``beside`` it who assist or only have to know.

    Clocks run from now.  Raises OneLead, UnitClosed, BelowAnother."""
    _insist_on_units(lead, beside)
    ticket.insist("dispatch")
    at = now()
    session.flush()  # who was given it before may have lost it a moment ago
    with session.no_autoflush:  # looking things up would write them one by one
        current = _open_round(ticket, at)
        insist_not_there(current, lead, *beside)
        first = _assign(current, lead, Part.LEAD, at, rule, advice)
        others = [_assign(current, unit, part, at, rule, advice) for unit, part in beside.items()]
    session.flush()  # the history and the notices name the assignments
    if first.round.number > 1:
        ticket.make("dispatch_again")
    else:
        ticket.make("dispatch")
    ticket.dispatched_at, ticket.unit, ticket.due_at = at, lead, first.due_at
    note(
        ticket,
        "dispatched",
        by=by,
        unit=lead,
        assignment=first.id,
        others=[one.id for one in others],
        rule=rule.id if rule else None,
    )
    legal.begin(ticket)
    for one in (first, *others):
        notices.tell_unit(one, "dispatched")
    return first


def join(
    ticket: Ticket, unit: Unit, part: Part, *, by: StaffMember | None, advice: str = ""
) -> Assignment:
    """One more beside the lead, while it is being handled.

    Raises OneLead, UnitClosed, BelowAnother."""
    if part is Part.LEAD or ticket.state not in JOINABLE:
        raise OneLead(_("只能在办理中增加协办或知会单位"))
    insist_on_member(unit)
    current = _open_round(ticket, now())
    insist_not_there(current, unit)
    one = _assign(current, unit, part, now(), None, advice)
    session.flush()  # the history and the notices name it
    note(ticket, "joined", by=by, unit=unit, assignment=one.id, part=part)
    notices.tell_unit(one, "dispatched")
    return one


def round_of(ticket: Ticket) -> Round | None:
    """The handling that is under way; None before the first and after the last."""
    current = session.scalar(OPEN_ROUND, {"ticket": ticket.id})
    # One that this transaction has ended may not be written as ended yet.
    return current if current is not None and current.closed_at is None else None


def insist_not_there(current: Round, *units: Unit) -> None:
    """None of them has a part in this round already.  Raises OneLead."""
    if current.id is None:
        return  # it begins with them
    there = session.scalars(
        select(Assignment).where(
            Assignment.round_id == current.id,
            Assignment.unit_id.in_([one.id for one in units]),
            Assignment.state.not_in(WITHDRAWN),
            # Who only had to know, and knows, may still be given a part in it.
            (Assignment.part != Part.INFO) | Assignment.ended_at.is_(None),
        )
    ).first()
    if there is not None:
        raise OneLead(_("%(unit)s已在办理这张工单", unit=there.unit.name))


def _insist_on_units(lead: Unit, beside: Mapping[Unit, Part]) -> None:
    if Part.LEAD in beside.values() or lead in beside:
        raise OneLead(_("一张工单只有一个主办单位，其余单位协办或知会"))
    for unit in (lead, *beside):
        insist_on_member(unit)


def insist_on_member(unit: Unit) -> None:
    if not unit.active:
        raise UnitClosed(unit)
    if unit.parent is not None:
        raise BelowAnother(unit, unit.parent)


def _open_round(ticket: Ticket, at: datetime) -> Round:
    current = round_of(ticket)
    if current is None:
        current = Round(ticket=ticket, number=1, opened_at=at)
        session.add(current)
    return current


def _assign(
    current: Round, unit: Unit, part: Part, at: datetime, rule: DispatchRule | None, advice: str
) -> Assignment:
    # Whoever gets it now: what is handled again has the shorter clock.
    clock = deadlines.due_again if current.number > 1 else deadlines.due_of
    due = clock(current.ticket, unit, at)
    owes = part is not Part.INFO
    one = Assignment(
        ticket=current.ticket,
        round=current,
        unit=unit,
        part=part,
        rule_id=rule.id if rule else None,
        advice=advice,
        dispatched_at=at,
        sign_due_at=due.sign,
        respond_due_at=deadlines.first_word(current.ticket, due) if part is Part.LEAD else None,
        mobilise_due_at=due.mobilise if part is Part.LEAD else None,
        on_site_due_at=due.on_site if part is Part.LEAD else None,
        due_at_original=due.handle if owes else None,
        limits=due.limits if owes else {},
    )
    deadlines.set_due(one, one.due_at_original)
    session.add(one)
    return one
