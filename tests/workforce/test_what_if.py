"""The small simulation beside Erlang's formulas, and what more seats must do."""

import pytest

from queues import erlang
from workforce import what_if
from workforce.what_if import Scene, play

LONG = 48


@pytest.mark.parametrize(("seats", "patience"), [(10, 120.0), (12, 180.0), (14, 60.0)])
def test_of_a_steady_line_it_tells_what_erlang_a_tells(monkeypatch, seats, patience):
    """Its talks are lognormal; with the usual spread that changes little, with exponential ones
    the formula is exact, so they are made as wide."""
    monkeypatch.setattr(what_if, "TALK_SPREAD", 1.0)
    scene = Scene([100.0] * LONG, [seats] * LONG, 195.0, patience, 15.0)
    found = play(scene)
    line = 100 / 1800, 195.0, patience, seats
    expected = erlang.served_within(*line, 15.0)
    assert found.service_level.value == pytest.approx(expected, abs=0.03)
    assert found.abandon_rate.value == pytest.approx(erlang.erlang_a(*line).abandon_rate, abs=0.02)
    assert found.mean_wait_s.value == pytest.approx(erlang.erlang_a(*line).mean_wait_s, rel=0.2)
    assert found.occupancy.value == pytest.approx(erlang.erlang_a(*line).occupancy, abs=0.03)


def test_more_seats_serve_more_and_longer_talks_fewer():
    usual = Scene([60.0] * 8, [6] * 8, 195.0, 180.0, 15.0)
    more = Scene([60.0] * 8, [8] * 8, 195.0, 180.0, 15.0)
    longer = Scene([60.0] * 8, [6] * 8, 260.0, 180.0, 15.0)
    level = play(usual).service_level
    assert play(more).service_level.value > level.value + level.margin
    assert play(longer).service_level.value < level.value - level.margin


def test_the_same_seed_plays_the_same():
    scene = Scene([30.0, 50.0], [4, 6], 195.0, 180.0, 15.0)
    assert play(scene, 7) == play(scene, 7) != play(scene, 8)


def test_without_seats_everybody_gives_up_and_without_calls_nothing_happens():
    found = play(Scene([20.0] * 4, [0] * 4, 195.0, 60.0, 15.0))
    assert (found.service_level.value, found.abandon_rate.value) == (0.0, 1.0)
    assert found.mean_wait_s.value == pytest.approx(60, rel=0.15)
    assert play(Scene([0.0] * 4, [3] * 4, 195.0, 60.0, 15.0)).service_level.value == 0.0


def test_seats_that_come_at_noon_serve_who_still_waits():
    scene = Scene([30.0, 30.0], [0, 20], 120.0, 100_000.0, 15.0)
    found = play(scene)
    assert found.abandon_rate.value == pytest.approx(0.0, abs=0.01)
    assert 0.4 < found.service_level.value < 0.6
