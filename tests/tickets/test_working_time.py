"""Working days and hours: the official calendar's own cases, and what must hold for any."""

from datetime import UTC, date, datetime, time, timedelta

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from infra.localtime import CITY, local
from tickets.working_time import Limit, LimitInvalid, Measure, NoWorkingDay, WorkCalendar

CHINA = holidays.country_holidays("CN", years=range(2024, 2028))
OFFICIAL = WorkCalendar(CHINA.is_working_day)
WEEKS = WorkCalendar(lambda day: day.weekday() < 5)
HALF_WEEKS = WorkCalendar(WEEKS.works, half=lambda day: day.day % 5 == 0)


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        # Days are counted from the next working day, and end when the offices close.
        ("2026-02-13 10:00", "1 wd", "2026-02-14 18:00"),  # a Saturday worked in exchange
        ("2026-02-13 10:00", "5 wd", "2026-02-27 18:00"),  # over the Spring Festival
        ("2026-09-30 23:59", "5 wd", "2026-10-13 18:00"),  # over the National Day
        ("2026-09-18 00:00", "5 wd", "2026-09-24 18:00"),  # a Sunday worked in exchange
        ("2026-01-02 12:00", "1 wd", "2026-01-04 18:00"),  # dispatched on a holiday
        ("2025-12-31 17:00", "1 wd", "2026-01-04 18:00"),  # over the end of a year
        # Hours run while offices are open, noon left out.
        ("2026-03-02 09:00", "3 wh", "2026-03-02 12:00"),
        ("2026-03-02 09:00", "4 wh", "2026-03-02 14:30"),
        ("2026-03-02 11:30", "1 wh", "2026-03-02 14:00"),
        ("2026-03-02 17:00", "4 wh", "2026-03-03 14:00"),
        ("2026-03-06 20:00", "1 wh", "2026-03-09 10:00"),  # Friday night to Monday
        ("2026-02-13 17:00", "1 wh", "2026-02-14 09:30"),
        # Minutes know no rest.
        ("2026-02-17 03:00", "30 min", "2026-02-17 03:30"),
        ("2026-12-31 23:50", "30 min", "2027-01-01 00:20"),
    ],
)
def test_a_limit_is_over_when_the_calendar_says(start, limit, due):
    assert OFFICIAL.due(city(start), Limit.parse(limit)) == city(due)


HALF = date(2026, 2, 16)
WITH_A_HALF = WorkCalendar(
    lambda day: day == HALF or CHINA.is_working_day(day), half=lambda day: day == HALF
)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-02-14 10:00", "1 wd", "2026-02-16 12:00"),  # it counts as a day, and ends at noon
        ("2026-02-14 10:00", "2 wd", "2026-02-24 18:00"),  # what ends on another day is not moved
        ("2026-02-16 11:00", "1 wh", "2026-02-16 12:00"),
        ("2026-02-16 11:00", "2 wh", "2026-02-24 10:00"),  # over the holidays, no afternoon
        ("2026-02-16 14:00", "1 wh", "2026-02-24 10:00"),  # dispatched when it was over
        ("2026-02-14 17:00", "4 wh", "2026-02-24 09:30"),
        ("2026-02-16 13:00", "30 min", "2026-02-16 13:30"),
    ],
)
def test_on_a_half_day_the_morning_is_worked(start, limit, due):
    assert WITH_A_HALF.due(city(start), Limit.parse(limit)) == city(due)


@pytest.mark.parametrize("text", ["", "5", "0 wd", "-1 wd", "5 days", "1.5 wh", "五 wd", "wd 5"])
def test_what_is_no_limit_is_refused(text):
    with pytest.raises(LimitInvalid):
        Limit.parse(text)


def test_a_limit_reads_back_as_it_was_written():
    assert str(Limit.parse("5 wd")) == "5 wd"


def test_a_calendar_without_working_days_is_said_to_be_broken():
    with pytest.raises(NoWorkingDay):
        WorkCalendar(lambda _day: False).due(city("2026-03-02 09:00"), Limit.parse("1 wd"))


# Every fifth day of a month, where it is worked.
HALVES = WorkCalendar(CHINA.is_working_day, half=lambda day: day.day % 5 == 0)
BEGIN = datetime(2024, 1, 2, tzinfo=UTC)
moments = some.integers(0, 1_480_000).map(lambda minutes: BEGIN + timedelta(minutes=minutes))
days = some.integers(1, 30)


@given(some.sampled_from([OFFICIAL, HALVES]), moments, days)
def test_days_end_on_a_working_day_and_agree_with_counting_them_one_by_one(kept, start, number):
    due = kept.due(start, Limit(number, Measure.WORKING_DAYS))
    day, counted = local(start).date(), 0
    while counted < number:
        day += timedelta(days=1)
        counted += CHINA.is_working_day(day)
    assert local(due).date() == day and CHINA.is_working_day(day)
    assert local(due).time() == (time(12) if kept.half(day) else time(18))


@given(some.sampled_from([OFFICIAL, HALVES]), moments, moments, days, days)
def test_more_time_or_a_later_start_is_never_over_earlier(kept, one, other, few, more):
    few, more = sorted((few, more))
    early, late = sorted((one, other))
    for measure in (Measure.WORKING_DAYS, Measure.WORKING_HOURS):
        assert kept.due(early, Limit(few, measure)) <= kept.due(early, Limit(more, measure))
        assert kept.due(early, Limit(few, measure)) <= kept.due(late, Limit(few, measure))


@settings(deadline=None)
@given(some.sampled_from([WEEKS, HALF_WEEKS]), moments, some.integers(1, 60))
def test_working_hours_are_counted_minute_by_minute(kept, start, hours):
    due = kept.due(start, Limit(hours, Measure.WORKING_HOURS))
    open_minutes = sum(
        _open(kept, start + timedelta(minutes=n))
        for n in range(int((due - start) / timedelta(minutes=1)) + 1)
    )
    assert abs(open_minutes - hours * 60) <= 2


def _open(kept: WorkCalendar, moment: datetime) -> bool:
    there = local(moment)
    hours = kept.hours[:1] if kept.half(there.date()) else kept.hours
    inside = any(opens <= there.time() < shuts for opens, shuts in hours)
    return inside and there.weekday() < 5


@given(some.sampled_from([OFFICIAL, HALVES]), moments, moments, some.integers(1, 5))
def test_what_is_long_past_is_found_without_asking_each(kept, due, at, number):
    past = kept.due(due, Limit(number, Measure.WORKING_DAYS)) <= at
    assert (due < kept.over_for(at, number)) is past


def test_the_calendar_of_a_city_may_keep_other_hours():
    short = WorkCalendar(lambda day: day != date(2026, 3, 3), hours=((WEEKS.hours[0]),))
    assert short.due(city("2026-03-02 11:00"), Limit.parse("2 wh")) == city("2026-03-04 10:00")
