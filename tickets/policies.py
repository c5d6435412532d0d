"""How long each kind of ticket may take, as an administrator edits it; holds from now on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.db import session
from models import DeadlinePolicy, Kind, Topic, Unit, Urgency
from staff import audit
from tickets.deadlines import LIMITS
from tickets.working_time import Limit
from web.languages import _
from web.refusals import Refused

NEEDED = ("sign", "handle")


class Taken(Refused):
    """Another policy is for the same tickets; of two nobody could tell which one holds."""


@dataclass(frozen=True)
class Match:
    """For which tickets; what is None fits all."""

    kind: Kind | None = None
    urgency: Urgency | None = None
    topic: Topic | None = None
    unit: Unit | None = None


def everything() -> Sequence[DeadlinePolicy]:
    """Those that say least come first."""
    found = session.scalars(
        select(DeadlinePolicy).options(
            joinedload(DeadlinePolicy.topic), joinedload(DeadlinePolicy.unit)
        )
    ).all()
    return sorted(found, key=_order)


def add(match: Match, limits: Mapping[str, str]) -> DeadlinePolicy:
    """Raises Taken, LimitInvalid."""
    _insist_free(match)
    made = DeadlinePolicy(
        kind=match.kind,
        urgency=match.urgency,
        topic_id=match.topic.id if match.topic else None,
        unit_id=match.unit.id if match.unit else None,
        **_checked(limits),
    )
    session.add(made)
    session.flush()  # the audit log names its id
    audit.record("policy.changed", "policy", made.id, now=dict(limits))
    return made


def change(policy: DeadlinePolicy, limits: Mapping[str, str]) -> None:
    """Raises LimitInvalid."""
    was = {name: getattr(policy, name) for name in LIMITS}
    now = _checked(limits)
    if was != now:
        for name, limit in now.items():
            setattr(policy, name, limit)
        audit.record("policy.changed", "policy", policy.id, was=was, now=now)


def remove(policy: DeadlinePolicy) -> None:
    """Whatever it was for falls under the next one that fits, at last the neutral limits."""
    audit.record("policy.removed", "policy", policy.id, handle=policy.handle)
    session.delete(policy)


def _checked(limits: Mapping[str, str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in LIMITS:
        written = limits.get(name, "").strip()
        found[name] = str(Limit.parse(written)) if written or name in NEEDED else None
    return found


def _insist_free(match: Match) -> None:
    same = select(DeadlinePolicy.id).where(
        DeadlinePolicy.kind.is_not_distinct_from(match.kind),
        DeadlinePolicy.urgency.is_not_distinct_from(match.urgency),
        DeadlinePolicy.topic_id.is_not_distinct_from(match.topic.id if match.topic else None),
        DeadlinePolicy.unit_id.is_not_distinct_from(match.unit.id if match.unit else None),
    )
    if session.scalar(same) is not None:
        raise Taken(_("已有同样条件的时限，请直接修改那一条"))


def _order(policy: DeadlinePolicy) -> tuple[str, ...]:
    return (
        policy.unit.name if policy.unit else "",
        policy.topic.name if policy.topic else "",
        policy.urgency or "",
        policy.kind or "",
    )
