"""Files of the store that are nobody's any more: their attachment was removed, or never noted.

The same content is one file however many attachments it belongs to, so the rows decide.  Such a
file is noted when it is first seen, and deleted when it has been nobody's for the time of grace.

The store is asked in no transaction, so no lock joins the last look at the rows with a deletion.
The note does: whoever brings the content again takes it away (``reclaim``), or finds that a
deletion may be under way."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session, transaction
from infra.wording import N_
from models import Attachment, Leftover
from recordings.store import StoreError, store

log = structlog.get_logger(__name__)

PREFIX = "attachments"
# Who removed one by mistake has so long until nobody can bring it back.
GRACE = timedelta(days=7)
# A file that is just coming in has no row yet.
COMING_IN = timedelta(hours=1)
# Longer than a patient store takes to delete one file.
DELETED_WITHIN = timedelta(minutes=15)
A_PART = 500
# Whenever somebody may have put it.
FOR_GOOD = datetime.max.replace(tzinfo=UTC)
HAS_A_ROW = exists().where(Attachment.storage_key == Leftover.key)


def sweep() -> int:
    """Note what has no row, delete what had none for the time of grace; returns how many.

    Network and transactions take turns: the store may be slow."""
    removed = 0
    try:
        _forget()
        found = store().older(PREFIX, now() - COMING_IN)
        while keys := list(islice(found, A_PART)):
            _note(keys)
        before = now() - GRACE
        removed = sum(_remove(key, before) for key in _due(before))
    except StoreError as error:
        log.warning(
            "the store is away: attachments are looked through again later", error=str(error)
        )
    return removed


def reclaim(key: str) -> bool:
    """Somebody has put the content and notes its row in this transaction: it is no leftover.

    False while a deletion may be under way, which may have taken what was just put."""
    taken = delete(Leftover).where(Leftover.key == key).returning(Leftover.doomed_at)
    doomed_at = session.scalar(taken)
    return doomed_at is None or doomed_at <= now() - DELETED_WITHIN


def take_at_once(key: str) -> bool:
    """Of content that was erased: nobody waits out the grace.  False where somebody else has the
    same, and keeps it.  Raises StoreError."""
    with transaction():
        if session.scalar(select(exists().where(Attachment.storage_key == key))):
            return False
        noted = {"key": key, "seen_at": now() - GRACE}
        session.execute(insert(Leftover).values(noted).on_conflict_do_nothing())
    if not _doomed(key):
        raise StoreError(N_("有人正在使用同一文件"))
    store().remove(key, FOR_GOOD)
    return True


def _forget() -> None:
    """Of what has a row again, and of what was deleted."""
    over = select(Leftover.key).where((Leftover.doomed_at <= now() - DELETED_WITHIN) | HAS_A_ROW)
    with transaction():
        free = over.with_for_update(skip_locked=True)
        session.execute(delete(Leftover).where(Leftover.key.in_(free)))


def _note(keys: Sequence[str]) -> None:
    rows = select(Attachment.storage_key).where(Attachment.storage_key.in_(keys))
    notes = select(Leftover.key).where(Leftover.key.in_(keys))
    with transaction():
        # Notes too: to insert one that somebody is taking away would wait for him.
        known = set(session.scalars(rows.union_all(notes)))
        seen = [{"key": key, "seen_at": now()} for key in keys if key not in known]
        if seen:
            session.execute(insert(Leftover).on_conflict_do_nothing(), seen)


def _due(before: datetime) -> Sequence[str]:
    with transaction():
        return session.scalars(select(Leftover.key).where(Leftover.seen_at <= before)).all()


def _remove(key: str, before: datetime) -> bool:
    if not _doomed(key):
        return False
    gone = store().remove(key, before)
    if gone:
        log.info("a removed attachment's file was deleted", key=key)
    return gone


def _doomed(key: str) -> bool:
    """Whether it may be deleted: it has no row, and nobody is just giving it one."""
    still = select(Leftover).where(Leftover.key == key, ~HAS_A_ROW)
    with transaction():
        note = session.scalar(still.with_for_update(skip_locked=True))
        if note is None:
            return False
        note.doomed_at = now()
        return True
