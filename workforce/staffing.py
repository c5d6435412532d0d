"""Today by half-hours: who is expected, who came, how many seats that needs, how many there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from infra.clock import now
from infra.db import session
from infra.localtime import start_of_day
from models import (
    Activity,
    Desired,
    HalfHour,
    Line,
    Place,
    Seat,
    Shift,
    Skill,
)
from models.shift import HALF_HOUR
from queues import erlang
from workforce import arrivals
from workforce.adherence import Stretch
from workforce.forecasting import SLOTS
from workforce.promised import Goal, goal_of

# A half-hour that is running is taken for the forecast as much as for so many calls.
TRUST = 11.0
# Before a sixth of it is over a half-hour without a forecast says nothing by itself.
SOON = 1 / 6


@dataclass(frozen=True)
class Slot:
    begins: datetime
    # As told the night before, and with what has come since; None: too little is known.
    expected: float | None
    likely: float | None
    # None: it is not over yet.
    arrived: int | None
    needed: int | None
    # Of those whose shift it is, without breaks; a part of a half-hour is a part of a seat.
    rostered: float
    running: bool

    @property
    def short(self) -> int:
        return max(0, ceil((self.needed or 0) - self.rostered))


@dataclass(frozen=True)
class Present:
    """The line at this moment."""

    # Calls a half-hour, at the pace of this one.
    pace: float | None
    come: int
    needed: int | None
    # On the telephone or ready for it.
    signed_in: int
    rostered: float
    waiting: int

    @property
    def short(self) -> int:
        return max(0, (self.needed or 0) - self.signed_in)


@dataclass(frozen=True)
class Today:
    goal: Goal
    slots: list[Slot]
    present: Present

    @property
    def forecast(self) -> bool:
        return any(one.expected is not None for one in self.slots)


def today(line: Line | None) -> Today:
    """Of one line, or of the hotline as one pool."""
    at, begin = now(), start_of_day(now())
    goal = goal_of(line)
    known = _half_hours(line, begin)
    rostered = roster(line, begin, SLOTS)
    running = arrivals.half_hour_of(at)
    slots = [_slot(begin + n * HALF_HOUR, known, rostered[n], running, goal) for n in range(SLOTS)]
    here = slots[(running - begin) // HALF_HOUR]
    return Today(goal, slots, _present(line, here, goal, at))


def present(line: Line | None) -> Present:
    """The line at this moment, without the rest of its day."""
    begin = arrivals.half_hour_of(now())
    known = _half_hours(line, begin, 1)
    goal = goal_of(line)
    here = _slot(begin, known, roster(line, begin, 1)[0], begin, goal)
    return _present(line, here, goal, now())


def needed(calls: float | None, goal: Goal) -> int | None:
    """Seats for so many calls in a half-hour; those who give up are not answered."""
    if calls is None:
        return None
    return erlang.seats_needed(
        calls / HALF_HOUR.total_seconds(),
        goal.handling_s,
        goal.patience_s,
        goal.within_s,
        goal.share,
    )


def roster(line: Line | None, begin: datetime, slots: int) -> list[float]:
    """How many seats are on shift in each half-hour from ``begin`` on."""
    end = begin + slots * HALF_HOUR
    there = [0.0] * slots
    for shift in session.scalars(
        select(Shift).where(
            Shift.begins_at < end,
            Shift.begins_at > begin - timedelta(hours=16),
            Shift.ends_at > begin,
            *_serving(line),
        )
    ):
        if shift.on_the_telephone:
            _add(there, begin, Stretch(shift.begins_at, shift.ends_at), 1)
            for rest in shift.breaks:
                _add(there, begin, Stretch(rest.begins_at, rest.ends_at), -1)
    return [round(one, 2) for one in there]


def signed_in(line: Line | None) -> int:
    at = now()
    busy = Seat.activity != Activity.IDLE
    ready = and_(Seat.desired == Desired.READY, Seat.lease_until > at)
    there = select(func.count(Seat.staff_id)).where(
        or_(busy, ready), *_skilled(line, Seat.staff_id)
    )
    return session.scalar(there) or 0


def _half_hours(
    line: Line | None, begin: datetime, slots: int = SLOTS
) -> Mapping[datetime, Sequence[float | None]]:
    wanted = select(
        HalfHour.begins_at,
        func.sum(HalfHour.expected),
        func.sum(func.coalesce(HalfHour.corrected, HalfHour.expected)),
        func.sum(HalfHour.arrived),
    ).where(HalfHour.begins_at >= begin, HalfHour.begins_at < begin + slots * HALF_HOUR)
    if line is not None:
        wanted = wanted.where(HalfHour.line_id == line.id)
    rows = session.execute(wanted.group_by(HalfHour.begins_at))
    return {at: (expected, likely, arrived) for at, expected, likely, arrived in rows}


def _slot(
    begins: datetime,
    known: Mapping[datetime, Sequence[float | None]],
    rostered: float,
    running: datetime,
    goal: Goal,
) -> Slot:
    expected, likely, arrived = known.get(begins, (None, None, None))
    over = begins < running
    # What a half-hour that is over would have needed is told by who came.
    calls = arrived if over and arrived is not None else likely
    return Slot(
        begins,
        expected,
        likely,
        int(arrived) if over and arrived is not None else None,
        needed(calls, goal),
        rostered,
        begins == running,
    )


def _present(line: Line | None, here: Slot, goal: Goal, at: datetime) -> Present:
    come = arrivals.so_far(line.id if line is not None else None)
    pace = pace_of(here.likely, come, (at - here.begins) / HALF_HOUR)
    return Present(pace, come, needed(pace, goal), signed_in(line), here.rostered, _waiting(line))


def pace_of(likely: float | None, come: int, gone: float) -> float | None:
    """Calls a half-hour, with ``gone`` of it over and so many come: what was forecast, moved
    towards what is seen; None: nothing is known yet."""
    if likely is None or likely <= 0:
        return come / gone if gone >= SOON else None
    return likely * (TRUST + come) / (TRUST + likely * gone)


def _waiting(line: Line | None) -> int:
    wanted = select(func.count(Place.id)).where(Place.left_at.is_(None))
    if line is not None:
        wanted = wanted.where(Place.line_id == line.id)
    return session.scalar(wanted) or 0


def _serving(line: Line | None) -> Iterable[ColumnElement[bool]]:
    """Shifts for this line, or for whatever the agent is skilled for."""
    if line is None:
        return ()
    skilled = and_(Shift.line_id.is_(None), *_skilled(line, Shift.staff_id))
    return (or_(Shift.line_id == line.id, skilled),)


def _skilled(line: Line | None, staff: Any) -> Iterable[ColumnElement[bool]]:
    if line is None:
        return ()
    return (exists().where(Skill.staff_id == staff, Skill.line_id == line.id),)


def _add(there: list[float], begin: datetime, stretch: Stretch, sign: int) -> None:
    first = max(0, (stretch.begins - begin) // HALF_HOUR)
    last = min(len(there), -((begin - stretch.ends) // HALF_HOUR))
    for n in range(first, last):
        slot = Stretch(begin + n * HALF_HOUR, begin + (n + 1) * HALF_HOUR)
        there[n] += sign * (stretch.within(slot).length / HALF_HOUR)
