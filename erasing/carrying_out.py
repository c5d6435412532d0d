"""What was approved is done: first the rows, in one transaction that notes the files; then the
files, one by one; then the certificate.

Killed anywhere, it goes on where it was: rows are erased once, by ``erased_at``; a file that is
gone already is gone; and the clock comes back each minute until the certificate is sealed."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import exists, select, text

from erasing import blanking, certificate, reach, sounds
from erasing.reach import Reach
from infra.clock import now
from infra.db import session, transaction
from models import (
    Assignment,
    Attachment,
    Call,
    ErasedFile,
    Erasure,
    ErasureScope,
    ErasureState,
    Ticket,
)
from recordings import leftovers
from recordings.store import StoreError, store
from telephony.carrier import carrier
from telephony.errors import CarrierError
from tickets import history, locking

log = structlog.get_logger(__name__)

# Beside the routing lock: a hold that is being placed, and what would erase under it.
HOLD_LOCK = 12_347
ASK_AGAIN = timedelta(minutes=10)
FILES_AT_ONCE = 200
ATTACHMENTS, AT_CARRIER = "attachments/", "carrier:"


def go_on() -> int:
    """By the clock; returns how many were sealed."""
    with transaction():
        waiting = session.scalars(
            select(Erasure.id)
            .where(
                Erasure.state == ErasureState.APPROVED,
                Erasure.scope != ErasureScope.TERM,
                Erasure.erased_at.is_(None),
            )
            .order_by(Erasure.id)
        ).all()
    for one in waiting:
        with transaction():
            _erase_rows(one)
    remove_files()
    return _seal_done()


def remove_files() -> None:
    """Out of the store and from the carrier; who is away is asked again."""
    with transaction():
        due = session.execute(
            select(ErasedFile.id, ErasedFile.key)
            .where(ErasedFile.gone_at.is_(None), ErasedFile.due_at <= now())
            .order_by(ErasedFile.due_at)
            .limit(FILES_AT_ONCE)
        ).all()
    for row in due:
        try:
            kept_by_another = not _remove(row.key)
        except (StoreError, CarrierError) as error:
            log.warning("an erased file cannot be removed yet", file=row.id, error=str(error))
            with transaction():
                session.get_one(ErasedFile, row.id).due_at = now() + ASK_AGAIN
            continue
        with transaction():
            file = session.get_one(ErasedFile, row.id, with_for_update=True)
            file.gone_at, file.shared = file.gone_at or now(), kept_by_another


def lock_holds() -> None:
    """Nobody places a hold while something is erased that it would be for, nor the other way."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": HOLD_LOCK})


def erase(found: Reach, erasure: Erasure) -> None:
    """The rows of these, with their files noted; the tickets' histories say so."""
    calls = session.scalars(
        select(Call.id).where(Call.id.in_(found.calls)).order_by(Call.id).with_for_update()
    ).all()
    locking.in_order(found.tickets)
    counts = Counter(erasure.counts)
    counts.update(sounds.erase(Reach(calls=frozenset(calls)), erasure))
    counts["attachment"] += _take_attachments(found, erasure)
    counts.update(blanking.blank(blanking.EVERYTHING, found))
    if not found.persons:
        blanking.unlink(found)
    counts["ticket_event"] += history.erase_payloads(found.tickets, worded=True)
    session.expire_all()
    chains = dict(erasure.chains)
    for ticket in session.scalars(select(Ticket).where(Ticket.id.in_(found.tickets))):
        history.note(ticket, "erased", erasure=erasure.id)
        chains[ticket.number or f"draft:{ticket.id}"] = ticket.head_hash
    erasure.counts = {table: count for table, count in counts.items() if count}
    erasure.chains = chains


def _erase_rows(erasure_id: int) -> None:
    lock_holds()
    erasure = session.get_one(Erasure, erasure_id, with_for_update=True)
    if erasure.state is not ErasureState.APPROVED or erasure.erased_at is not None:
        return
    found = reach.of(erasure)
    # Since it was approved he may have called again, or somebody may have placed a hold.
    if reach.why_not(found) is not None:
        return
    erase(found, erasure)
    erasure.erased_at, erasure.reason = now(), None


def _take_attachments(found: Reach, erasure: Erasure) -> int:
    """Their rows go: a name may be a person's, and nobody may open them any more."""
    rows = session.scalars(
        select(Attachment)
        .join(Attachment.assignment)
        .where(Assignment.ticket_id.in_(found.tickets))
        .order_by(Attachment.id)
    ).all()
    for one in rows:
        sounds.note_file(erasure, one.storage_key, sha256=one.sha256, size=one.size)
        session.delete(one)
    session.flush()  # what is updated next may not wait for them
    return len(rows)


def _remove(key: str) -> bool:
    """False where another has the same content, and keeps it.  Raises StoreError, CarrierError."""
    if key.startswith(ATTACHMENTS):
        return leftovers.take_at_once(key)
    if key.startswith(AT_CARRIER):
        carrier().forget_recording(key.removeprefix(AT_CARRIER))
    else:
        store().remove(key, leftovers.FOR_GOOD)
    return True


def _seal_done() -> int:
    left = exists().where(ErasedFile.erasure_id == Erasure.id, ErasedFile.gone_at.is_(None))
    whole = (Erasure.state == ErasureState.APPROVED) & Erasure.erased_at.is_not(None) & ~left
    with transaction():
        done: Sequence[Erasure] = session.scalars(
            select(Erasure).where(whole).order_by(Erasure.id).with_for_update(skip_locked=True)
        ).all()
        for one in done:
            certificate.seal(one)
        return len(done)
