"""When a citizen may be rung, and when again."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.localtime import CITY
from models import DialPurpose
from telephony import windows
from telephony.windows import RulesInvalid, all_rules

FOLLOW_UP = all_rules()[DialPurpose.FOLLOW_UP]
CALLBACK = all_rules()[DialPurpose.CALLBACK]
GOOD = windows.FILE.read_text(encoding="utf-8")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=CITY)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("02 08:59", False), ("02 09:00", True), ("02 11:59", True), ("02 12:00", False),
        ("02 13:59", False), ("02 14:00", True), ("02 19:59", True), ("02 20:00", False),
    ],
)  # fmt: skip
def test_quiet_hours_are_quiet(moment, open_):
    assert FOLLOW_UP.open_at(at(moment)) is open_


@pytest.mark.parametrize(
    ("earliest", "tried", "expected"),
    [
        ("02 09:30", [], "02 09:30"),
        ("02 03:00", [], "02 09:00"),
        ("02 12:30", [], "02 14:00"),
        ("02 19:57", [], "03 09:00"),
        ("02 22:00", [], "03 09:00"),
        # Two hours later at the earliest.
        ("02 09:31", ["02 09:30"], "02 11:30"),
        ("02 10:31", ["02 10:30"], "02 14:00"),
        # Twice a day, then another day, at an hour that was not tried.
        ("02 11:31", ["02 09:30", "02 11:30"], "03 10:00"),
        ("02 14:01", ["02 10:30", "02 14:00"], "03 09:00"),
    ],
)
def test_the_next_time_lies_in_a_window_at_another_hour(earliest, tried, expected):
    assert FOLLOW_UP.next_time(at(earliest), [at(one) for one in tried]) == at(expected)


def test_a_callback_is_tried_again_in_minutes():
    assert CALLBACK.next_time(at("02 10:00"), [at("02 10:00")]) == at("02 10:05")


@given(
    st.integers(0, 300 * 24 * 60),
    st.lists(st.integers(0, 72 * 60), max_size=3),
)
def test_it_never_rings_outside_a_window_nor_too_often_a_day(earliest, before):
    start = at("02 00:00") + timedelta(minutes=earliest)
    tried = [start - timedelta(minutes=minutes) for minutes in before]
    found = FOLLOW_UP.next_time(start, tried)
    assert found >= start and FOLLOW_UP.open_at(found)
    same_day = [one for one in tried if one.date() == found.astimezone(CITY).date()]
    assert len(same_day) < FOLLOW_UP.per_day
    assert all(found - one >= timedelta(minutes=FOLLOW_UP.gap_minutes) for one in tried)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("attempts = ", "dialling.toml"),
        (GOOD.replace("[relay]", "[relais]"), "exactly the tables"),
        (GOOD.replace("per_day = 2", "per_week = 2"), "needs exactly"),
        (GOOD.replace("attempts = 1", "attempts = 0"), "at least 1"),
        (GOOD.replace("gap_minutes = 0", "gap_minutes = -5"), "gap_minutes"),
        (GOOD.replace("detect_machines = false", "detect_machines = 1"), "detect_machines"),
        (GOOD.replace('["08:00-22:00"]', "8"), "windows ="),
        (GOOD.replace('["08:00-22:00"]', "[]"), "windows ="),
        (GOOD.replace("08:00-22:00", "8-20"), "09:00-12:00"),
        (GOOD.replace("08:00-22:00", "08:00-25:00"), "09:00-12:00"),
        (GOOD.replace("08:00-22:00", "22:00-08:00"), "ends before it begins"),
    ],
)
def test_rules_that_cannot_be_used_are_refused_by_name(wrong, why):
    with pytest.raises(RulesInvalid, match=why):
        windows.read(wrong)
