"""The directory of responsibilities, as people keep it: rules are added, approved and ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, String, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import RULES_LOCK, DispatchRule, District, StaffMember, Topic, Unit
from staff import audit
from web.languages import _
from web.refusals import Refused

ONE_DAY = timedelta(days=1)


class RuleInvalid(Refused):
    """The rule cannot be; the message says why."""


@dataclass(frozen=True)
class Saying:
    """What a rule says; without a district it holds in the whole city."""

    topic: Topic
    lead: Unit
    legal_basis: str
    valid_from: date
    valid_to: date | None = None
    district: District | None = None
    condition: tuple[str, ...] = ()
    assists: tuple[Unit, ...] = ()
    source: str = ""


def rules(*, candidates: bool, topic: str = "") -> Sequence[DispatchRule]:
    """Those that hold or will hold, or those that wait for somebody's word."""
    query = select(DispatchRule).where(DispatchRule.candidate.is_(candidates))
    if topic:
        query = query.where(DispatchRule.topic.has(Topic.code == topic))
    return session.scalars(
        query.options(
            joinedload(DispatchRule.topic),
            joinedload(DispatchRule.district),
            joinedload(DispatchRule.lead),
        ).order_by(DispatchRule.topic_id, DispatchRule.district_id, DispatchRule.id)
    ).all()


def add(saying: Saying, *, by: StaffMember) -> DispatchRule:
    """Raises RuleInvalid."""
    _insist(saying)
    made = DispatchRule(
        topic=saying.topic,
        district=saying.district,
        condition=list(saying.condition),
        lead=saying.lead,
        assists=[one.code for one in saying.assists],
        legal_basis=saying.legal_basis,
        source=saying.source,
        valid_from=saying.valid_from,
        valid_to=saying.valid_to,
        changed_at=now(),
        changed_by_id=by.id,
    )
    session.add(made)
    session.flush()  # the audit log names its id
    audit.record("rule.changed", "rule", made.id, topic=saying.topic.code, lead=saying.lead.code)
    return made


def approve(rule: DispatchRule, *, by: StaffMember) -> None:
    """A candidate holds from today on, and what it contradicts until yesterday; not by the word
    alone of whoever wrote it.  Raises RuleInvalid."""
    if not rule.candidate:
        return
    if rule.changed_by_id == by.id:
        raise RuleInvalid(_("须由提出者以外的人采纳"))
    today = local(now()).date()
    if rule.valid_to is not None and rule.valid_to < today:
        raise RuleInvalid(_("这条候选的终止日已过，不能采纳"))
    _lock(rule.topic_id)
    for other in contradicted(rule):
        # One that was to hold from today on, or later, never does.
        other.valid_to = max(today, other.valid_from) - ONE_DAY
        other.changed_at, other.changed_by_id = now(), by.id
        audit.record("rule.ended", "rule", other.id, rule=rule.id)
    session.flush()  # of two that contradict each other the schema lets one hold
    rule.candidate, rule.valid_from = False, today
    rule.changed_at, rule.changed_by_id = now(), by.id
    audit.record("rule.approved", "rule", rule.id)


def contradicted(candidate: DispatchRule) -> list[DispatchRule]:
    """Which rules end as this candidate is approved today."""
    today = local(now()).date()
    same = _same(
        candidate.topic_id, candidate.district_id, candidate.condition, today, candidate.valid_to
    )
    return list(session.scalars(same.order_by(DispatchRule.id)))


def end(rule: DispatchRule, *, by: StaffMember) -> None:
    """A candidate is dropped; a rule that held is kept, and proposes nobody from tomorrow on."""
    audit.record("rule.ended", "rule", rule.id)
    if rule.candidate:
        session.delete(rule)
        return
    today = local(now()).date()
    rule.valid_to = max(today, rule.valid_from)
    rule.changed_at, rule.changed_by_id = now(), by.id


def _insist(saying: Saying) -> None:
    if saying.lead in saying.assists:
        raise RuleInvalid(_("主办单位不能同时协办"))
    if saying.valid_to is not None and saying.valid_to < saying.valid_from:
        raise RuleInvalid(_("终止日不能早于生效日"))
    _lock(saying.topic.id)
    district = saying.district.id if saying.district else None
    same = _same(saying.topic.id, district, saying.condition, saying.valid_from, saying.valid_to)
    if session.scalars(same).first() is not None:
        raise RuleInvalid(_("已有同一事项、区域和条件的条目，请先终止那一条"))


def _same(
    topic: int, district: int | None, condition: Sequence[str], since: date, until: date | None
) -> Select[DispatchRule]:
    """What holds for the same tickets on one of these days: it would say otherwise."""
    words = array(condition, type_=String)
    return select(DispatchRule).where(
        DispatchRule.topic_id == topic,
        DispatchRule.district_id.is_not_distinct_from(district),
        # The same words in any order.
        DispatchRule.condition.contains(words) & DispatchRule.condition.contained_by(words),
        DispatchRule.candidate.is_(False),
        DispatchRule.valid_to.is_(None) | (DispatchRule.valid_to >= since),
        DispatchRule.valid_from <= (until or date.max),
    )


def _lock(topic: int) -> None:
    """Two people's rules for one topic are looked at one after the other, as the schema does."""
    session.execute(select(func.pg_advisory_xact_lock(RULES_LOCK, topic)))
