"""Adherence beside a count of minutes, one by one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from workforce.adherence import GRACE, Stretch, measure, together

BEGIN = datetime(2026, 11, 30, 1, tzinfo=UTC)
LENGTH = 480


def minutes(first: int, last: int) -> Stretch:
    return Stretch(BEGIN + timedelta(minutes=first), BEGIN + timedelta(minutes=last))


def cut(points: list[int]) -> list[Stretch]:
    """Stretches that do not overlap, from points in their order."""
    ordered = sorted(set(points))
    return [minutes(a, b) for a, b in zip(ordered[::2], ordered[1::2], strict=False)]


@settings(deadline=None)
@given(
    rest_points=some.lists(some.integers(0, LENGTH), max_size=6),
    work_points=some.lists(some.integers(-200, LENGTH + 200), max_size=12),
    until=some.integers(-30, LENGTH + 60),
)
def test_minute_by_minute_it_is_the_same(rest_points, work_points, until):
    rests, worked = cut(rest_points), cut(work_points)
    found = measure(minutes(0, LENGTH), rests, worked, BEGIN + timedelta(minutes=until))

    def lies_in(stretches: list[Stretch], minute: int) -> bool:
        at = BEGIN + timedelta(minutes=minute)
        return any(one.begins <= at < one.ends for one in stretches)

    counted = range(max(0, min(LENGTH, until)))
    accord = [n for n in counted if lies_in(worked, n) != lies_in(rests, n)]
    present = [n for n in counted if lies_in(worked, n)]
    assert found.scheduled == timedelta(minutes=len(counted))
    assert found.accord == timedelta(minutes=len(accord) if present else 0)
    assert found.absent == (not present)
    late = timedelta(minutes=present[0] if present else len(counted))
    assert found.late == (late if late > GRACE else None)


@pytest.mark.parametrize(
    ("first", "late"),
    [(0, None), (3, None), (4, timedelta(minutes=4)), (90, timedelta(minutes=90))],
)
def test_a_few_minutes_are_on_time(first, late):
    found = measure(minutes(0, LENGTH), [], [minutes(first, LENGTH)], minutes(0, LENGTH).ends)
    assert found.late == late and not found.absent


def test_who_works_through_his_break_is_not_in_accord_with_it():
    whole = minutes(0, LENGTH)
    kept = measure(whole, [minutes(240, 270)], [minutes(0, 240), minutes(270, LENGTH)], whole.ends)
    through = measure(whole, [minutes(240, 270)], [whole], whole.ends)
    assert kept.share == 1.0
    assert through.share == pytest.approx(450 / 480)


def test_of_several_shifts_the_minutes_are_added():
    whole = minutes(0, LENGTH)
    full = measure(whole, [], [whole], whole.ends)
    none = measure(minutes(0, 120), [], [], whole.ends)
    assert together([full, none]).share == pytest.approx(480 / 600)
    assert together([full, none]).late == timedelta(minutes=120)
    assert measure(whole, [], [], BEGIN).share is None


@pytest.mark.parametrize(
    ("recovered", "scheduled", "accord", "told"),
    [
        # In mid-shift: of 480 minutes 10 are nobody's.
        ((100, 110), 470, 470, 10),
        # Within a planned break it is that break.
        ((240, 250), 480, 480, 0),
        ((260, 280), 470, 470, 10),
        # What lies outside the shift is not the shift's.
        ((475, 500), 475, 475, 5),
    ],
)
def test_a_rest_after_a_distressing_call_is_neither_for_nor_against_him(
    recovered, scheduled, accord, told
):
    whole, rest, rests = minutes(0, LENGTH), minutes(240, 270), minutes(*recovered)
    away = sorted([(240, 270), recovered])
    worked, at = [], 0
    for first, last in away:
        worked.append(minutes(at, max(at, first)))
        at = max(at, last)
    worked.append(minutes(at, max(at, LENGTH)))
    kept = measure(whole, [rest], worked, whole.ends, [rests])
    found = tuple(round(one / timedelta(minutes=1)) for one in (kept.scheduled, kept.accord))
    assert found == (scheduled, accord) and kept.recovered == timedelta(minutes=told)
    assert not kept.absent and together([kept, kept]).recovered == 2 * kept.recovered
