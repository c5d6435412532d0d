"""Alerts: begun once and ended once, told to every lead's page, seen or muted by one of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from assist.alarm import FLOOR
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Alert, AlertKind, AlertRule, Call, CallEvent, RiskLevel, StaffMember

MUTED_FOR = timedelta(minutes=15)
# What is the rule until somebody has set another: begins at, ends at.
USUAL: dict[AlertKind, tuple[float, float]] = {
    AlertKind.SERVICE_LEVEL: (0.80, 0.88),
    AlertKind.LONGEST_WAIT: (60.0, 20.0),
    AlertKind.ABANDONED: (0.10, 0.05),
    AlertKind.MISSED_OFFERS: (4.0, 1.0),
    AlertKind.RAISED_HAND: (0.0, 0.0),
}
KEYWORDS = Path(__file__).with_name("hand_words.txt").read_text(encoding="utf-8").split()


def rules() -> dict[AlertKind, AlertRule]:
    """One for each kind, as somebody has set it or as it usually is."""
    kept = {one.kind: one for one in session.scalars(select(AlertRule))}
    return {kind: kept.get(kind) or _usual(kind) for kind in AlertKind}


def set_rule(
    kind: AlertKind, *, watched: bool, begins_at: float, ends_at: float, keywords: Sequence[str]
) -> None:
    rule = session.get(AlertRule, kind)
    if rule is None:
        rule = AlertRule(kind=kind)
        session.add(rule)
    rule.watched, rule.begins_at, rule.ends_at = watched, begins_at, ends_at
    rule.keywords = list(keywords)


def of_lines() -> dict[tuple[AlertKind, int], Alert]:
    """What is live, by kind and line."""
    found = session.scalars(select(Alert).where(Alert.line_id.is_not(None), Alert.live()))
    return {(one.kind, one.line_id or 0): one for one in found}


def weigh(rule: AlertRule, line_id: int, value: float | None, live: Alert | None) -> None:
    """Begin or end the line's alert of this kind, by its value now; between the two thresholds, and
    where nothing can be said, all stays as it is."""
    if live is None:
        if rule.watched and value is not None and is_beyond(rule, value):
            _begin(kind=rule.kind, line_id=line_id, value=value)
        return
    if not rule.watched or (value is not None and is_well(rule, value)):
        end(live)
    elif value is not None and live.value != value:
        live.value = value


def is_beyond(rule: AlertRule, value: float) -> bool:
    low_is_bad = rule.kind is AlertKind.SERVICE_LEVEL
    return value < rule.begins_at if low_is_bad else value >= rule.begins_at


def is_well(rule: AlertRule, value: float) -> bool:
    low_is_bad = rule.kind is AlertKind.SERVICE_LEVEL
    return value >= rule.ends_at if low_is_bad else value <= rule.ends_at


def of_risk(level: RiskLevel) -> str:
    """A code in the place of a word that was heard; pages word it."""
    return f"risk:{level}"


RISKS = {of_risk(level): level for level in RiskLevel}


def raise_hand(call: Call, keyword: str = "", *, rises: bool = False) -> None:
    """The agent of this call needs his lead; asked again while the hand is up, it stays up.

    ``rises``: it is worse than what the hand was up for, and leads are told anew."""
    live = hand_of(call) if rises else None
    if live is not None and live.keyword != keyword:
        live.keyword = keyword[:32]
        live.seen_at = live.seen_by_id = live.muted_until = None
        publish(FLOOR, "alert", alert=live.id)
        publish(FLOOR, "floor-moved")
        _tell_desk(call, "hand_raised", keyword=keyword)
    elif _begin(kind=AlertKind.RAISED_HAND, call_id=call.id, keyword=keyword[:32]):
        _tell_desk(call, "hand_raised", keyword=keyword)


def lower_hand(call: Call) -> None:
    """By the agent, or because the talk is another's or over; nothing happens where none is up."""
    live = hand_of(call)
    if live is not None:
        end(live)


def hand_of(call: Call) -> Alert | None:
    return session.scalar(select(Alert).where(Alert.call_id == call.id, Alert.live()))


def end(alert: Alert) -> None:
    if alert.ended_at is not None:
        return
    alert.ended_at = now()
    publish(FLOOR, "floor-moved")
    if alert.call is not None:
        _tell_desk(alert.call, "hand_lowered")


def see(alert: Alert, *, by: StaffMember) -> None:
    """The first who has seen it counts."""
    if alert.seen_at is None:
        alert.seen_at, alert.seen_by_id = now(), by.id
        publish(FLOOR, "floor-moved")


def mute(alert: Alert) -> None:
    alert.muted_until = now() + MUTED_FOR
    publish(FLOOR, "floor-moved")


def live() -> Sequence[Alert]:
    """The newest first, with all that is shown of them."""
    with_all = (joinedload(Alert.line), joinedload(Alert.call), joinedload(Alert.seen_by))
    newest = select(Alert).where(Alert.live()).order_by(Alert.id.desc())
    return session.scalars(newest.options(*with_all)).all()


def since(moment: datetime, most: int) -> Sequence[Alert]:
    """Those of late, over or not, the newest first."""
    lately = select(Alert).where(Alert.began_at >= moment)
    newest = lately.order_by(Alert.began_at.desc(), Alert.id.desc())
    return session.scalars(newest.limit(most)).all()


def _tell_desk(call: Call, what: str, **detail: object) -> None:
    """In the call's history, and on the desk of whoever has it."""
    session.add(CallEvent(call_id=call.id, at=now(), name=what, detail=detail))
    if call.agent_id is not None:
        publish(f"agent:{call.agent_id}", "talk-moved", call=call.id)


def _begin(**known: object) -> bool:
    """Two who find the same at once make one of it.  True for who has made it."""
    made = session.scalar(
        insert(Alert)
        .values(began_at=now(), **{"keyword": "", **known})
        .on_conflict_do_nothing()
        .returning(Alert.id)
    )
    if made is not None:
        publish(FLOOR, "alert", alert=made)
        publish(FLOOR, "floor-moved")
    return made is not None


def _usual(kind: AlertKind) -> AlertRule:
    begins_at, ends_at = USUAL[kind]
    keywords = KEYWORDS if kind is AlertKind.RAISED_HAND else []
    return AlertRule(
        kind=kind, watched=True, begins_at=begins_at, ends_at=ends_at, keywords=keywords
    )
