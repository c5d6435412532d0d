"""Alerts: begun once and ended once, told to every lead's page, seen or muted by one of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from assist.alarm import FLOOR
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Alert, AlertKind, AlertRule, Call, StaffMember

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


def weigh(rule: AlertRule, line_id: int, value: float | None) -> None:
    """Begin or end the line's alert of this kind, by its value now; between the two thresholds, and
    where nothing can be said, all stays as it is."""
    live = _live_of(rule.kind, line_id)
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


def raise_hand(call: Call, keyword: str = "") -> None:
    """The agent of this call needs his lead; asked again while the hand is up, it stays up."""
    _begin(kind=AlertKind.RAISED_HAND, call_id=call.id, keyword=keyword[:32])


def lower_hand(call: Call) -> None:
    live = hand_of(call)
    if live is not None:
        end(live)


def hand_of(call: Call) -> Alert | None:
    return session.scalar(select(Alert).where(Alert.call_id == call.id, Alert.live()))


def end(alert: Alert) -> None:
    if alert.ended_at is None:
        alert.ended_at = now()
        publish(FLOOR, "floor-moved")


def see(alert: Alert, *, by: StaffMember) -> None:
    """The first who has seen it counts."""
    if alert.seen_at is None:
        alert.seen_at, alert.seen_by_id = now(), by.id
        publish(FLOOR, "floor-moved")


def mute(alert: Alert) -> None:
    alert.muted_until = now() + MUTED_FOR
    publish(FLOOR, "floor-moved")


def live() -> Sequence[Alert]:
    """The newest first."""
    return session.scalars(select(Alert).where(Alert.live()).order_by(Alert.id.desc())).all()


def since(moment: datetime, most: int) -> Sequence[Alert]:
    """Those of late, over or not, the newest first."""
    lately = select(Alert).where(Alert.began_at >= moment)
    newest = lately.order_by(Alert.began_at.desc(), Alert.id.desc())
    return session.scalars(newest.limit(most)).all()


def _live_of(kind: AlertKind, line_id: int) -> Alert | None:
    return session.scalar(
        select(Alert).where(Alert.kind == kind, Alert.line_id == line_id, Alert.live())
    )


def _begin(**known: object) -> None:
    """Two who find the same at once make one of it."""
    made = session.scalar(
        insert(Alert)
        .values(began_at=now(), **{"keyword": "", **known})
        .on_conflict_do_nothing()
        .returning(Alert.id)
    )
    if made is not None:
        publish(FLOOR, "alert", alert=made)
        publish(FLOOR, "floor-moved")


def _usual(kind: AlertKind) -> AlertRule:
    begins_at, ends_at = USUAL[kind]
    keywords = KEYWORDS if kind is AlertKind.RAISED_HAND else []
    return AlertRule(
        kind=kind, watched=True, begins_at=begins_at, ends_at=ends_at, keywords=keywords
    )
