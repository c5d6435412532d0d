"""Dispatch: which units are responsible, why, and giving the ticket into their hands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import bindparam, select

from assist import known
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    Assignment,
    DispatchRule,
    Part,
    Purpose,
    Round,
    StaffMember,
    Ticket,
    TicketState,
    Unit,
)
from models.lifecycle import WITHDRAWN, AssignmentState
from tickets import deadlines, legal, notices
from tickets.history import note
from web.languages import _, named
from web.refusals import Refused

# A dispatcher reads three at a glance; what is less likely than this only distracts him.
LEARNED_AT_MOST = 3
LEARNED_FROM = 0.1

# Built once: nearly every verb asks them.
OPEN_ROUND = (
    select(Round)
    .where(Round.ticket_id == bindparam("ticket"), Round.closed_at.is_(None))
    .execution_options(autoflush=False)
)
RETURNED_BY = select(Assignment.unit_id).where(
    Assignment.ticket_id == bindparam("ticket"), Assignment.state == AssignmentState.RETURNED
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


@dataclass(frozen=True)
class Proposal:
    """A unit that could lead, with the reason a dispatcher reads."""

    lead: Unit
    assists: list[Unit] = field(default_factory=list)
    why: str = ""
    rule: DispatchRule | None = None


def propose(ticket: Ticket) -> list[Proposal]:
    """Units in the order of how much speaks for them: directory, topic's own, agent's
    word, and what was learned from tickets like it.

    A unit that has returned this ticket with success is not proposed again."""
    gone = _returned_by(ticket)
    found = [*_by_rules(ticket), *_by_topic(ticket), *_by_agent(ticket), *_learned(ticket)]
    proposals: dict[int, Proposal] = {}
    for one in found:
        if one.lead.active and one.lead.id not in gone:
            proposals.setdefault(one.lead.id, one)
    return list(proposals.values())


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
    due = deadlines.due_of(current.ticket, unit, at)
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
        respond_due_at=due.respond if part is Part.LEAD else None,
        mobilise_due_at=due.mobilise if part is Part.LEAD else None,
        on_site_due_at=due.on_site if part is Part.LEAD else None,
        due_at_original=due.handle if owes else None,
        limits=due.limits if owes else {},
    )
    deadlines.set_due(one, one.due_at_original)
    session.add(one)
    return one


def _by_rules(ticket: Ticket) -> list[Proposal]:
    """Rules of the directory that hold today; one with a district says more than one without."""
    if ticket.topic_id is None:
        return []
    today = local(now()).date()
    rules = session.scalars(
        select(DispatchRule)
        .where(
            DispatchRule.topic_id == ticket.topic_id,
            ~DispatchRule.candidate,
            DispatchRule.valid_from <= today,
            DispatchRule.valid_to.is_(None) | (DispatchRule.valid_to >= today),
            DispatchRule.district_id.is_(None) | (DispatchRule.district_id == ticket.district_id),
        )
        .order_by(DispatchRule.district_id.is_(None), DispatchRule.id)
    ).all()
    said = f"{ticket.summary or ''}{ticket.demand or ''}"
    meant = [rule for rule in rules if _means(rule, said)]
    # A condition that is met says more than none.
    meant.sort(key=lambda rule: not rule.condition)
    return [Proposal(rule.lead, _units(rule.assists), _why(rule), rule) for rule in meant]


def _means(rule: DispatchRule, said: str) -> bool:
    return not rule.condition or any(word in said for word in rule.condition)


def _why(rule: DispatchRule) -> str:
    told = _(
        "职责目录：%(where)s“%(topic)s”由%(unit)s主办",
        where=rule.district.name if rule.district else _("全市"),
        topic=named(rule.topic),
        unit=rule.lead.name,
    )
    if rule.condition:
        told += _("（涉及%(words)s）", words=_("、").join(rule.condition))
    if rule.legal_basis:
        told += _("；依据：%(basis)s", basis=rule.legal_basis)
    return told


def _by_topic(ticket: Ticket) -> list[Proposal]:
    topic = ticket.topic
    if topic is None:
        return []
    proposals = []
    if topic.local and ticket.district is not None:
        own = session.scalars(
            select(Unit).where(
                Unit.district_id == ticket.district_id, Unit.parent_id.is_(None), Unit.active
            )
        ).first()
        if own is not None:
            proposals.append(
                Proposal(own, why=_("属地办理：%(district)s", district=ticket.district.name))
            )
    if topic.unit is not None:
        why = _("“%(topic)s”的默认承办单位", topic=named(topic))
        proposals.append(Proposal(topic.unit, why=why))
    return proposals


def _by_agent(ticket: Ticket) -> list[Proposal]:
    # After the first dispatch the field names who has it, which is no opinion of the agent's.
    if ticket.unit is None or ticket.dispatched_at is not None:
        return []
    return [Proposal(ticket.unit, why=_("座席登记时选择"))]


def _learned(ticket: Ticket) -> list[Proposal]:
    """Units that had tickets like this one; the dispatcher sees how much speaks for each."""
    learned = known.of(Purpose.UNIT)
    said = f"{ticket.summary or ''} {ticket.demand or ''}".strip()
    if learned is None or not said:
        return []
    likely = {
        one.name: one.confidence
        for one in learned.likely(said, LEARNED_AT_MOST)
        if one.confidence >= LEARNED_FROM
    }
    units = session.scalars(select(Unit).where(Unit.code.in_(likely)))
    return [
        Proposal(
            one, why=_("以往同类工单的承办单位（把握%(share)s）", share=f"{likely[one.code]:.0%}")
        )
        for one in sorted(units, key=lambda one: -likely[one.code])
    ]


def _units(codes: Sequence[str]) -> list[Unit]:
    if not codes:
        return []
    return list(session.scalars(select(Unit).where(Unit.code.in_(codes), Unit.active)))


def _returned_by(ticket: Ticket) -> set[int]:
    return set(session.scalars(RETURNED_BY, {"ticket": ticket.id})) if ticket.returns else set()
