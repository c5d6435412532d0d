"""The forecasts of the lines: made each night for a fortnight, corrected as the day goes on."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session, transaction
from infra.localtime import local, midnight, start_of_day
from models import HalfHour, Line
from models.shift import HALF_HOUR
from tickets.calendar import calendar
from workforce import arrivals
from workforce.forecasting import SLOTS, Counts, Forecast, TooLittleKnown, Works, forecast

log = structlog.get_logger(__name__)

# Today and so many days more: shifts are planned by the week.
AHEAD = 14
# A line with fewer calls a day has no rhythm of its own: it gets its share of the whole.
FEW = 50.0

Days = Mapping[date, Counts]


def run() -> None:
    """Count what is over, forecast once a day, correct what is left of today."""
    arrivals.count()
    with transaction():
        if _is_due():
            expect()
    with transaction():
        correct()


def expect() -> None:
    """Write down today's forecast and those of the days ahead, from the days before today.

    What was expected of today stays as it was told before the day began."""
    today = local(now()).date()
    known = arrivals.history(midnight(today))
    lines = session.scalars(select(Line.id).order_by(Line.id)).all()
    whole = _sum(known)
    works = calendar().works
    for ahead in range(AHEAD + 1):
        day = today + timedelta(days=ahead)
        try:
            of_all = forecast(whole, day, works)
        except TooLittleKnown as error:
            log.info("no forecast yet", why=str(error))
            return
        for line in lines:
            _write(line, day, _of_line(known.get(line, {}), whole, of_all, day, works))


def correct() -> None:
    """With what has come today; half-hours that are over are left as they were corrected last."""
    at = arrivals.half_hour_of(now())
    begin = start_of_day(now())
    slots = (at - begin) // HALF_HOUR
    rows = session.scalars(
        select(HalfHour)
        .where(HalfHour.begins_at >= begin, HalfHour.begins_at < begin + SLOTS * HALF_HOUR)
        .order_by(HalfHour.line_id, HalfHour.begins_at)
    )
    lines: dict[int, list[HalfHour]] = {}
    for row in rows:
        lines.setdefault(row.line_id, []).append(row)
    for line, day in lines.items():
        _correct(line, day, slots)


def _correct(_line: int, day: list[HalfHour], slots: int) -> None:
    come = [row.arrived for row in day[:slots]]
    if len(day) < SLOTS or any(row.expected is None for row in day) or None in come:
        return
    told = Forecast(_array([row.expected or 0.0 for row in day]), day[0].spread or 1.0)
    likely = told.corrected([float(one or 0) for one in come])
    for row, expected in zip(day[slots:], likely[slots:], strict=True):
        row.corrected = float(expected)


def known_days() -> int:
    """How many days a forecast can look back on."""
    day = func.date_trunc("day", func.timezone("Asia/Shanghai", HalfHour.begins_at))
    counted = select(day).where(HalfHour.arrived > 0, HalfHour.begins_at < start_of_day(now()))
    return session.scalar(select(func.count()).select_from(counted.distinct().subquery())) or 0


def _is_due() -> bool:
    """Nothing was forecast today yet; a night that the clock slept through is made up for."""
    made = session.scalar(
        select(func.max(HalfHour.expected_at)).where(HalfHour.begins_at >= start_of_day(now()))
    )
    return made is None or made < start_of_day(now())


def _of_line(own: Days, whole: Days, of_all: Forecast, day: date, works: Works) -> Forecast:
    total = sum(float(counts.sum()) for counts in own.values())
    if len(own) and total / len(own) >= FEW:
        try:
            return forecast(own, day, works)
        except TooLittleKnown:
            pass  # a line that is new
    everything = sum(float(whole[one].sum()) for one in own)
    share = total / everything if everything else 0.0
    return Forecast(of_all.slots * share, of_all.spread)


def _write(line: int, day: date, told: Forecast) -> None:
    at, first = now(), midnight(day)
    rows = [
        {
            "line_id": line,
            "begins_at": first + slot * HALF_HOUR,
            "expected": float(expected),
            "spread": told.spread,
            "expected_at": at,
            "corrected": None,
        }
        for slot, expected in enumerate(told.slots)
    ]
    new = insert(HalfHour)
    names = ("expected", "spread", "expected_at", "corrected")
    session.execute(
        new.on_conflict_do_update(
            index_elements=["line_id", "begins_at"],
            set_={name: new.excluded[name] for name in names},
        ),
        rows,
    )


def _sum(known: Mapping[int, Days]) -> dict[date, Counts]:
    whole: dict[date, Counts] = {}
    for days in known.values():
        for day, counts in days.items():
            whole[day] = whole[day] + counts if day in whole else counts
    return whole


def _array(values: list[float]) -> Counts:
    return np.array(values, dtype=float)
