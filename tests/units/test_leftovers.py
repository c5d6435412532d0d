"""What nobody can open any more does not lie in the store for ever."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from channels import leftovers
from infra.clock import now
from infra.db import session
from models import Attachment
from recordings.store import NotKept, store
from tests.handled import Town
from tests.units.test_files import PNG, sends


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def put_so_long_ago(key: str, before: timedelta) -> None:
    at = (now() - before).timestamp()
    os.utime(store().local(key), (at, at))


def removed(town: Town, one, kept: Attachment) -> None:
    town.browser("urban").post(f"/inbox/{one.id}/attachments/{kept.id}/removal")


def test_a_removed_attachments_file_goes_after_a_time_of_grace(town):
    one = town.signed()
    sends(town.browser("urban"), one)
    kept = session.scalars(select(Attachment)).one()
    key = kept.storage_key
    removed(town, one, kept)
    put_so_long_ago(key, leftovers.GRACE - timedelta(hours=1))
    assert leftovers.sweep() == 0 and store().local(key).read_bytes() == PNG
    put_so_long_ago(key, leftovers.GRACE + timedelta(hours=1))
    with capture_logs() as logs:
        assert leftovers.sweep() == 1
    assert [one["key"] for one in logs if "deleted" in one["event"]] == [key]
    with pytest.raises(NotKept):
        store().local(key)


def test_what_another_assignment_still_has_stays(town):
    first, second = town.signed(), town.signed("power")
    sends(town.browser("urban"), first)
    sends(town.browser("power"), second)
    kept = session.scalars(select(Attachment).where(Attachment.assignment_id == first.id)).one()
    key = kept.storage_key
    removed(town, first, kept)
    put_so_long_ago(key, timedelta(days=30))
    assert leftovers.sweep() == 0 and store().local(key).read_bytes() == PNG


def test_what_was_put_again_meanwhile_stays(town):
    """Between the look at the rows and the deletion somebody sends the same file."""
    one = town.signed()
    sends(town.browser("urban"), one)
    key = session.scalars(select(Attachment.storage_key)).one()
    before = now() - leftovers.GRACE
    put_so_long_ago(key, timedelta(days=1))
    assert not store().remove(key, before) and store().local(key).read_bytes() == PNG
