"""The directory of responsibilities, as people keep it: rules are added, approved and ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import DispatchRule, District, StaffMember, Topic, Unit
from staff import audit
from web.languages import _
from web.refusals import Refused


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
    """A candidate holds from today on; not by the word alone of whoever wrote it."""
    if not rule.candidate:
        return
    if rule.changed_by_id == by.id:
        raise RuleInvalid(_("须由提出者以外的人采纳"))
    rule.candidate, rule.valid_from = False, local(now()).date()
    rule.changed_at, rule.changed_by_id = now(), by.id
    audit.record("rule.approved", "rule", rule.id)


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
    same = select(DispatchRule).where(
        DispatchRule.topic_id == saying.topic.id,
        DispatchRule.district_id.is_not_distinct_from(
            saying.district.id if saying.district else None
        ),
        DispatchRule.condition == list(saying.condition),
        DispatchRule.candidate.is_(False),
        DispatchRule.valid_to.is_(None) | (DispatchRule.valid_to >= saying.valid_from),
    )
    if session.scalars(same).first() is not None:
        raise RuleInvalid(_("已有同一事项、区域和条件的条目，请先终止那一条"))
