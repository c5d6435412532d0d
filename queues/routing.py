"""The routing pass: who waits meets who is free, in the transaction that brought the news.

Callers are taken in order of ``age + 60 s x priority``.  A caller's own line is tried first; its
sister lines after 5 s where they have idle seats to spare; any line after 10 s; a step that nobody
signed on could serve is skipped at once; a certified line is never relaxed.  Among the seats of a
step the highest skill is taken, then the longest idle.  Why is stored with the offer.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Activity, Call, CallStatus, Desired, Line, Offer, OfferState, Place, Seat, Skill
from queues.journal import desk_of, note

RING_FOR = timedelta(seconds=12)
SISTERS_AFTER = timedelta(seconds=5)
ANYONE_AFTER = timedelta(seconds=10)
SPARE_SEATS = 2
OFFERS_A_PASS = 50


@dataclass(frozen=True)
class Caller:
    call_id: int
    line_id: int
    language: str
    waited: timedelta
    priority: int


@dataclass
class FreeSeat:
    staff_id: int
    idle_since: datetime
    languages: list[str]
    skills: dict[int, int]


@dataclass
class Floor:
    """What one pass knows: seats that are free now, and lines that anybody signed on can serve."""

    lines: dict[int, Line]
    free: dict[int, FreeSeat]
    staffed: set[int]
    by_line: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def take(self, staff_id: int) -> None:
        seat = self.free.pop(staff_id)
        for line_id in seat.skills:
            self.by_line[line_id].discard(staff_id)


@dataclass(frozen=True)
class Match:
    seat: FreeSeat
    step: str
    level: int
    eligible: int


def run() -> list[int]:
    """One pass; the caller holds the routing lock.  Returns the ids of the offers made."""
    at = now()
    floor = _floor(at)
    if not floor.free:
        return []
    offers: list[int] = []
    for caller in _callers(at):
        match = _match(caller, floor)
        if match is None:
            continue
        offers.append(_offer(caller, match, at))
        floor.take(match.seat.staff_id)
        if not floor.free or len(offers) == OFFERS_A_PASS:
            break
    return offers


def _floor(at: datetime) -> Floor:
    signed_on = session.execute(
        select(
            Seat.staff_id, Seat.activity, Seat.idle_since, Seat.languages, Seat.resting_until
        ).where(Seat.desired == Desired.READY, Seat.lease_until > at)
    ).all()
    free = {
        row.staff_id: FreeSeat(row.staff_id, row.idle_since, row.languages, {})
        for row in signed_on
        if row.activity is Activity.IDLE and (row.resting_until is None or row.resting_until <= at)
    }
    if not free:
        return Floor({}, {}, set())
    floor = Floor({line.id: line for line in session.scalars(select(Line))}, free, set())
    skills = session.execute(
        select(Skill.staff_id, Skill.line_id, Skill.level)
        .join(Seat, Seat.staff_id == Skill.staff_id)
        .where(Seat.desired == Desired.READY, Seat.lease_until > at)
    )
    for staff_id, line_id, level in skills:
        floor.staffed.add(line_id)
        if staff_id in free:
            free[staff_id].skills[line_id] = level
            floor.by_line[line_id].add(staff_id)
    return floor


def _callers(at: datetime) -> list[Caller]:
    """Everyone who may be offered now, first come first; those being rung already are left out."""
    rows = session.execute(
        select(Place.call_id, Place.line_id, Place.language, Place.entered_at, Place.priority)
        .join(Call, Call.id == Place.call_id)
        .outerjoin(
            Offer,
            (Offer.call_id == Place.call_id)
            & Offer.state.in_([OfferState.RINGING, OfferState.CLAIMED]),
        )
        .where(
            Place.left_at.is_(None),
            Place.heard_at.is_not(None),
            Call.status == CallStatus.WAITING,
            Offer.id.is_(None),
        )
        .order_by(Place.age_from - Place.priority * text("interval '1 minute'"), Place.id)
    )
    return [
        Caller(row.call_id, row.line_id, row.language, at - row.entered_at, row.priority)
        for row in rows
    ]


def _match(caller: Caller, floor: Floor) -> Match | None:
    line = floor.lines[caller.line_id]
    open_to = _speaks(floor, floor.by_line[line.id], caller.language)
    if open_to:
        return _best(floor, open_to, {line.id}, "line")
    if line.certified:
        return None
    nobody = line.id not in floor.staffed
    sisters = {other.id for other in floor.lines.values() if other.code in line.sisters}
    if nobody or caller.waited >= SISTERS_AFTER:
        spare = _speaks(floor, _with_spare_seats(floor, sisters), caller.language)
        if spare:
            return _best(floor, spare, sisters, "sister")
    if (nobody and not sisters & floor.staffed) or caller.waited >= ANYONE_AFTER:
        return _best(floor, set(floor.free), set(floor.lines), "any")
    return None


def _speaks(floor: Floor, staff: set[int], language: str) -> set[int]:
    return {one for one in staff if language in floor.free[one].languages}


def _with_spare_seats(floor: Floor, lines: set[int]) -> set[int]:
    """Seats of lines that keep an idle one for their own callers; a lone seat stays at home."""
    spare: set[int] = set()
    for line_id in lines:
        if len(floor.by_line[line_id]) >= SPARE_SEATS:
            spare |= floor.by_line[line_id]
    return spare


def _best(floor: Floor, staff: set[int], lines: set[int], step: str) -> Match:
    def level(one: int) -> int:
        return max((floor.free[one].skills.get(line, 0) for line in lines), default=0)

    chosen = min(staff, key=lambda one: (-level(one), floor.free[one].idle_since, one))
    return Match(floor.free[chosen], step, level(chosen), len(staff))


def _offer(caller: Caller, match: Match, at: datetime) -> int:
    call = session.get_one(Call, caller.call_id)
    seat = session.get_one(Seat, match.seat.staff_id)
    call.epoch += 1
    why: dict[str, Any] = {
        "step": match.step,
        "level": match.level,
        "eligible": match.eligible,
        "idle_s": round((at - match.seat.idle_since).total_seconds()),
        "waited_s": round(caller.waited.total_seconds()),
        "priority": caller.priority,
    }
    seat.move_to(Activity.RINGING, at)
    offer = Offer(
        call_id=call.id,
        agent_id=seat.staff_id,
        epoch=call.epoch,
        offered_at=at,
        deadline=at + RING_FOR,
        why=why,
    )
    session.add(offer)
    session.flush()  # the desk is told the offer's id
    note(call, "offered", agent=seat.staff_id, offer=offer.id, why=why)
    publish(desk_of(seat.staff_id), "offered", offer=offer.id)
    return offer.id
