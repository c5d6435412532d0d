"""Files of the store that are nobody's any more: their attachment was removed, or never noted.

The same content is one file however many attachments it belongs to, so the rows decide."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import select

from infra.clock import now
from infra.db import session, transaction
from models import Attachment
from recordings.store import StoreError, store

log = structlog.get_logger(__name__)

PREFIX = "attachments"
# Who removed one by mistake has so long until nobody can bring it back; and a file that is just
# coming in has no row yet.
GRACE = timedelta(days=7)
A_PART = 500


def sweep() -> int:
    """Remove what has had no row for the time of grace; returns how many.

    Network and transactions take turns: the store may be slow."""
    before, removed = now() - GRACE, 0
    try:
        found = store().older(PREFIX, before)
        while keys := list(islice(found, A_PART)):
            removed += sum(_remove(key, before) for key in _orphans(keys))
    except StoreError as error:
        log.warning(
            "the store is away: attachments are looked through again later", error=str(error)
        )
    return removed


def _orphans(keys: Sequence[str]) -> list[str]:
    with transaction():
        known = set(
            session.scalars(select(Attachment.storage_key).where(Attachment.storage_key.in_(keys)))
        )
    return [key for key in keys if key not in known]


def _remove(key: str, before: datetime) -> bool:
    gone = store().remove(key, before)
    if gone:
        log.info("a removed attachment's file was deleted", key=key)
    return gone
