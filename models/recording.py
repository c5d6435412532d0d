"""A recording of a call, and the words that were spoken in it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, insist, one_of, words
from models.call import Call
from models.pairs import WORD_PAIRS, holds


class RecordingState(StrEnum):
    ANNOUNCED = "announced"
    FETCHING = "fetching"
    STORED = "stored"
    FAILED = "failed"
    ABSENT = "absent"
    # It was there; sound and words were taken away.
    ERASED = "erased"


RECORDING_MOVES: dict[RecordingState, set[RecordingState]] = {
    RecordingState.ANNOUNCED: {
        RecordingState.FETCHING,
        RecordingState.ABSENT,
        RecordingState.ERASED,
    },
    # Fetching again is what a sweep asks for when a worker died on it.
    RecordingState.FETCHING: {
        RecordingState.FETCHING,
        RecordingState.STORED,
        RecordingState.FAILED,
        RecordingState.ABSENT,
        RecordingState.ERASED,
    },
    RecordingState.FAILED: {RecordingState.FETCHING, RecordingState.ERASED},
    RecordingState.STORED: {RecordingState.ERASED},
    RecordingState.ABSENT: {RecordingState.ERASED},
    RecordingState.ERASED: set(),
}


class TranscriptState(StrEnum):
    WAITING_FOR_WORDS = "waiting_for_words"
    LIVE = "live"
    WAITING_FOR_ENGINE = "waiting_for_engine"
    DONE = "done"


class Party(StrEnum):
    CITIZEN = "citizen"
    AGENT = "agent"


class Source(StrEnum):
    LIVE = "live"
    ASR = "asr"


class Recording(Base):
    __tablename__ = "recording"
    __table_args__ = (
        one_of("state", RecordingState),
        one_of("transcript_state", TranscriptState),
        CheckConstraint(
            "state <> 'stored' OR (storage_key IS NOT NULL AND checksum IS NOT NULL)", name="stored"
        ),
        CheckConstraint(
            "state <> 'erased' OR (storage_key IS NULL AND peaks IS NULL)", name="erased"
        ),
        # For those that have been kept for as long as they may be.
        Index("ix_recording_kept", "started_at", postgresql_where=text("state <> 'erased'")),
        Index(
            "ix_recording_unfinished",
            "next_at",
            postgresql_where=text("state IN ('announced', 'fetching')"),
        ),
        Index(
            "ix_recording_wordless",
            "transcript_state",
            "next_at",
            postgresql_where=text("state = 'stored' AND transcript_state <> 'done'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(String(64), unique=True)
    # Unknown while the carrier's report is ahead of the call's first webhook.
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), index=True)
    leg: Mapped[str] = mapped_column(String(64), index=True)
    url: Mapped[str]
    state: Mapped[RecordingState] = mapped_column(
        words(RecordingState), default=RecordingState.ANNOUNCED
    )
    # Which party speaks on which channel, counted from 1; carriers differ.
    channels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Of a part of the call with a recording of its own: what a citizen adds to his ticket.
    take: Mapped[str | None] = mapped_column(String(16))
    started_at: Mapped[datetime]
    duration_s: Mapped[float | None]
    storage_key: Mapped[str | None] = mapped_column(String(128))
    checksum: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    # By party: peaks are numbers from 0 to 1, loudness is in dBFS, speech is [[from, to], …] in s.
    peaks: Mapped[dict[str, Any] | None]
    loudness: Mapped[dict[str, Any] | None]
    speech: Mapped[dict[str, Any] | None]
    non_talk_s: Mapped[float | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    error: Mapped[str | None]
    transcript_state: Mapped[TranscriptState] = mapped_column(
        words(TranscriptState, length=24), default=TranscriptState.WAITING_FOR_WORDS
    )
    transcript_error: Mapped[str | None]

    call: Mapped[Call | None] = relationship()

    def move_to(self, state: RecordingState) -> None:
        insist(RECORDING_MOVES, f"recording {self.id}", self.state, state)
        self.state = state

    @property
    def stored(self) -> bool:
        return self.state is RecordingState.STORED


class Utterance(Base):
    """One thing said.  The carrier repeats its reports: a sequence number is stored once."""

    __tablename__ = "utterance"
    __table_args__ = (
        one_of("party", Party),
        one_of("source", Source),
        UniqueConstraint("transcription", "sequence"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        Index("ix_utterance_call_id_at", "call_id", "at"),
        Index("ix_utterance_pairs", text("word_pairs(text)"), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    party: Mapped[Party] = mapped_column(words(Party))
    transcription: Mapped[str] = mapped_column(String(64))
    sequence: Mapped[int]
    at: Mapped[datetime]
    # Where it is in the recording; unknown until it was found there.
    offset_s: Mapped[float | None]
    duration_s: Mapped[float | None]
    text: Mapped[str]
    confidence: Mapped[float | None]
    source: Mapped[Source] = mapped_column(words(Source), default=Source.LIVE)

    call: Mapped[Call] = relationship()

    @classmethod
    def order(cls) -> tuple[ColumnElement[Any], ...]:
        """By its place in the recording, else by the clock."""
        return cls.offset_s.asc().nulls_last(), cls.at.asc(), cls.id.asc()

    @classmethod
    def tells(cls, word: str) -> ColumnElement[bool]:
        """The word, of two characters at least, was said."""
        return holds(word, cls.text)


class TranscriptionReport(Base):
    """A report of a live transcription has arrived; among their numbers shows what is missing."""

    __tablename__ = "transcription_report"

    transcription: Mapped[str] = mapped_column(String(64), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    at: Mapped[datetime]


event.listen(Utterance.__table__, "before_create", WORD_PAIRS)
