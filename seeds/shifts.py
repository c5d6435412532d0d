"""Shifts of the demo city, who kept to them, and eight weeks of arrivals: a past for its forecast.

The arrivals are drawn from the shape that the city's file tells, with a seed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.sql import exists

from infra.clock import now
from infra.db import session
from infra.localtime import local, midnight
from models import (
    Activity,
    Desired,
    HalfHour,
    Line,
    Seat,
    SeatStretch,
    Shift,
    ShiftBreak,
    ShiftKind,
    StaffMember,
)
from models.shift import HALF_HOUR
from seeds.city import City
from tickets.calendar import calendar
from workforce import expecting, rostering
from workforce.arrivals import half_hour_of

ONE_DAY = timedelta(days=1)


def plant(folder: Path) -> None:
    """Once: a city that has shifts or counted half-hours already is left alone."""
    told = City(folder).read("shifts")
    if not told:
        return
    if not session.scalar(select(exists(select(HalfHour.line_id)))):
        _arrivals(told["arrivals"])
        expecting.expect()
        expecting.correct()
    if not session.scalar(select(exists(select(Shift.id)))):
        _shifts(told["shifts"], int(told["weeks"]))


def _arrivals(told: Mapping[str, Any]) -> None:
    """Whole days, and of today what is over."""
    dice = Random(12345)
    lines = {one.code: one.id for one in session.scalars(select(Line))}
    today, until = local(now()).date(), half_hour_of(now())
    works = calendar().works
    for ago in range(int(told["days"]), -1, -1):
        day = today - ago * ONE_DAY
        level = _level(told, day, works(day)) * dice.gauss(1, told["spread"])
        rows: list[dict[str, Any]] = []
        for code, share in told["shares"].items():
            rows += _of_day(day, lines[code], level * share, told["hours"], until, dice)
        # Day by day: a slow machine may not think for too long within a transaction.
        if rows:
            session.execute(insert(HalfHour), rows)


def _level(told: Mapping[str, Any], day: date, works: bool) -> float:
    """Calls of a day; who is free calls less."""
    share = told["weekdays"][day.weekday()] if works else told["free"]
    return float(told["calls_a_day"] * share)


def _of_day(
    day: date, line: int, calls: float, hours: Sequence[float], until: datetime, dice: Random
) -> list[dict[str, Any]]:
    first, whole = midnight(day), sum(hours) * 2
    found = []
    for slot in range(48):
        at = first + slot * HALF_HOUR
        if at >= until:
            break
        expected = max(0.0, calls) * hours[slot // 2] / whole
        came = max(0, round(dice.gauss(expected, math.sqrt(expected))))
        found.append({"line_id": line, "begins_at": at, "arrived": came})
    return found


def _shifts(told: Sequence[Mapping[str, Any]], weeks: int) -> None:
    """Last week's and the next ones', with their breaks; who had one before now was there."""
    wanted = select(StaffMember.login, Seat).join(Seat, Seat.staff_id == StaffMember.id)
    staff = {login: seat for login, seat in session.execute(wanted)}  # noqa: C416 (typed rows)
    monday = rostering.monday_of(local(now()).date()) - timedelta(days=7)
    dice = Random(12345)
    for one in told:
        for login in one["agents"]:
            for week in range(weeks):
                for weekday in one["weekdays"]:
                    day = monday + timedelta(days=7 * week + weekday - 1)
                    shift = _shift(one, staff[login], day)
                    session.add(shift)
                    session.add_all(_stretches(shift, dice))
    session.flush()


def _shift(told: Mapping[str, Any], seat: Seat, day: date) -> Shift:
    begins, ends = rostering.on(day, _time(told["begins"]), _time(told["ends"]))
    breaks = rostering.rests(begins, [(_time(a), _time(b)) for a, b in told["breaks"]])
    return Shift(
        staff_id=seat.staff_id,
        kind=ShiftKind(told["kind"]),
        begins_at=begins,
        ends_at=ends,
        made_at=now(),
        breaks=[ShiftBreak(begins_at=first, ends_at=last) for first, last in breaks],
    )


def _stretches(shift: Shift, dice: Random) -> Iterator[SeatStretch]:
    """One in ten comes late; what is left of a shift at this moment nobody is there for."""
    late = timedelta(minutes=dice.choice((5, 9, 20)) if dice.random() < 0.1 else dice.random())
    begin = shift.begins_at + late
    if not shift.on_the_telephone:
        return
    for rest in (*shift.breaks, None):
        end = min(now(), rest.begins_at if rest else shift.ends_at)
        if end > begin:
            yield SeatStretch(
                agent_id=shift.staff_id,
                desired=Desired.READY,
                activity=Activity.IDLE,
                began_at=begin,
                ended_at=end,
                here_until=end,
            )
        begin = rest.ends_at + timedelta(minutes=dice.random()) if rest else end


def _time(text: str) -> time:
    return time.fromisoformat(text)
