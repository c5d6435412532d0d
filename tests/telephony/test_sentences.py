"""What callers hear is said as people say it."""

from datetime import UTC, datetime

import pytest

from infra.localtime import local
from telephony.sentences import tongue

SIX = datetime(2026, 12, 4, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "minute", "said"),
    [
        ("zh", 0, "12月4日18点"),
        ("zh", 5, "12月4日18点5分"),
        ("en", 0, "December 4 at 6 PM"),
        ("en", 5, "December 4 at 6:05 PM"),
    ],
)
def test_a_moment_is_said_in_the_citys_time_with_minutes_only_where_there_are_some(
    language: str, minute: int, said: str
) -> None:
    assert tongue(language).moment(local(SIX.replace(minute=minute))) == said
