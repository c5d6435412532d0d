"""The wait that is announced: pure figures in, a band of minutes out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from queues.estimate import (
    ENOUGH_PROMISES,
    MINUTES,
    WIDEST,
    Band,
    Estimate,
    Figures,
    Stretch,
    band,
    estimate,
    handling,
    is_surge,
    leaving,
    stretch,
)

PATIENT = 1 / 10_000


def figures(ahead: int, seats: float, head_s: float | None = None, leaving: float = PATIENT):
    return Figures(ahead=ahead, seats=seats, handling_s=200, leaving=leaving, head_s=head_s)


def test_the_next_caller_of_a_big_line_waits_for_the_first_seat_that_comes_free():
    assert estimate(figures(0, 20)).mean_s == pytest.approx(10)
    assert estimate(figures(9, 20)).mean_s == pytest.approx(100, rel=0.02)


def test_callers_who_give_up_shorten_the_wait_of_those_behind():
    patient, hasty = estimate(figures(40, 10)), estimate(figures(40, 10, leaving=1 / 180))
    # 1/(10/200 + k/180) for k = 0..40, summed by hand.
    assert hasty.mean_s == pytest.approx(sum(1 / (0.05 + k / 180) for k in range(41)))
    assert hasty.mean_s < patient.mean_s / 2


def test_a_small_line_listens_to_how_long_its_first_caller_waits():
    alone = estimate(figures(2, 4)).mean_s
    assert estimate(figures(2, 4, head_s=60)).mean_s == pytest.approx((alone + 60) / 2)
    assert estimate(figures(2, 4, head_s=400)).mean_s == pytest.approx((alone + 400) / 2)
    assert estimate(figures(2, 6, head_s=60)).mean_s == estimate(figures(2, 6)).mean_s


def test_a_queue_that_has_just_formed_promises_nobody_half_the_wait():
    # A seat comes free every 50 s.
    assert estimate(figures(2, 4, head_s=20)).mean_s == estimate(figures(2, 4)).mean_s


def test_in_a_surge_a_big_line_listens_to_its_first_caller_too():
    calm, surge = figures(30, 20, head_s=300), replace(figures(30, 20, head_s=300), surge=True)
    assert estimate(surge).mean_s == pytest.approx((estimate(calm).mean_s + 300) / 2)


def test_a_surge_is_more_than_the_seats_can_serve():
    # 20 seats serve 60 talks of 200 s in ten minutes.
    assert not is_surge(60, 600, 20, 200)
    assert is_surge(67, 600, 20, 200)


def test_few_talks_and_few_givings_up_are_held_against_what_is_usual():
    assert handling(400, 0, 200) == 200
    assert handling(400, 20, 200) == 300
    assert leaving(0, 0) == pytest.approx(1 / 180)
    assert leaving(15, 900) == pytest.approx(20 / 1800)


def answered(ratio: float, many: int) -> list[tuple[float, bool]]:
    return [(ratio, True)] * many


def test_whoever_gave_up_would_have_waited_longer():
    """Left out, those who wait longest would make every promise look kept."""
    kept, given_up = answered(0.5, 40) + answered(2.0, 10), [(1.0, False)] * 40
    assert stretch(kept).later == 2.0
    # 50 of the 90 are known; of the 40 who left at 1.0 a share would have come to 2.0 as well.
    assert stretch(answered(0.5, 46) + answered(2.0, 4)).later == 0.5
    assert stretch(answered(0.5, 46) + answered(2.0, 4) + given_up).later == 2.0


def test_no_promise_makes_bands_explode():
    assert stretch(answered(40.0, 30)).later == WIDEST


def test_a_few_broken_promises_tell_nothing_yet():
    assert stretch(answered(9.0, ENOUGH_PROMISES - 1)) == Stretch()
    given_up = [(9.0, False)] * ENOUGH_PROMISES
    assert stretch(answered(9.0, ENOUGH_PROMISES - 1) + given_up) == Stretch()


def test_a_band_is_as_wide_as_promises_turned_out():
    expected = Estimate(100, 30)
    turned_out = stretch(answered(0.5, 30) + answered(1.0, 50) + answered(2.9, 20))
    assert (turned_out.sooner, turned_out.later) == (0.5, 2.9)
    assert band(expected) == Band(1, 3)
    assert band(expected, turned_out) == Band(0, 5)


@given(
    mean=some.floats(1, 5000),
    deviation=some.floats(1, 5000),
    ratios=some.lists(some.tuples(some.floats(0, 50), some.booleans()), max_size=60),
)
def test_promises_that_broke_never_make_a_band_narrower(mean, deviation, ratios):
    plain = band(Estimate(mean, deviation))
    wider = band(Estimate(mean, deviation), stretch(ratios))
    assert wider.low <= plain.low
    assert wider.high is None or (plain.high is not None and wider.high >= plain.high)


def test_the_quantiles_are_those_of_the_distribution():
    # One stage is exponential: 90 % are through after ln 10 means, 20 % after -ln 0.8 means.
    one = Estimate(100, 100)
    assert one.quantile(1.2816) == pytest.approx(230, rel=0.03)
    assert one.quantile(-0.8416) == pytest.approx(22.3, rel=0.1)


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        (Estimate(10, 5), Band(0, 1)),
        (Estimate(100, 30), Band(1, 3)),
        (Estimate(200, 50), Band(2, 5)),
        (Estimate(200, 200), Band(0, 10)),
        (Estimate(900, 100), Band(10, 20)),
        (Estimate(1700, 300), Band(20, None)),
        (Estimate(9000, 300), Band(30, None)),
    ],
)
def test_what_is_told(expected: Estimate, told: Band):
    assert band(expected) == told


@given(
    ahead=some.integers(0, 1500),
    seats=some.floats(0.05, 800),
    handling=some.floats(5, 3600),
    leaving=some.floats(1e-6, 1),
    head=some.none() | some.floats(0, 7200),
)
def test_whatever_the_figures_the_band_is_one_that_can_be_said(
    ahead, seats, handling, leaving, head
):
    told = band(estimate(Figures(ahead, seats, handling, leaving, head)))
    assert told.low in (0, *MINUTES)
    assert told.high is None or told.high in MINUTES
    assert told.high is None or told.high > told.low
    more = band(estimate(Figures(ahead + 1, seats, handling, leaving, None)))
    assert more.low >= band(estimate(Figures(ahead, seats, handling, leaving, None))).low
