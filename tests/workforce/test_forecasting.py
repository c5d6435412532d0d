"""What a forecast knows and what it must not know: weekday, holiday, trend, the day's own calls."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from workforce import forecasting
from workforce.forecasting import SLOTS, Forecast, TooLittleKnown, forecast, ordinary

MONDAY = date(2026, 3, 23)
WEEK = (1.3, 1.1, 1.0, 1.0, 0.95, 0.6, 0.5)


def busy_by_day() -> np.ndarray:
    return np.array([0.2] * 16 + [3.0] * 8 + [1.5] * 12 + [0.5] * 12)


def past(
    days: int, *, until: date = MONDAY, growth: float = 0.0, level: float = 10.0, works=ordinary
):
    """Days without chance: a week's rhythm, what the calendar says, and what grows."""
    known = {}
    for ago in range(days, 0, -1):
        day = until - timedelta(days=ago)
        share = WEEK[day.weekday()] if works(day) == ordinary(day) else WEEK[6] * 0.8
        known[day] = busy_by_day() * 10 * share * (1 + growth) ** (days - ago)
    return known


@pytest.mark.parametrize("ahead", range(7))
def test_the_week_has_its_rhythm_and_the_day_its_shape(ahead):
    day = MONDAY + timedelta(days=ahead)
    told = forecast(past(90), day, ordinary)
    expected = busy_by_day() * 10 * WEEK[day.weekday()]
    assert told.total == pytest.approx(expected.sum(), rel=0.06)
    assert told.slots / told.total == pytest.approx(expected / expected.sum(), rel=0.01)


def test_what_grows_goes_on_growing():
    known = past(90, growth=0.005)
    told = forecast(known, MONDAY, ordinary).total
    assert told == pytest.approx(busy_by_day().sum() * 10 * WEEK[0] * 1.005**90, rel=0.05)
    mondays = [known[MONDAY - timedelta(days=7 * n)].sum() for n in range(1, 12)]
    assert told > 1.1 * np.mean(mondays)


def test_a_holiday_is_no_monday_and_the_day_after_is_one():
    rests = {MONDAY - timedelta(days=weeks * 7) for weeks in (3, 6, 9)} | {MONDAY}

    def works(day: date) -> bool:
        return ordinary(day) and day not in rests

    known = past(90, works=works)
    holiday = forecast(known, MONDAY, works).total
    assert holiday == pytest.approx(busy_by_day().sum() * 10 * WEEK[6] * 0.8, rel=0.15)
    after = {**known, MONDAY: busy_by_day() * 4}
    tuesday = forecast(after, MONDAY + timedelta(days=1), works).total
    assert tuesday > forecast(past(91, until=MONDAY + timedelta(days=1)),
                              MONDAY + timedelta(days=1), ordinary).total  # fmt: skip


def test_a_saturday_that_is_worked_is_no_saturday():
    saturday = MONDAY + timedelta(days=5)

    def works(day: date) -> bool:
        return ordinary(day) or day == saturday

    told = forecast(past(90, until=saturday), saturday, works).total
    assert told > 1.5 * forecast(past(90, until=saturday), saturday, ordinary).total


def test_nothing_of_the_day_itself_or_later_is_looked_at():
    known = past(60)
    later = {MONDAY + timedelta(days=n): np.full(SLOTS, 9999.0) for n in range(30)}
    assert forecast({**known, **later}, MONDAY, ordinary).slots == pytest.approx(
        forecast(known, MONDAY, ordinary).slots
    )


def test_days_on_which_nothing_was_counted_are_no_days():
    known = past(60)
    dead = MONDAY - timedelta(days=4)
    told = forecast({**known, dead: np.zeros(SLOTS)}, MONDAY, ordinary)
    del known[dead]
    assert told.slots == pytest.approx(forecast(known, MONDAY, ordinary).slots)


def test_of_a_fortnight_too_few_days_nothing_is_told():
    with pytest.raises(TooLittleKnown, match="13 days are known, not 14"):
        forecast(past(13), MONDAY, ordinary)
    assert forecast(past(14), MONDAY, ordinary).total > 0


def test_what_has_come_corrects_what_is_left():
    told = Forecast(np.full(SLOTS, 20.0), spread=0.2)
    known = [30.0] * 10
    corrected = told.corrected(known)
    assert list(corrected[:10]) == known
    # (1 / 0.2² + 300) / (1 / 0.2² + 200)
    assert corrected[10:] == pytest.approx(np.full(38, 20 * 325 / 225))
    assert told.corrected([]) == pytest.approx(told.slots)


@settings(max_examples=30, deadline=None)
@given(
    counts=some.lists(some.lists(some.integers(0, 500), min_size=SLOTS, max_size=SLOTS),
                      min_size=20, max_size=40),
    ahead=some.integers(0, 13),
)  # fmt: skip
def test_whatever_was_counted_a_forecast_is_a_number_that_can_be(counts, ahead):
    known = {MONDAY - timedelta(days=n + 1): one for n, one in enumerate(counts)}
    if sum(sum(one) > 0 for one in counts) < forecasting.FEWEST:
        return
    told = forecast(known, MONDAY + timedelta(days=ahead), ordinary)
    assert np.isfinite(told.slots).all() and (told.slots >= 0).all()
    assert told.spread >= forecasting.LEAST_SPREAD
