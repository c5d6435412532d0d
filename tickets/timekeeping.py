"""What the clock does for tickets: lights and ladder each minute, the rest once a day.

Everything is found by its row, so that a clock which stood still for a day misses nothing."""

from datetime import timedelta

import structlog

from infra.clock import now
from infra.db import transaction
from infra.localtime import local
from tickets import calendar, closing, history, ladder, legal, recomputing, suspending

log = structlog.get_logger(__name__)

# More of one thing than this waits for the next minute.
PARTS = 20


def each_minute() -> None:
    for _part in range(PARTS):
        with transaction():
            steps = ladder.climb()
        if steps < ladder.AT_ONCE:
            break
    with transaction():
        legal.miss_due()
    for _part in range(PARTS):
        with transaction():
            if not recomputing.go_on():
                break


def each_hour() -> None:
    """What is due once a day, at the first hour that finds it undone."""
    today = local(now()).date()
    with transaction():
        calendar.seed((today.year, today.year + 1))
        missing = calendar.warning()
    if missing:
        log.warning("the official calendar of a year must be loaded", year=missing)
    with transaction():
        history.digest_of(today - timedelta(days=1))
    with transaction():
        suspending.resume_due()
    archived = closing.AT_ONCE
    while archived == closing.AT_ONCE:
        with transaction():
            archived = closing.archive_due()
