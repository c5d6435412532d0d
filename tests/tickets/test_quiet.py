"""Quiet hours by table: inside them the morning, outside the moment itself."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.localtime import CITY
from tickets.quiet import after

DAY = date(2026, 3, 2)
NIGHT = (time(22), time(7))


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), CITY)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        (at("21:59:59"), NIGHT, at("21:59:59")),
        (at("22:00"), NIGHT, at("07:00", DAY + timedelta(days=1))),
        (at("00:00"), NIGHT, at("07:00")),
        (at("06:59:59"), NIGHT, at("07:00")),
        (at("07:00"), NIGHT, at("07:00")),
        (at("12:00"), NIGHT, at("12:00")),
        (at("12:30"), (time(12), time(14)), at("14:00")),
        (at("14:00"), (time(12), time(14)), at("14:00")),
        (at("23:00"), (time(12), time(14)), at("23:00")),
        (at("03:00"), (time(8), time(8)), at("03:00")),
    ],
)
def test_when_it_may_be_told(moment, hours, expected):
    assert after(moment, *hours) == expected


TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))


MINUTES = st.integers(0, 366 * 1440).map(lambda one: at("00:00") + timedelta(minutes=one))


@given(MINUTES, TIMES, TIMES)
def test_it_is_never_earlier_never_a_day_later_and_then_holds(moment, begins, ends):
    told = after(moment, begins, ends)
    assert timedelta() <= told - moment < timedelta(days=1)
    assert after(told, begins, ends) == told
