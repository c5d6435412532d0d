"""Recordings: their rows tell nothing any more, and their files are noted to be deleted."""

from datetime import timedelta

from sqlalchemy import null, select
from sqlalchemy.dialects.postgresql import insert

from erasing.reach import Reach
from infra.clock import now
from infra.db import session
from models import ErasedFile, Erasure, Recording, RecordingState, TranscriptState

# A worker may just be fetching one: whatever it still puts is deleted after it.
FETCHED_WITHIN = timedelta(hours=1)
ON_THE_WAY = (RecordingState.ANNOUNCED, RecordingState.FETCHING)


def erase(found: Reach, erasure: Erasure) -> dict[str, int]:
    """All recordings of these calls."""
    rows = session.scalars(
        select(Recording)
        .where(Recording.call_id.in_(found.calls), Recording.state != RecordingState.ERASED)
        .order_by(Recording.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for one in rows:
        erase_one(one, erasure)
    return {"recording": len(rows)}


def erase_one(one: Recording, erasure: Erasure) -> None:
    """Sound, its picture and where the carrier had it; that there was one, and when, stays."""
    later = now() + FETCHED_WITHIN if one.state in ON_THE_WAY else now()
    # Also of one that is not stored yet: it would be put under this key.
    key = one.storage_key or f"{one.started_at:%Y/%m/%d}/{one.sid}.wav"
    note_file(erasure, key, sha256=one.checksum, size=one.size, due_at=later)
    note_file(erasure, f"carrier:{one.sid}", due_at=later)
    one.move_to(RecordingState.ERASED)
    one.storage_key = one.checksum = one.size = None
    # A JSON null would be a picture, too.
    one.peaks = one.loudness = one.speech = null()
    one.error = one.transcript_error = None
    one.url, one.transcript_state = "", TranscriptState.DONE


def note_file(erasure: Erasure, key: str, **known: object) -> None:
    known.setdefault("due_at", now())
    session.execute(
        insert(ErasedFile)
        .values(erasure_id=erasure.id, key=key, **known)
        .on_conflict_do_nothing(index_elements=["erasure_id", "key"])
    )
