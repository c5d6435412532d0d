"""The routing pass: who waits meets who is free, in the transaction that brought the news.

Callers are taken in order of ``age + 60 s x priority``.  A caller's own line is tried first; its
sister lines after 5 s where they have idle seats to spare; any line after 10 s; a step that nobody
signed on could serve is skipped at once; a certified line is never relaxed.  Among the seats of a
step the highest skill is taken, then the longest idle.  Why is stored with the offer.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, func, insert, select, text, update

from infra import apart, seldom
from infra.clock import now
from infra.db import savepoint, session
from infra.events import publish
from models import LIVE, Activity, Call, Desired, Line, Offer, Place, Seat, Skill
from queues.journal import desk_of, note_all

log = structlog.get_logger(__name__)

RING_FOR = timedelta(seconds=12)
SISTERS_AFTER = timedelta(seconds=5)
ANYONE_AFTER = timedelta(seconds=10)
SPARE_SEATS = 2
OFFERS_A_PASS = 50
CALLERS_A_PAGE = 100

# Built once: building a statement costs more than PostgreSQL needs to answer it.
# Everyone who may be offered, first come first; those being rung already are left out.  A live
# place belongs to a call that waits, or connects and has a claimed offer: the call itself need not
# be looked at.
WAITING = (
    select(Place.call_id, Place.line_id, Place.language, Place.entered_at, Place.priority)
    .outerjoin(Offer, (Offer.call_id == Place.call_id) & Offer.state.in_(LIVE))
    .where(Place.left_at.is_(None), Place.heard_at.is_not(None), Offer.id.is_(None))
    .order_by(Place.age_from - Place.priority * text("interval '1 minute'"), Place.id)
    .limit(CALLERS_A_PAGE)
    .offset(bindparam("start"))
)
# Everyone at work, with his skills side by side as two arrays, and whether he is free now.
RESTED = Seat.resting_until.is_(None) | (Seat.resting_until <= bindparam("at"))
SIGNED_ON = (
    select(
        Seat.staff_id,
        Seat.idle_since,
        Seat.languages,
        ((Seat.activity == Activity.IDLE) & RESTED).label("free"),
        func.array_agg(Skill.line_id).label("lines"),
        func.array_agg(Skill.level).label("levels"),
    )
    .join(Skill, Skill.staff_id == Seat.staff_id)
    .where(Seat.desired == Desired.READY, Seat.lease_until > bindparam("at"))
    .group_by(Seat.staff_id)
)
ANYBODY_FREE = (
    select(Seat.staff_id)
    .where(
        Seat.desired == Desired.READY,
        Seat.activity == Activity.IDLE,
        Seat.lease_until > bindparam("at"),
        RESTED,
    )
    .limit(1)
)
LINES = select(Line.id, Line.code, Line.certified, Line.sisters)
NEW_OFFERS = insert(Offer).returning(Offer.id, Offer.call_id, Offer.agent_id, Offer.why)


SignedOn = Row[int, datetime, list[str], bool, Sequence[int], Sequence[int]]


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

    lines: dict[int, Row[int, str, bool, list[str]]]
    free: dict[int, FreeSeat]
    staffed: set[int]
    by_line: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    # The free seats of a line that speak a language; and the same in order, best first.
    speaking: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    ranked: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def open(self, seat: FreeSeat) -> None:
        self.free[seat.staff_id] = seat
        for line_id in seat.skills:
            self.by_line[line_id].add(seat.staff_id)
            for language in seat.languages:
                self.speaking[line_id, language].add(seat.staff_id)

    def take(self, staff_id: int) -> None:
        seat = self.free.pop(staff_id)
        for line_id in seat.skills:
            self.by_line[line_id].discard(staff_id)
            for language in seat.languages:
                self.speaking[line_id, language].discard(staff_id)

    def best_of(self, line_id: int, language: str) -> int:
        """The line's best free seat for the language; sorted once a pass, taken from the end."""
        open_to = self.speaking[line_id, language]
        order = self.ranked.get((line_id, language))
        if order is None:
            order = sorted(open_to, key=lambda one: self._worth(one, line_id), reverse=True)
            self.ranked[line_id, language] = order
        while order[-1] not in open_to:
            order.pop()
        return order[-1]

    def _worth(self, staff_id: int, line_id: int) -> tuple[int, datetime, int]:
        seat = self.free[staff_id]
        return -seat.skills[line_id], seat.idle_since, staff_id


@dataclass(frozen=True)
class Match:
    seat: FreeSeat
    step: str
    level: int
    eligible: int


def anybody_free() -> bool:
    """Whether a pass could offer anybody to anybody; asked without the lock, it is a hint."""
    return bool(session.scalar(ANYBODY_FREE, {"at": now()}))


def run() -> list[int]:
    """One pass; the caller holds the routing lock.  Returns the ids of the offers made.

    Most news brings nobody together: whether anybody waits is asked before who could serve him."""
    at = now()
    matches = _matches(at)
    return _offer(matches, at) if matches else []


def run_in_spite() -> None:
    """One pass of the clock's: offers that cannot all be written are written one by one."""
    try:
        with savepoint():
            run()
    except Exception:
        seldom.tell(log.exception, "a pass failed; its offers are written one by one")
        at = now()
        apart.each(
            _matches(at),
            lambda match: _offer([match], at),
            called=lambda match: f"Call {match[0].call_id}",
        )


def _matches(at: datetime) -> list[tuple[Caller, Match]]:
    callers = _callers(at)
    first = next(callers, None)
    if first is None:
        return []
    signed_on = session.execute(SIGNED_ON, {"at": at}).all()
    if not any(seat.free for seat in signed_on):
        return []
    floor = _floor(signed_on)
    matches: list[tuple[Caller, Match]] = []
    for caller in chain([first], callers):
        match = _match(caller, floor)
        if match is None:
            continue
        matches.append((caller, match))
        floor.take(match.seat.staff_id)
        if not floor.free or len(matches) == OFFERS_A_PASS:
            break
    return matches


def _floor(signed_on: Sequence[SignedOn]) -> Floor:
    floor = Floor({line.id: line for line in session.execute(LINES)}, {}, set())
    for seat in signed_on:
        floor.staffed.update(seat.lines)
        if seat.free:
            skills = dict(zip(seat.lines, seat.levels, strict=True))
            floor.open(FreeSeat(seat.staff_id, seat.idle_since, seat.languages, skills))
    return floor


def _callers(at: datetime) -> Iterator[Caller]:
    """Everyone who may be offered now, page by page: with few seats free the first is enough."""
    for start in count(0, CALLERS_A_PAGE):
        rows = session.execute(WAITING, {"start": start}).all()
        for row in rows:
            waited = at - row.entered_at
            yield Caller(row.call_id, row.line_id, row.language, waited, row.priority)
        if len(rows) < CALLERS_A_PAGE:
            return


def _match(caller: Caller, floor: Floor) -> Match | None:
    line = floor.lines[caller.line_id]
    open_to = floor.speaking[line.id, caller.language]
    if open_to:
        seat = floor.free[floor.best_of(line.id, caller.language)]
        return Match(seat, "line", seat.skills[line.id], len(open_to))
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


def _offer(matches: list[tuple[Caller, Match]], at: datetime) -> list[int]:
    """Write the offers of a pass together: one statement for all rows of a kind."""
    epochs = _raise_epochs([caller.call_id for caller, _ in matches])
    _let_ring([match.seat.staff_id for _, match in matches], at)
    rows = [
        {
            "call_id": caller.call_id,
            "agent_id": match.seat.staff_id,
            "epoch": epochs[caller.call_id],
            "offered_at": at,
            "deadline": at + RING_FOR,
            "why": _why(caller, match, at),
        }
        for caller, match in matches
    ]
    offered = session.execute(NEW_OFFERS, rows).all()
    note_all(
        "offered",
        [
            (one.call_id, {"agent": one.agent_id, "offer": one.id, "why": one.why})
            for one in offered
        ],
    )
    for one in offered:
        publish(desk_of(one.agent_id), "offered", offer=one.id)
    return [one.id for one in offered]


def _raise_epochs(calls: list[int]) -> dict[int, int]:
    raised = session.execute(
        update(Call)
        .where(Call.id.in_(calls))
        .values(epoch=Call.epoch + 1)
        .returning(Call.id, Call.epoch)
    )
    return {row.id: row.epoch for row in raised}


def _let_ring(seats: list[int], at: datetime) -> None:
    """From idle to ringing, as ``Seat.move_to`` allows; the lock keeps others from moving them."""
    session.execute(
        update(Seat)
        .where(Seat.staff_id.in_(seats), Seat.activity == Activity.IDLE)
        .values(activity=Activity.RINGING, activity_since=at)
    )


def _why(caller: Caller, match: Match, at: datetime) -> dict[str, Any]:
    return {
        "step": match.step,
        "level": match.level,
        "eligible": match.eligible,
        "idle_s": round((at - match.seat.idle_since).total_seconds()),
        "waited_s": round(caller.waited.total_seconds()),
        "priority": caller.priority,
    }
