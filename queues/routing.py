"""The routing pass: who waits meets who is free, in the transaction that brought the news.

Callers are taken in order of ``age + 60 s x priority``.  A caller's own line is tried first, then
with age the steps of its settings (``queues.steps``); a step that nobody signed on could serve is
skipped at once, and danger waits for no step; a certified line is never relaxed.  Among the seats
of a step the highest skill is taken, then the longest idle.  Why is stored with the offer.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, func, select, text
from sqlalchemy.orm.util import identity_key

from assist.alarm import FLOOR
from infra import apart, seldom
from infra.clock import now
from infra.db import savepoint, session
from infra.events import publish
from models import LIVE, Activity, Call, Desired, Line, Offer, Place, Seat, Skill
from queues import matching
from queues.journal import desk_of
from queues.matching import Caller, Floor, FreeSeat, Match

log = structlog.get_logger(__name__)

RING_FOR = timedelta(seconds=12)
OFFERS_A_PASS = 50
CALLERS_A_PAGE = 100

# Built once: building a statement costs more than PostgreSQL needs to answer it.
# Everyone who may be offered, first come first; those being rung already are left out.  A live
# place belongs to a call that waits, or connects and has a claimed offer: of calls those of a page
# alone are looked at, for whether they are in danger.
RANK = (Place.age_from - Place.priority * text("interval '1 minute'")).label("rank")
PAGE = (
    select(
        Place.id,
        Place.call_id,
        Place.line_id,
        Place.language,
        Place.entered_at,
        Place.priority,
        RANK,
    )
    .outerjoin(Offer, (Offer.call_id == Place.call_id) & Offer.state.in_(LIVE))
    .where(
        Place.left_at.is_(None),
        Place.heard_at.is_not(None),
        Place.meant_for_id.is_(None),
        Place.diverting_since.is_(None),
        Offer.id.is_(None),
    )
    .order_by(RANK, Place.id)
    .limit(bindparam("many"))
    .offset(bindparam("start"))
    .subquery()
)
WAITING = (
    select(PAGE, Call.emergency.is_not(None).label("in_danger"))
    .join(Call, Call.id == PAGE.c.call_id)
    .order_by(PAGE.c.rank, PAGE.c.id)
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
# The best free seat of one line for one language, and how many there are: the same order as
# ``Floor.best_of``, read without everybody else's skills.
BEST_OF_LINE = (
    select(
        Seat.staff_id,
        Seat.idle_since,
        Seat.languages,
        Skill.level,
        func.count().over().label("eligible"),
    )
    .join(Skill, Skill.staff_id == Seat.staff_id)
    .join(Line, Line.id == Skill.line_id)
    .where(
        Skill.line_id == bindparam("line"),
        Skill.level >= Line.least_level,
        Seat.languages.contains(bindparam("languages")),
        Seat.desired == Desired.READY,
        Seat.activity == Activity.IDLE,
        Seat.lease_until > bindparam("at"),
        RESTED,
    )
    .order_by(Skill.level.desc(), Seat.idle_since, Seat.staff_id)
    .limit(1)
)
LINES = select(
    Line.id, Line.code, Line.certified, Line.sisters, Line.group, Line.least_level, Line.steps
)
# All that a pass writes, at once: each round trip is time for which everybody else waits.  From
# idle to ringing, as ``Seat.move_to`` allows; the lock keeps others from moving the seats.
OFFER_ALL = text("""
    WITH met AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))
            AS met (call_id integer, agent_id integer, why jsonb)
    ), raised AS (
        UPDATE call SET epoch = epoch + 1 FROM met WHERE call.id = met.call_id
        RETURNING call.id, call.epoch
    ), rung AS (
        UPDATE seat SET activity = 'ringing', activity_since = :at FROM met
        WHERE seat.staff_id = met.agent_id AND seat.activity = 'idle'
    ), offered AS (
        INSERT INTO offer (call_id, agent_id, epoch, state, offered_at, deadline, why)
        SELECT call_id, agent_id, epoch, 'ringing', :at, :deadline, why
        FROM met JOIN raised ON raised.id = met.call_id
        RETURNING id, call_id, agent_id, why
    ), noted AS (
        INSERT INTO call_event (call_id, at, name, detail)
        SELECT call_id, :at, 'offered',
            jsonb_build_object('agent', agent_id, 'offer', id, 'why', why)
        FROM offered
    )
    SELECT id, agent_id FROM offered ORDER BY id
""").bindparams(
    bindparam("at", type_=Offer.offered_at.type), bindparam("deadline", type_=Offer.deadline.type)
)
WRITTEN = {Call: ["epoch"], Seat: ["activity", "activity_since"]}


SignedOn = Row[int, datetime, list[str], bool, Sequence[int], Sequence[int]]


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
    second = next(callers, None)
    if second is None:
        # Most passes: one caller, and somebody of his own line is free.
        match = _at_home(first, at)
        if match is not None:
            return [(first, match)]
    signed_on = session.execute(SIGNED_ON, {"at": at}).all()
    if not any(seat.free for seat in signed_on):
        return []
    waiting = [first] if second is None else chain([first, second], callers)
    return _meet(waiting, _floor(signed_on))


def _at_home(caller: Caller, at: datetime) -> Match | None:
    asked = {"line": caller.line_id, "languages": [caller.language], "at": at}
    best = session.execute(BEST_OF_LINE, asked).one_or_none()
    if best is None:
        return None
    skills = {caller.line_id: best.level}
    seat = FreeSeat(best.staff_id, best.idle_since, best.languages, skills)
    return Match(seat, "line", best.level, best.eligible)


def _meet(callers: Iterable[Caller], floor: Floor) -> list[tuple[Caller, Match]]:
    matches: list[tuple[Caller, Match]] = []
    for caller in callers:
        match = matching.match(caller, floor)
        if match is None:
            continue
        matches.append((caller, match))
        floor.take(match.seat.staff_id)
        if not floor.free or len(matches) == OFFERS_A_PASS:
            break
    return matches


def _floor(signed_on: Sequence[SignedOn]) -> Floor:
    floor = Floor({line.id: line for line in session.execute(LINES)}, {}, {})
    for seat in signed_on:
        skills = dict(zip(seat.lines, seat.levels, strict=True))
        for line_id, level in skills.items():
            floor.staffed[line_id] = max(level, floor.staffed.get(line_id, 0))
        if seat.free:
            floor.open(FreeSeat(seat.staff_id, seat.idle_since, seat.languages, skills))
    return floor


def _callers(at: datetime) -> Iterator[Caller]:
    """Everyone who may be offered now, page by page: with few seats free the first is enough.

    Who became a waiting caller between two pages moves the rest on by one: nobody comes twice."""
    known: set[int] = set()
    for start in count(0, CALLERS_A_PAGE):
        rows = session.execute(WAITING, {"start": start, "many": CALLERS_A_PAGE}).all()
        for row in rows:
            if row.call_id in known:
                continue
            known.add(row.call_id)
            waited = at - row.entered_at
            yield Caller(
                row.call_id, row.line_id, row.language, waited, row.priority, row.in_danger
            )
        if len(rows) < CALLERS_A_PAGE:
            return


def _offer(matches: list[tuple[Caller, Match]], at: datetime) -> list[int]:
    """Write the offers of a pass, and who rings for whom, in one statement."""
    rows = [
        {"call_id": caller.call_id, "agent_id": match.seat.staff_id, "why": _why(caller, match, at)}
        for caller, match in matches
    ]
    session.flush()
    asked = {"rows": json.dumps(rows), "at": at, "deadline": at + RING_FOR}
    offered = session.execute(OFFER_ALL, asked).all()
    _forget_what_was_read(rows)
    publish(FLOOR, "floor-moved")
    for one in offered:
        publish(desk_of(one.agent_id), "offered", offer=one.id)
    return [one.id for one in offered]


def _forget_what_was_read(rows: list[dict[str, Any]]) -> None:
    """Calls and seats that this session holds are read anew where they are looked at again."""
    for row in rows:
        for kind, key in ((Call, row["call_id"]), (Seat, row["agent_id"])):
            held = session.identity_map.get(identity_key(kind, key))
            if held is not None:
                session.expire(held, WRITTEN[kind])


def _why(caller: Caller, match: Match, at: datetime) -> dict[str, Any]:
    return {
        "step": match.step,
        "level": match.level,
        "eligible": match.eligible,
        "idle_s": round((at - match.seat.idle_since).total_seconds()),
        "waited_s": round(caller.waited.total_seconds()),
        "priority": caller.priority,
    }
