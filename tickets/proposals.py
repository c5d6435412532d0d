"""Which units could lead a ticket, and why: what a dispatcher chooses from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select

from assist import known
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Assignment, AssignmentState, DispatchRule, Purpose, Ticket, Unit
from tickets import returns
from web.languages import _, named

# A dispatcher reads three at a glance; what is less likely than this only distracts him.
LEARNED_AT_MOST = 3
LEARNED_FROM = 0.1

# Built once: each dispatch asks it.
RETURNED_BY = select(Assignment.unit_id).where(
    Assignment.ticket_id == bindparam("ticket"), Assignment.state == AssignmentState.RETURNED
)


@dataclass(frozen=True)
class Proposal:
    """A unit that could lead, with the reason a dispatcher reads."""

    lead: Unit
    assists: list[Unit] = field(default_factory=list)
    why: str = ""
    rule: DispatchRule | None = None


def propose(ticket: Ticket) -> list[Proposal]:
    """Units in the order of how much speaks for them: directory, what an approved return
    suggested, topic's own, agent's word, and what was learned from tickets like it.

    A unit that has returned this ticket with success is not proposed again."""
    gone = _returned_by(ticket) if ticket.returns else set()
    found = [
        *_by_rules(ticket),
        *(_by_returns(ticket) if ticket.returns else []),
        *_by_topic(ticket),
        *_by_agent(ticket),
        *_learned(ticket),
    ]
    proposals: dict[int, Proposal] = {}
    for one in found:
        if one.lead.active and one.lead.id not in gone:
            proposals.setdefault(one.lead.id, one)
    return list(proposals.values())


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


def _by_returns(ticket: Ticket) -> list[Proposal]:
    """Whom units that were right to return it named instead, the latest first."""
    return [
        Proposal(
            one.suggested_unit,
            why=_(
                "%(unit)s退单时建议，依据：%(basis)s",
                unit=one.assignment.unit.name if one.assignment else "",
                basis=one.basis,
            ),
        )
        for one in returns.approved(ticket)
        if one.suggested_unit is not None and one.suggested_unit.parent_id is None
    ]


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
    return set(session.scalars(RETURNED_BY, {"ticket": ticket.id}))
