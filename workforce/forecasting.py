"""How many will call in each half-hour of a day, from what days before it looked like.

A day's total is explained by its place in the week, holidays, days worked in exchange, the days
beside them and its place in the month, by a ridge regression of its logarithm in which old days
count less; what that leaves over moves slowly, and where it has got to is the trend.  The total is
spread by the shape of days of its kind.  What has come on the day itself corrects what is left of
it.  Pure: nothing is read here but what is given, and nothing of the day itself or later."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

SLOTS = 48
# Older days say nothing any more.
REMEMBERED = timedelta(days=240)
# With fewer there is nothing to tell a weekday by; in days.
FEWEST = 14
# After so many days a day counts half: for its kind, its shape, the level, and for the trend.
KIND_HALF, SHAPE_HALF, LEVEL_HALF, TREND_HALF = 120.0, 42.0, 14.0, 2.0
# Kinds of days seen seldom are taken for ordinary until seen more often; weekdays are seen often.
WEEKDAYS, WEEKDAY_RIDGE, RIDGE = 7, 0.2, 1.0
TREND_RIDGE = 0.3
ROUNDS = 3
# A day of another kind says so much about the shape of this one.
OTHER_KIND = 0.1
# The chance of a whole day is never smaller than this, however even the past was.
LEAST_SPREAD = 0.05
FRIDAY, SUNDAY = 4, 6
FEATURES = 13
RIDGES = [WEEKDAY_RIDGE] * WEEKDAYS + [RIDGE] * (FEATURES - WEEKDAYS)

Works = Callable[[date], bool]
Counts = NDArray[np.float64]
History = Mapping[date, Sequence[float] | Counts]


class TooLittleKnown(Exception):
    """The history is too short for a forecast."""

    permanent = True


@dataclass(frozen=True)
class Forecast:
    """Expected calls by slot; ``spread`` is how far whole days were off, as a share."""

    slots: Counts
    spread: float

    @property
    def total(self) -> float:
        return float(self.slots.sum())

    def corrected(self, come: Sequence[float]) -> Counts:
        """With what has come in the first slots of the day: the others by as much more or less.

        The day's own factor has a gamma distribution around one as wide as ``spread``; each call
        that has come narrows it."""
        known, expected = float(sum(come)), float(self.slots[: len(come)].sum())
        doubt = 1 / self.spread**2
        factor = (doubt + known) / (doubt + expected)
        return np.concatenate([np.asarray(come, dtype=float), self.slots[len(come) :] * factor])


def forecast(history: History, day: date, works: Works) -> Forecast:
    """Of this day, from days before it.  Raises TooLittleKnown."""
    known = {
        one: np.asarray(counts, dtype=float)
        for one, counts in sorted(history.items())
        if day - REMEMBERED <= one < day and sum(counts) > 0
    }
    if len(known) < FEWEST:
        raise TooLittleKnown(f"{len(known)} days are known, not {FEWEST}")
    total, spread = _total({one: float(counts.sum()) for one, counts in known.items()}, day, works)
    return Forecast(total * _shape(known, day, works), spread)


def ordinary(day: date) -> bool:
    """A week without holidays."""
    return day.weekday() <= FRIDAY


def _total(totals: Mapping[date, float], day: date, works: Works) -> tuple[float, float]:
    told = np.array([_told(one, works) for one in totals])
    ages = np.array([(day - one).days for one in totals], dtype=float)
    logs = np.log(np.array(list(totals.values())))
    weights = 0.5 ** (ages / KIND_HALF)
    mean = float(np.average(logs, weights=weights))
    near = 0.5 ** (np.abs(ages[:, None] - ages[None, :]) / TREND_HALF)
    near /= near.sum(axis=1, keepdims=True)
    moved = np.zeros_like(logs)
    left = logs - mean
    effects = np.zeros(FEATURES)
    for _ in range(ROUNDS):
        weighted = told * weights[:, None]
        square = weighted.T @ told + np.diag(RIDGES)
        effects = np.linalg.solve(square, weighted.T @ (logs - mean - moved))
        left = logs - mean - told @ effects
        moved = near @ left
    expected = float(np.exp(mean + np.array(_told(day, works)) @ effects + _trend(left, ages)))
    spread = float(np.sqrt(np.average((left - moved) ** 2, weights=weights)))
    return expected, max(LEAST_SPREAD, spread)


def _trend(left: Counts, ages: Counts) -> float:
    """Where what the calendar does not explain has got to: the last days, and where these say
    little, because they are few or long ago, the last weeks."""
    weeks, days = 0.5 ** (ages / LEVEL_HALF), 0.5 ** (ages / TREND_HALF)
    level = float(weeks @ left / weeks.sum())
    return level + float(days @ (left - level) / (days.sum() + TREND_RIDGE))


def _told(day: date, works: Works) -> list[float]:
    """What the calendar says of a day, as numbers."""
    said = [0.0] * FEATURES
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    if works(day) and ordinary(day):
        # The first working day after a holiday is a Monday.
        said[day.weekday() if works(before) else 0] = 1
    elif works(day):
        # Worked in exchange: like any of the week, and in some way of its own.
        said[0] = said[FRIDAY] = 0.5
        said[7] = 1
    else:
        said[day.weekday() if not ordinary(day) else SUNDAY] = 1
        said[8] = float(ordinary(day))
    said[9] = float(works(day) and not works(after) and day.weekday() < FRIDAY)
    said[10] = float(day.day <= 3)
    said[11] = float((day + timedelta(days=2)).month != day.month)
    said[12] = float(14 <= day.day <= 16)
    return said


def _shape(known: Mapping[date, Counts], day: date, works: Works) -> Counts:
    """The share of each slot of the day, from days of its kind more than from others."""
    kind = _told(day, works)[:8]
    weights = np.array(
        [
            0.5 ** ((day - one).days / SHAPE_HALF)
            * (1.0 if _told(one, works)[:8] == kind else OTHER_KIND)
            * (1.0 if works(one) == works(day) else OTHER_KIND)
            for one in known
        ]
    )
    counts = weights @ np.array(list(known.values()))
    shape: Counts = counts / counts.sum()
    return shape
