"""How many asked for a person in each half-hour of each line, kept once the half-hour is over."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session, transaction
from infra.localtime import local, start_of_day
from models import Call, Direction, HalfHour, Line
from models.shift import HALF_HOUR
from workforce.forecasting import REMEMBERED, SLOTS, Counts

# Of a call that began before the half-hour in which it asked for a person.
LONGEST_MENU = timedelta(hours=1)
# Calls that the carrier told of late are counted by counting the last half-hours again.
AGAIN = 3 * HALF_HOUR
AT_ONCE = timedelta(days=1)
EPOCH = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def half_hour_of(moment: datetime) -> datetime:
    """When the half-hour began that ``moment`` lies in."""
    return moment - (moment - EPOCH) % HALF_HOUR


def count() -> None:
    """Count what is over and not counted yet, a day at a time, each in its own transaction."""
    until = half_hour_of(now())
    with transaction():
        begin = _first_uncounted()
    while begin is not None and begin < until:
        end = min(begin + AT_ONCE, until)
        with transaction():
            _keep(begin, end)
        begin = end


def so_far(line_id: int | None) -> int:
    """Who came in the half-hour that is running."""
    begin = half_hour_of(now())
    counted = _counted(begin, begin + HALF_HOUR)
    return sum(many for (line, _), many in counted.items() if line_id in (None, line))


def history(until: datetime) -> dict[int, dict[date, Counts]]:
    """Line -> day of the city -> counts by slot, of whole days before ``until``."""
    rows = session.execute(
        select(HalfHour.line_id, HalfHour.begins_at, HalfHour.arrived).where(
            HalfHour.begins_at >= until - REMEMBERED,
            HalfHour.begins_at < until,
            HalfHour.arrived.is_not(None),
        )
    )
    found: dict[int, dict[date, Counts]] = {}
    for line_id, begins, arrived in rows:
        days = found.setdefault(line_id, {})
        counts = days.setdefault(local(begins).date(), np.zeros(SLOTS))
        counts[slot_of(begins)] = arrived
    return found


def slot_of(moment: datetime) -> int:
    here = local(moment)
    return here.hour * 2 + here.minute // 30


def _first_uncounted() -> datetime | None:
    """From the first call on, as far back as a forecast looks; None: nobody has called yet."""
    last = session.scalar(select(func.max(HalfHour.begins_at)).where(HalfHour.arrived.is_not(None)))
    if last is not None:
        return last + HALF_HOUR - AGAIN
    first = session.scalar(
        select(func.min(Call.started_at)).where(Call.started_at >= now() - REMEMBERED)
    )
    return start_of_day(first) if first is not None else None


def _keep(begin: datetime, end: datetime) -> None:
    """Also that nobody came: a line without a row is one that was not counted."""
    counted = _counted(begin, end)
    lines = session.scalars(select(Line.id).order_by(Line.id)).all()
    rows = [
        {"line_id": line, "begins_at": at, "arrived": counted.get((line, at), 0)}
        for line in lines
        for at in _half_hours(begin, end)
    ]
    if rows:
        new = insert(HalfHour)
        session.execute(
            new.on_conflict_do_update(
                index_elements=["line_id", "begins_at"],
                # What was counted once is not taken back: who was told of late is only added.
                set_={"arrived": func.greatest(HalfHour.arrived, new.excluded.arrived)},
            ),
            rows,
        )


def _half_hours(begin: datetime, end: datetime) -> list[datetime]:
    return [begin + n * HALF_HOUR for n in range((end - begin) // HALF_HOUR)]


def _counted(begin: datetime, end: datetime) -> Mapping[tuple[int, datetime], int]:
    slot = func.date_bin(HALF_HOUR, Call.person_due_at, EPOCH)
    rows = session.execute(
        select(Call.line_id, slot, func.count())
        .where(
            Call.started_at >= begin - LONGEST_MENU,
            Call.started_at < end,
            Call.person_due_at >= begin,
            Call.person_due_at < end,
            Call.direction == Direction.IN,
            Call.line_id.is_not(None),
        )
        .group_by(Call.line_id, slot)
    )
    return {(line, at): many for line, at, many in rows}
