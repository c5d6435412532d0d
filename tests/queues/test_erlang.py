"""Published figures of both formulas, and what must hold for any line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from queues import erlang

HOUR = 3600


@pytest.mark.parametrize(
    ("arrivals", "handling", "seats", "limit", "p_wait", "share", "asa", "occupancy"),
    [
        (100 / 1800, 180, 14, 20, 0.17413193, 0.88835002, 7.83593701, 0.71428571),
        (1000 / HOUR, 120, 40, 20, 0.190737, 0.937211, 3.433271, 0.833333),
    ],
)
def test_published_figures_of_erlang_c(
    arrivals, handling, seats, limit, p_wait, share, asa, occupancy
):
    found = erlang.erlang_c(arrivals, handling, seats)
    assert found.p_wait == pytest.approx(p_wait, abs=1e-6)
    assert found.mean_wait_s == pytest.approx(asa, abs=1e-5)
    assert found.occupancy == pytest.approx(occupancy, abs=1e-6)
    within = erlang.answered_within(arrivals, handling, seats, limit)
    assert within == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(
    ("seats", "p_wait", "abandon", "wait", "share"),
    [(30, 0.7414, 0.1292, 15.50, 0.5025), (40, 0.1433, 0.0117, 1.41, 0.9584)],
)
def test_published_figures_of_erlang_a(seats, p_wait, abandon, wait, share):
    found = erlang.erlang_a(1000 / HOUR, 120, 120, seats)
    assert found.p_wait == pytest.approx(p_wait, abs=5e-5)
    assert found.abandon_rate == pytest.approx(abandon, abs=5e-5)
    assert found.mean_wait_s == pytest.approx(wait, abs=5e-3)
    # Published to four digits; the exact share for 30 seats is 0.50243.
    assert erlang.served_within(1000 / HOUR, 120, 120, seats, 15) == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize(
    ("an_hour", "needed"),
    [
        (30, (4, 4, 5)),
        (60, (6, 7, 7)),
        (120, (10, 11, 12)),
        (300, (21, 22, 23)),
        (600, (38, 40, 42)),
        (3000, (172, 175, 178)),
        (10_440, (578, 583, 588)),
    ],
)
def test_seats_for_fifteen_seconds(an_hour, needed):
    shares = (0.80, 0.90, 0.95)
    found = tuple(erlang.seats_for(an_hour / HOUR, 195, 15, share) for share in shares)
    assert found == needed


def test_ten_small_lines_need_many_more_seats_than_one_pool():
    assert 10 * erlang.seats_for(60 / HOUR, 195, 15, 0.80) == 60
    assert erlang.seats_for(600 / HOUR, 195, 15, 0.80) == 38


@pytest.mark.parametrize(("seats", "rostered"), [(14, 20), (40, 58)])
def test_who_is_away_is_rostered_too(seats, rostered):
    assert erlang.with_shrinkage(seats, 0.30) == rostered


def test_a_line_that_grows_for_ever_is_refused_by_one_formula_and_served_by_the_other():
    with pytest.raises(ValueError, match="33 seats cannot carry 33.33 erlangs"):
        erlang.erlang_c(1000 / HOUR, 120, 33)
    assert erlang.erlang_a(1000 / HOUR, 120, 120, 33).abandon_rate < 0.1


@settings(deadline=None)
@given(
    load=some.floats(0.5, 200),
    spare=some.floats(1.05, 2),
    limit=some.floats(1, 60),
)
def test_the_more_patient_they_are_the_nearer_the_two_formulas(load, spare, limit):
    seats = int(load * spare) + 1
    patient = erlang.erlang_a(load / 100, 100, 1e7, seats)
    forever = erlang.erlang_c(load / 100, 100, seats)
    assert patient.mean_wait_s == pytest.approx(forever.mean_wait_s, rel=1e-2, abs=1e-3)
    impatient = erlang.erlang_a(load / 100, 100, 30, seats)
    assert impatient.mean_wait_s <= forever.mean_wait_s + 1e-9
    served = erlang.served_within(load / 100, 100, 1e7, seats, limit)
    within = erlang.answered_within(load / 100, 100, seats, limit)
    assert served == pytest.approx(within, abs=1e-2)


@settings(deadline=None)
@given(
    load=some.floats(0.05, 120),
    patience=some.floats(10, 600),
    limit=some.floats(1, 60),
    share=some.floats(0.3, 0.97),
)
def test_the_fewest_seats_are_enough_and_one_fewer_is_not(load, patience, limit, share):
    line = load / 195, 195, patience
    seats = erlang.seats_needed(*line, limit, share)
    assert erlang.served_within(*line, seats, limit) >= share
    assert seats == 1 or erlang.served_within(*line, seats - 1, limit) < share


def test_nobody_is_needed_where_nobody_calls():
    assert erlang.seats_needed(0, 195, 180, 15, 0.8) == 0


def test_impatience_needs_no_more_seats_than_waiting_for_ever():
    for an_hour in (60, 300, 600):
        patient = erlang.seats_for(an_hour / HOUR, 195, 15, 0.80)
        assert erlang.seats_needed(an_hour / HOUR, 195, 180, 15, 0.80) <= patient
