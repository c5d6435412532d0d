"""What nobody can open any more does not lie in the store for ever."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from structlog.testing import capture_logs

from infra import db
from infra.clock import now
from infra.db import session
from models import Attachment, Leftover
from recordings import leftovers
from recordings.store import NotKept, store
from tests.handled import Town
from tests.units.test_files import PNG, sends

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def put_so_long_ago(key: str, before: timedelta) -> None:
    at = (now() - before).timestamp()
    os.utime(store().local(key), (at, at))


def sent_long_ago(town: Town, one, unit: str = "urban") -> Attachment:
    sends(town.browser(unit), one)
    kept = session.scalars(select(Attachment).where(Attachment.assignment_id == one.id)).one()
    put_so_long_ago(kept.storage_key, timedelta(days=30))
    return kept


def removed(town: Town, one, kept: Attachment) -> str:
    key = kept.storage_key
    town.browser("urban").post(f"/inbox/{one.id}/attachments/{kept.id}/removal")
    return key


def swept_daily(time, days: int) -> int:
    gone = 0
    for _day in range(days):
        gone += leftovers.sweep()
        time.forward(DAY)
    return gone


def test_a_removed_attachments_file_goes_so_long_after_its_removal(town, time):
    """However long it had been there."""
    one = town.signed()
    kept = sent_long_ago(town, one)
    assert swept_daily(time, 10) == 0
    key = removed(town, one, kept)
    assert swept_daily(time, leftovers.GRACE.days) == 0
    assert store().local(key).read_bytes() == PNG
    with capture_logs() as logs:
        assert leftovers.sweep() == 1
    assert [one["key"] for one in logs if "deleted" in one["event"]] == [key]
    with pytest.raises(NotKept):
        store().local(key)
    time.forward(DAY)
    assert leftovers.sweep() == 0 and session.scalar(select(Leftover)) is None


def test_what_another_assignment_still_has_stays(town, time):
    first, second = town.signed(), town.signed("power")
    kept = sent_long_ago(town, first)
    sent_long_ago(town, second, "power")
    key = removed(town, first, kept)
    assert swept_daily(time, 10) == 0 and store().local(key).read_bytes() == PNG


def test_what_was_brought_again_and_removed_again_has_the_whole_time_once_more(town, time):
    one = town.signed()
    removed(town, one, sent_long_ago(town, one))
    assert swept_daily(time, 6) == 0
    kept = sent_long_ago(town, one)
    assert swept_daily(time, 3) == 0
    key = removed(town, one, kept)
    assert swept_daily(time, leftovers.GRACE.days) == 0
    assert store().local(key).read_bytes() == PNG
    assert leftovers.sweep() == 1


def test_a_file_that_was_noted_while_it_came_in_is_nobodys_no_longer(town, time):
    """Its row was not yet there for the sweep that saw it."""
    kept = sent_long_ago(town, town.signed())
    session.add(Leftover(key=kept.storage_key, seen_at=now() - timedelta(days=30)))
    db.commit()
    assert leftovers.sweep() == 0 and session.scalar(select(Leftover)) is None
    assert store().local(kept.storage_key).read_bytes() == PNG


def test_what_was_put_again_meanwhile_stays(town):
    """Between the look at the rows and the deletion somebody sends the same file."""
    key = sent_long_ago(town, town.signed()).storage_key
    put_so_long_ago(key, timedelta(days=1))
    assert not store().remove(key, now() - leftovers.GRACE)
    assert store().local(key).read_bytes() == PNG


def test_who_brings_it_while_it_is_deleted_is_asked_to_try_again(town, time, monkeypatch):
    """The deletion may have taken what he has just put: no row may promise it."""
    one = town.signed()
    key = removed(town, one, sent_long_ago(town, one))
    swept_daily(time, leftovers.GRACE.days)
    kind, remove = type(store()), type(store()).remove
    pages = []

    def slowly(self, key, older):
        pages.append(sends(town.browser("urban"), one, follow=True).text)
        put_so_long_ago(key, timedelta(days=30))
        return remove(self, key, older)

    monkeypatch.setattr(kind, "remove", slowly)
    assert leftovers.sweep() == 1
    assert "附件暂时无法保存" in pages[0] and session.scalar(select(Attachment)) is None
    time.forward(leftovers.DELETED_WITHIN.total_seconds())
    sends(town.browser("urban"), one)
    assert session.scalars(select(Attachment)).one().storage_key == key
    assert swept_daily(time, 10) == 0 and store().local(key).read_bytes() == PNG


def test_what_somebody_is_just_giving_a_row_is_left_alone(town, app, time):
    one = town.signed()
    key = removed(town, one, sent_long_ago(town, one))
    swept_daily(time, leftovers.GRACE.days)
    with app.extensions["engine"].begin() as other:
        other.execute(delete(Leftover).where(Leftover.key == key))
        assert leftovers.sweep() == 0
        other.rollback()
    assert store().local(key).read_bytes() == PNG
    assert leftovers.sweep() == 1
