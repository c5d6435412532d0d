"""Who is on the floor besides figures: talks and who listens, callers in line and why they wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.wording import N_
from models import (
    Call,
    CallStatus,
    Direction,
    Line,
    Monitor,
    Offer,
    OfferState,
    Place,
    Seat,
)
from queues import steps, targets
from queues.steps import Where
from queues.targets import LineNow
from queues.waiting import MINUTE_PER_POINT
from web.languages import _

# More than anybody looks at; how many wait stands beside each line.
MOST_CALLERS = 60
NEXT_STEPS: dict[Where, str] = {
    Where.LINE: N_("%(seconds)s 秒后本专席其他等级也接"),
    Where.LINES: N_("%(seconds)s 秒后相近专席也接"),
    Where.GROUP: N_("%(seconds)s 秒后同组专席也接"),
    Where.ANY: N_("%(seconds)s 秒后全部座席都接"),
}
BUSY = (CallStatus.CONNECTING, CallStatus.TALKING)


@dataclass(frozen=True)
class CallerRow:
    """Somebody who waits, in the order in which they are served."""

    call_id: int
    number: str
    line: Line
    language: str
    since: datetime
    emergency: str | None
    preferred: bool
    # In words: who rings for him, or what he waits for.
    because: str


def callers() -> list[CallerRow]:
    """Whoever is to be rung back is ahead of others by his age, and not on the line himself."""
    at = now()
    rank = Place.age_from - Place.priority * MINUTE_PER_POINT
    found = session.scalars(
        select(Place)
        .where(Place.left_at.is_(None))
        .options(joinedload(Place.call), joinedload(Place.line))
        .order_by(rank, Place.id)
        .limit(MOST_CALLERS)
    ).all()
    if not found:
        return []
    ringing = _ringing(place.call_id for place in found)
    lines = {one.line.id: one for one in targets.lines()}
    ahead: dict[int, int] = {}
    rows = []
    for place in found:
        why = _why(place, ahead.get(place.line_id, 0), lines, ringing.get(place.call_id), at)
        ahead[place.line_id] = ahead.get(place.line_id, 0) + 1
        if place.call.direction is Direction.IN:
            rows.append(_row(place, why))
    return rows


def talks() -> dict[int, Call]:
    """By agent: the call that he has."""
    mine = select(Call).where(Call.status.in_(BUSY), Call.agent_id.is_not(None))
    return {call.agent_id or 0: call for call in session.scalars(mine)}


def listeners() -> dict[int, list[Monitor]]:
    """By call: the leads in it, seen or not; this is their own page."""
    found: dict[int, list[Monitor]] = {}
    live = select(Monitor).where(Monitor.live()).options(joinedload(Monitor.by))
    for one in session.scalars(live.order_by(Monitor.slot)):
        found.setdefault(one.call_id, []).append(one)
    return found


def _row(place: Place, why: str) -> CallerRow:
    call = place.call
    return CallerRow(
        call_id=call.id,
        number=call.number_masked,
        line=place.line,
        language=place.language,
        since=place.entered_at if call.answered_at else max(place.age_from, call.started_at),
        emergency=call.emergency,
        preferred=place.preferred_at is not None,
        because=why,
    )


def _why(
    place: Place, ahead: int, lines: dict[int, LineNow], rung: Seat | None, at: datetime
) -> str:
    """The first thing that he waits for, as the routing pass sees it."""
    if rung is not None:
        return _("正在振铃：%(name)s %(number)s", name=rung.staff.name, number=rung.number)
    if place.heard_at is None:
        return _("等待运营商确认已入队")
    parts = [_("前面 %(count)s 人", count=ahead)] if ahead else []
    parts.append(_seats(lines[place.line_id]))
    parts.append(_next_step(place, lines, at))
    return " · ".join(one for one in parts if one)


def _seats(line: LineNow) -> str:
    if not line.signed_on:
        return _("本专席无人在线")
    if not line.free:
        return _("本专席在线 %(count)s 人，都在忙", count=line.signed_on)
    return _("本专席空闲 %(count)s 人，正在派给", count=line.free)


def _next_step(place: Place, lines: dict[int, LineNow], at: datetime) -> str:
    """Who else may serve him, and from when on."""
    if place.call.emergency is not None:
        return _("紧急：全部座席都可接")
    if place.line.certified:
        return _("须有资格，不转其他专席")
    opened = steps.steps_of(place.line, [one.line for one in lines.values()])
    waited = at - place.entered_at
    for step in opened:
        if waited < step.after:
            return _(NEXT_STEPS[step.where]) % {"seconds": _seconds(step.after - waited)}
    if all(step.where is not Where.ANY for step in opened):
        return _("没有更多座席可放宽")
    anybody = sum(line.free for line in lines.values())
    return _("全部座席都可接") if anybody else _("全部座席都在忙或不在线")


def _seconds(left: timedelta) -> int:
    return max(1, round(left.total_seconds()))


def _ringing(calls: Iterable[int]) -> dict[int, Seat]:
    found = session.scalars(
        select(Offer)
        .where(Offer.call_id.in_(list(calls)), Offer.state == OfferState.RINGING)
        .options(joinedload(Offer.agent))
    )
    return {offer.call_id: offer.agent for offer in found}
