"""When a line is open: around the clock, or by its hours, the holidays, and a lead's word."""

from datetime import datetime, time
from enum import StrEnum

from infra.db import session
from infra.localtime import local
from models import Line, WorkDay

WEEKEND = 6
MONDAY = 1
NOON = time(12)


class Shut(StrEnum):
    """Why a line takes nobody in now."""

    MANUAL = "manual"
    HOURS = "hours"
    HOLIDAY = "holiday"


def shut(line: Line, at: datetime) -> Shut | None:
    if line.closed_since is not None:
        return Shut.MANUAL
    here = local(at)
    weekday, until_noon = here.isoweekday(), False
    if line.rests_on_holidays:
        day = session.get(WorkDay, here.date())
        if day is not None and _is_free(day, weekday):
            return Shut.HOLIDAY
        if day is not None and day.works and weekday >= WEEKEND:
            # Worked in exchange for a holiday: like a Monday.
            weekday = MONDAY
        until_noon = day is not None and day.half
    if until_noon and here.time() >= NOON:
        return Shut.HOLIDAY
    return None if within_hours(line.hours, weekday, here.time()) else Shut.HOURS


def within_hours(hours: dict[str, list[str]] | None, weekday: int, at: time) -> bool:
    """``24:00`` ends a day; a day that is not named has no hours."""
    if hours is None:
        return True
    begins, ends = hours.get(str(weekday), ["", ""])
    return begins <= at.strftime("%H:%M") < ends


def _is_free(day: WorkDay, weekday: int) -> bool:
    """A holiday: an ordinary weekend has hours of its own, or none."""
    return not day.works and (weekday < WEEKEND or bool(day.name))
