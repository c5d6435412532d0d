"""Where words are missing: a live transcription numbers its reports, and some did not arrive.

Reports come in any order and twice: a late one closes the gap that it left.  What an engine has
heard in the recording is whole, whatever was lost of the live words."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from infra.db import session
from models import Source, TranscriptionReport, Utterance

# The first report says that it has started, and holds no words.
STARTED = 1


@dataclass(frozen=True)
class Gap:
    """From the last report that arrived before it, if there was one, to the first one after it."""

    since: datetime | None
    until: datetime

    def joined(self, other: "Gap | None") -> "Gap":
        """Both of them, where they stand at the same place."""
        if other is None:
            return self
        begun = [one.since for one in (self, other) if one.since is not None]
        return Gap(min(begun) if len(begun) > 1 else None, max(self.until, other.until))


@dataclass(frozen=True)
class Gaps:
    """``before`` are the utterances in front of which something is missing; ``at_end`` where
    nothing that was said has followed yet."""

    before: dict[int, Gap] = field(default_factory=dict)
    at_end: Gap | None = None


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
    found: dict[int | None, Gap] = {}
    for transcription, sequence, gap in missing:
        itself = (one.id for one in said if one[1:3] == (transcription, sequence))
        later = (one.id for one in said if one.at >= gap.until)
        place = next(itself, None) or next(later, None)
        found[place] = gap.joined(found.get(place))
    at_end = found.pop(None, None)
    return Gaps({one: gap for one, gap in found.items() if one is not None}, at_end)


def _missing(call_id: int) -> list[tuple[str, int, Gap]]:
    """The reports that arrived and whose forerunners did not."""
    report = TranscriptionReport
    leg, place = report.transcription, report.sequence
    numbered = (
        select(
            report.transcription,
            report.sequence,
            report.at,
            func.lag(report.sequence, 1, STARTED)
            .over(partition_by=leg, order_by=place)
            .label("previous"),
            func.lag(report.at).over(partition_by=leg, order_by=place).label("since"),
        )
        .where(report.call_id == call_id)
        .subquery()
    )
    after_a_gap = select(numbered).where(numbered.c.sequence > numbered.c.previous + 1)
    return [
        (one.transcription, one.sequence, Gap(one.since, one.at))
        for one in session.execute(after_a_gap)
    ]
