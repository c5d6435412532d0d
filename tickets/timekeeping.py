"""What the clock does for tickets: lights and ladder each minute, the rest once a day.

Everything is found by its row, so that a clock which stood still for a day misses nothing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import BindParameter, Date, DateTime, bindparam, exists, or_, select

from infra.clock import now
from infra.db import serialise_routing, session, transaction
from infra.localtime import local
from infra.wording import N_
from staff import skilled
from tickets import (
    calendar,
    closing,
    difficult,
    history,
    ladder,
    legal,
    questions,
    recomputing,
    suspending,
)

log = structlog.get_logger(__name__)

# More of one thing than this waits for the next minute.
PARTS = 20
# What a day left is summed up when nobody can still be writing of it: links bear the moment at
# which they were made, and are seen a moment later.
SETTLED_AFTER = timedelta(minutes=10)
MISSING = N_("官方放假通知还没有载入，请管理员在“工作日历”页面载入")


CHORES: dict[str, Callable[[], int]] = {
    "legal": legal.miss_due,
    "questions": questions.give_up_due,
    "suspending": suspending.resume_due,
    "difficult": difficult.tell_due,
}
AT: BindParameter[datetime] = bindparam("at", type_=DateTime(timezone=True))
TODAY: BindParameter[date] = bindparam("today", type_=Date)
# Asked every minute in one question, because mostly none of them has anything to do.
WHICH = select(
    exists().where(*legal.late(AT)).label("legal"),
    exists().where(*questions.lapsed(AT)).label("questions"),
    exists().where(*suspending.over(TODAY)).label("suspending"),
    exists().where(or_(difficult.without_plan(AT), difficult.to_review(TODAY))).label("difficult"),
    exists().where(*recomputing.NOT_DONE).label("recomputing"),
)


def each_minute() -> None:
    for _part in range(PARTS):
        with transaction():
            steps = ladder.climb()
        if steps < ladder.AT_ONCE:
            break
    with transaction():
        due = session.execute(WHICH, {"at": now(), "today": local(now()).date()}).mappings().one()
    for name, chore in CHORES.items():
        if due[name]:
            with transaction():
                chore()
    for _part in range(PARTS if due["recomputing"] else 0):
        with transaction():
            if not recomputing.go_on():
                break


def each_hour() -> None:
    """What is due once a day, at the first hour that finds it undone."""
    today = local(now()).date()
    with transaction():
        calendar.seed((today.year, today.year + 1))
    with transaction():
        history.digest_of(local(now() - SETTLED_AFTER).date() - timedelta(days=1))
    with transaction():
        serialise_routing()
        skilled.expire_certificates()
    archived = closing.AT_ONCE
    while archived == closing.AT_ONCE:
        with transaction():
            archived = closing.archive_due()


class Reminder:
    """Says once a day, in the log, which year's notice is missing and where it is loaded.

    The day on which this process started is passed over: whoever starts the hotline several times
    reads the same words once, and not behind what the start has to say."""

    def __init__(self) -> None:
        self._day = local(now()).date()

    def remind(self) -> None:
        today = local(now()).date()
        if today <= self._day:
            return
        self._day = today
        with transaction():
            missing = calendar.warning()
        if missing:
            page = f"{current_app.config['SETTINGS'].public_url}/calendar"
            log.warning(
                f"{MISSING} (the official calendar must be loaded)", year=missing, page=page
            )
