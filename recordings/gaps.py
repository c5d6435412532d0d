"""Where words are missing: a live transcription numbers its reports, and some did not arrive.

Reports come in any order and twice: a late one closes the gap that it left.  What an engine has
heard in the recording is whole, whatever was lost of the live words."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from infra.db import session
from models import Source, TranscriptionReport, Utterance

# The first report says that it has started, and holds no words.
STARTED = 1


@dataclass(frozen=True)
class Gaps:
    """``before`` are the utterances in front of which something is missing; ``at_end`` where
    nothing that was said has followed yet."""

    before: frozenset[int] = frozenset()
    at_end: bool = False


def count(transcription: str, sequence: int, call_id: int, at: datetime) -> None:
    """The report has arrived, whatever it says."""
    session.execute(
        insert(TranscriptionReport)
        .values(transcription=transcription, sequence=sequence, call_id=call_id, at=at)
        .on_conflict_do_nothing()
    )


def of(call_id: int) -> Gaps:
    missing = _missing(call_id)
    if not missing:
        return Gaps()
    said = session.execute(
        select(
            Utterance.id,
            Utterance.transcription,
            Utterance.sequence,
            Utterance.at,
            Utterance.source,
        )
        .where(Utterance.call_id == call_id)
        .order_by(*Utterance.order())
    ).all()
    if any(one.source is Source.ASR for one in said):
        return Gaps()
    found: set[int | None] = set()
    for transcription, sequence, at in missing:
        itself = (one.id for one in said if one[1:3] == (transcription, sequence))
        later = (one.id for one in said if one.at >= at)
        found.add(next(itself, None) or next(later, None))
    return Gaps(frozenset(one for one in found if one is not None), None in found)


def _missing(call_id: int) -> list[tuple[str, int, datetime]]:
    """The reports that arrived and whose forerunners did not."""
    report = TranscriptionReport
    previous = func.lag(report.sequence, 1, STARTED).over(
        partition_by=report.transcription, order_by=report.sequence
    )
    numbered = (
        select(report.transcription, report.sequence, report.at, previous.label("previous"))
        .where(report.call_id == call_id)
        .subquery()
    )
    after_a_gap = select(numbered.c.transcription, numbered.c.sequence, numbered.c.at).where(
        numbered.c.sequence > numbered.c.previous + 1
    )
    return [(one[0], one[1], one[2]) for one in session.execute(after_a_gap)]
