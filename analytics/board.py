"""The floor in figures: lines with who waits, seats with who does what; one moment, one snapshot.

Service level is the share of the calls offered to people today that were answered within 15 s of
asking for one (answered within threshold / (answered + abandoned)); abandoned calls count."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select

from assist import advice
from assist.alarm import DANGER_TOLD_FOR
from infra.clock import now
from infra.db import session
from infra.localtime import start_of_day
from models import (
    Activity,
    Call,
    CallStatus,
    Desired,
    Direction,
    Escalation,
    Line,
    MissedContact,
    Place,
    Seat,
    Skill,
    StaffMember,
)
from recordings import promise
from tickets import escalations
from tickets.completion import MISSED
from web.languages import named

# How long who called in danger and reached nobody stays before the eyes of leads; on the list of
# missed contacts he stays until somebody handles it.
# So many missed targets stand on the floor; all of them have a list.
LATE_TOLD = 5


@dataclass(frozen=True)
class LineRow:
    id: int
    code: str
    name: str
    waiting: int
    oldest: datetime | None
    answered: int
    in_time: int
    abandoned: int
    # Signed on, and of this line's skill.
    seats: int

    @property
    def service_level(self) -> float | None:
        offered = self.answered + self.abandoned
        return self.in_time / offered if offered else None


@dataclass(frozen=True)
class SeatRow:
    staff_id: int
    number: str
    name: str
    state: str
    # When what he does began; of who is offline nobody needs to know.
    since: datetime | None
    reason: str | None
    # As the routing pass takes it: ready with a live lease, also while he talks.
    signed_on: bool
    # What a lead has told him: why he is away, or will be.
    put_reason: str | None = None
    desired: str = Desired.OFFLINE


@dataclass(frozen=True)
class Emergency:
    """A call in danger: where it is now, and since when."""

    call_id: int
    words: str
    number: str
    status: CallStatus
    since: datetime
    agent: str | None

    @property
    def missed(self) -> bool:
        return self.status is CallStatus.ENDED


@dataclass(frozen=True)
class Board:
    at: datetime
    lines: list[LineRow]
    seats: list[SeatRow]
    emergencies: list[Emergency]
    # Missed targets of tickets, the newest, that no lead has seen to yet.
    escalations: Sequence[Escalation]


def board() -> Board:
    at = now()
    return Board(at, _lines(at), _seats(at), emergencies(), escalations.unseen(LATE_TOLD + 1))


def _lines(at: datetime) -> list[LineRow]:
    waiting, today, manned = in_line(), offered_since(start_of_day(at)), _manned(at)
    found = session.scalars(select(Line).order_by(Line.rank, Line.id))
    return [
        _line(line, waiting.get(line.id), today.get(line.id), manned.get(line.id, 0))
        for line in found
    ]


def _line(
    line: Line, queue: Row[int, int, datetime] | None, day: "Day | None", seats: int
) -> LineRow:
    return LineRow(
        id=line.id,
        code=line.code,
        name=named(line),
        waiting=queue[1] if queue else 0,
        oldest=queue[2] if queue else None,
        answered=day.answered if day else 0,
        in_time=day.in_time if day else 0,
        abandoned=day.abandoned if day else 0,
        seats=seats,
    )


def in_line() -> dict[int, Row[int, int, datetime]]:
    """By line: how many wait, and since when the first of them.

    Who lost his agent in mid-call keeps his age in the queue, but he has talked meanwhile: he
    waits since he is back.  Who is to be rung back, or was and calls again, does not hold the line
    meanwhile, however old his place is."""
    held = func.greatest(Place.age_from, Call.started_at)
    since = case((Call.answered_at.is_(None), held), else_=Place.entered_at)
    rows = session.execute(
        select(Place.line_id, func.count(), func.min(since))
        .join(Call, Call.id == Place.call_id)
        .where(Place.left_at.is_(None), Call.direction == Direction.IN)
        .group_by(Place.line_id)
    )
    return {row[0]: row for row in rows}


def _manned(at: datetime) -> dict[int, int]:
    rows = session.execute(
        select(Skill.line_id, func.count())
        .join(Seat, Seat.staff_id == Skill.staff_id)
        .where(Seat.desired == Desired.READY, Seat.lease_until > at)
        .group_by(Skill.line_id)
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class Day:
    answered: int
    in_time: int
    abandoned: int


def offered_since(since: datetime) -> dict[int, Day]:
    """By line: what became of those who came since then and asked for a person."""
    rows = session.execute(
        select(
            Call.line_id,
            _count(promise.answered()),
            _count(promise.in_time()),
            _count(promise.given_up()),
        )
        .where(
            Call.started_at >= since,
            Call.line_id.is_not(None),
            Call.direction == Direction.IN,
        )
        .group_by(Call.line_id)
    )
    return {row[0]: Day(row[1], row[2], row[3]) for row in rows if row[0] is not None}


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _seats(at: datetime) -> list[SeatRow]:
    rows = session.execute(
        select(Seat, StaffMember.name)
        .join(StaffMember, StaffMember.id == Seat.staff_id)
        .where(
            (Seat.desired != Desired.OFFLINE)
            | (Seat.lease_until > at)
            # A lead who took a call over has no desk open for it.
            | (Seat.activity != Activity.IDLE)
        )
        .order_by(Seat.number)
    )
    return [_seat(seat, name, at) for seat, name in rows]


def _seat(seat: Seat, name: str, at: datetime) -> SeatRow:
    return replace(_doing(seat, name, at), put_reason=seat.put_reason, desired=seat.desired.value)


def _doing(seat: Seat, name: str, at: datetime) -> SeatRow:
    """What a lead wants to know first: busy with what, else chosen what, else out of touch."""
    who = seat.staff_id, seat.number, name
    on = seat.desired is Desired.READY and seat.lease_until is not None and seat.lease_until > at
    if seat.activity is not Activity.IDLE:
        return SeatRow(*who, seat.activity.value, seat.activity_since, None, on)
    if seat.desired is Desired.READY and not on:
        return SeatRow(*who, "lost", seat.lease_until or seat.desired_since, None, on)
    since = {Desired.READY: seat.idle_since, Desired.BREAK: seat.desired_since}.get(seat.desired)
    return SeatRow(*who, seat.desired.value, since, seat.break_reason, on)


def emergencies() -> list[Emergency]:
    """Calls in danger that are not over, and those of the last hours that reached nobody and that
    nobody has seen to; missed ones first, then the longest waiting."""
    handled = select(MissedContact.id).where(
        MissedContact.call_id == Call.id, MissedContact.handled_at.is_not(None)
    )
    missed = and_(Call.started_at >= now() - DANGER_TOLD_FOR, Call.disposition.in_(MISSED))
    rows = session.execute(
        select(Call, StaffMember.name)
        .outerjoin(StaffMember, StaffMember.id == Call.agent_id)
        .where(
            Call.emergency.is_not(None),
            or_(Call.status != CallStatus.ENDED, missed),
            ~handled.exists(),
        )
    )
    found = [_emergency(call, name) for call, name in rows]
    return sorted(found, key=lambda one: (not one.missed, one.since))


def _emergency(call: Call, agent: str | None) -> Emergency:
    since = {
        CallStatus.ENDED: call.ended_at,
        CallStatus.TALKING: call.answered_at,
        CallStatus.CONNECTING: call.connecting_since,
        CallStatus.RATING: call.finished_at,
    }.get(call.status) or call.person_due_at
    return Emergency(
        call_id=call.id,
        words=advice.shown(call.emergency) or "",
        number=call.number_masked,
        status=call.status,
        since=since or call.started_at,
        agent=agent,
    )
