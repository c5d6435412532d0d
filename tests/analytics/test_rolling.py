"""接通率 of any 24 hours: what is, and what the windows that end later will be."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.rolling import HOUR, Counted, foresee, outlook
from infra.clock import now
from infra.db import session
from models import Call, CallStatus, Direction, Disposition
from tests.places import a_line

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def a_day(asked: int, answered: int, until: datetime = NOON) -> dict[datetime, Counted]:
    """The 24 hours before, each alike."""
    return {until - n * HOUR: Counted(asked, answered) for n in range(1, 25)}


def test_a_day_like_the_one_before_stays_what_it_was():
    seen = foresee(NOON, a_day(100, 96), Counted(2400, 2304), 0.96)
    assert [one.expected for one in seen.windows] == pytest.approx([0.96] * 6)
    assert not any(one.below for one in seen.windows)
    last = seen.telling
    assert last.ends_at == NOON + 6 * HOUR
    # 2400 calls, 120 may be lost, 72 of the known ones are: 552 of 600.
    assert (last.coming, last.needed, last.may_be_lost) == (600, 552, 48)


def test_a_bad_pace_says_when_the_goal_is_lost_and_what_would_keep_it():
    seen = foresee(NOON, a_day(100, 96), Counted(2400, 2304), 0.8)
    assert [round(one.expected, 4) for one in seen.windows[:2]] == [0.9533, 0.9467]
    assert seen.telling.ends_at == NOON + 2 * HOUR
    assert (seen.telling.needed, seen.telling.reachable) == (168, True)


def test_what_cannot_be_reached_any_more_is_said():
    hours = a_day(100, 80)
    seen = foresee(NOON, hours, Counted(2400, 1920), 1.0)
    assert seen.telling.below and not seen.telling.reachable


def test_of_the_hour_under_way_only_the_rest_is_still_to_come():
    hours = a_day(100, 100) | {NOON: Counted(30, 15)}
    seen = foresee(NOON + HOUR / 2, hours, Counted(2380, 2365), 1.0)
    first = seen.windows[0]
    # The hour of yesterday that leaves it had 100 calls: half of it is yet to come.
    assert (first.ends_at, first.coming) == (NOON + HOUR, 50)
    assert first.known == Counted(23 * 100 + 30, 23 * 100 + 15)


def test_nothing_is_foreseen_of_nothing():
    seen = foresee(NOON, {}, Counted(), None)
    assert (seen.present.rate, seen.windows, seen.telling) == (None, [], None)


def a_call(serial: int, ago: timedelta, answered: bool, **known: object) -> None:
    at = now() - ago
    session.add(
        Call(
            **{
                "sid": f"CA{serial}",
                "number_masked": "-",
                "started_at": at,
                "person_due_at": at,
                "answered_at": at if answered else None,
                "status": CallStatus.ENDED,
                "ended_at": at,
                "disposition": Disposition.ANSWERED if answered else Disposition.ABANDONED,
                **known,
            }
        )
    )


def test_the_window_is_of_24_hours_on_end_and_not_of_a_day(app, time):
    a_line()
    a_call(1, timedelta(hours=24), True)
    a_call(2, timedelta(hours=24, seconds=1), False)
    a_call(3, timedelta(hours=3), False)
    a_call(4, timedelta(minutes=1), True, disposition=Disposition.CALLBACK, answered_at=None)
    a_call(5, timedelta(minutes=1), True, direction=Direction.OUT)
    a_call(6, timedelta(minutes=1), False, person_due_at=None, disposition=Disposition.LEFT_EARLY)
    session.flush()
    seen = outlook()
    assert seen.present == Counted(3, 1)
    # Too few called within the hour for a pace of its own.
    assert seen.pace == pytest.approx(1 / 3)
