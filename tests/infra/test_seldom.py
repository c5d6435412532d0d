"""What fails each second does not fill the log, and is not forgotten either."""

from itertools import pairwise

import pytest

from emulator.timeline import Timeline
from infra import seldom


@pytest.fixture
def told(time: Timeline) -> list[dict[str, object]]:
    """What was logged, with the second in which it was."""
    seldom.forget()
    return []


def fails(told, time, seconds: int, step: float = 1, **known) -> None:
    began = time.now

    def say(event: str, **more: object) -> None:
        told.append({"at": round((time.now - began).total_seconds()), "event": event, **more})

    for _ in range(seconds):
        seldom.tell(say, "a row failed", **known)
        time.forward(step)


def test_first_at_once_then_at_growing_distances(told, time):
    fails(told, time, 700, row=7)
    assert [one["at"] for one in told] == [0, 10, 30, 70, 150, 310, 630]
    assert "times" not in told[0] and told[-1]["times"] == 631


def test_at_least_once_an_hour_as_long_as_it_fails(told, time):
    fails(told, time, 24 * 360, step=10, row=7)
    distances = [b["at"] - a["at"] for a, b in pairwise(told)]
    assert max(distances) == 3600 and len(told) < 40


def test_each_row_and_each_kind_of_error_is_news(told, time):
    fails(told, time, 5, row=7)
    fails(told, time, 5, row=8)
    for error in (LookupError, ValueError):
        try:
            raise error
        except error:
            fails(told, time, 5, row=7)
    assert [one["row"] for one in told] == [7, 8, 7, 7]


def test_words_that_differ_each_time_make_no_news(told, time):
    for words in ("after 1 s", "after 2 s"):
        fails(told, time, 1, row=7, error=words)
    assert [one["error"] for one in told] == ["after 1 s"]


def test_what_was_mended_and_breaks_again_is_news(told, time):
    fails(told, time, 100, row=7)
    time.forward(3600)
    fails(told, time, 1, row=7)
    assert told[-1] == {"at": 0, "event": "a row failed", "row": 7}


def test_it_keeps_no_more_than_it_may(told, time, monkeypatch):
    monkeypatch.setattr(seldom, "MOST", 10)
    for row in range(100):
        fails(told, time, 1, step=0, row=row)
    assert len(told) == 100 and len(seldom._troubles) <= 10
