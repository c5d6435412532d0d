"""Connect rate of the last 24 hours, and where it is going: the standard asks for any 24 on end.

What a later window will hold is known but for the calls still to come.  Of them as many are
expected as in the same hours of the day before, which are those that leave the window meanwhile,
answered at the pace of the last hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, case, func, select, text

from analytics.formulas import CONNECT_GOAL
from analytics.tallies import ANSWERED, DECIDED
from infra.clock import now
from infra.db import session
from models import Call, Direction
from staff import norms

HOUR = timedelta(hours=1)
WINDOW = 24 * HOUR
AHEAD = 6


@dataclass(frozen=True)
class Counted:
    """Who asked for a person, and who was answered."""

    asked: float = 0
    answered: float = 0

    @property
    def rate(self) -> float | None:
        return self.answered / self.asked if self.asked else None

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.asked + other.asked, self.answered + other.answered)


@dataclass(frozen=True)
class Window:
    """24 hours that end later: what of them is known, and what is expected to come."""

    ends_at: datetime
    known: Counted
    coming: int
    expected: float | None

    @property
    def needed(self) -> int:
        """So many of those to come must be answered, and the goal is kept."""
        # Rounded before: what is exactly a whole is one.
        wanted = CONNECT_GOAL * (self.known.asked + self.coming) - self.known.answered
        return max(0, ceil(round(wanted, 6)))

    @property
    def may_be_lost(self) -> int:
        return max(0, self.coming - self.needed)

    @property
    def reachable(self) -> bool:
        return self.needed <= self.coming

    @property
    def below(self) -> bool:
        return self.expected is not None and self.expected < CONNECT_GOAL


@dataclass(frozen=True)
class Outlook:
    at: datetime
    present: Counted
    pace: float | None
    windows: list[Window]

    @property
    def telling(self) -> Window | None:
        """The first that falls below the goal, else the last of those ahead."""
        below = (one for one in self.windows if one.below)
        return next(below, self.windows[-1] if self.windows else None)


def outlook() -> Outlook:
    at = now()
    pace = _counted(at, at - HOUR)
    # Where too few called it says nothing.
    return foresee(
        at,
        _hours(at),
        _counted(at, at - WINDOW),
        pace.rate if pace.asked >= norms.amount("few_counted") else None,
    )


def foresee(
    at: datetime, hours: Mapping[datetime, Counted], present: Counted, pace: float | None
) -> Outlook:
    """``hours``: what was asked and answered in each hour of the clock, those of the day before
    whole; nothing is foreseen while there is no pace."""
    pace = present.rate if pace is None else pace
    full = at.replace(minute=0, second=0, microsecond=0)
    ends = [full + n * HOUR for n in range(1, AHEAD + 1)] if pace is not None else []
    return Outlook(at, present, pace, [_window(end, at, hours, pace or 0) for end in ends])


def _window(end: datetime, at: datetime, hours: Mapping[datetime, Counted], pace: float) -> Window:
    known = sum((own for hour, own in hours.items() if hour >= end - WINDOW), Counted())
    coming = 0.0
    hour = at.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        left = 1 - max(timedelta(), at - hour) / HOUR
        coming += left * hours.get(hour - WINDOW, Counted()).asked
        hour += HOUR
    more = round(coming)
    there = known + Counted(more, more * pace)
    return Window(end, known, more, there.rate)


def _hours(at: datetime) -> dict[datetime, Counted]:
    hour = func.date_trunc("hour", Call.person_due_at, "UTC")
    asked = select(hour, func.count(), func.count(case((ANSWERED, 1))))
    first = at.replace(minute=0, second=0, microsecond=0) - WINDOW
    rows = session.execute(asked.where(*_within(first, at)).group_by(text("1")))
    return {row[0]: Counted(row[1], row[2]) for row in rows}


def _counted(at: datetime, since: datetime) -> Counted:
    asked = select(func.count(), func.count(case((ANSWERED, 1)))).where(*_within(since, at))
    return Counted(*session.execute(asked).one())


def _within(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    moment = Call.person_due_at
    return (Call.direction == Direction.IN, moment >= since, moment < until, DECIDED)
