"""What the carrier reports: a recording, or a sentence; each is written down once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from assist import alarm, emergency, hands
from infra.clock import now
from infra.db import session
from infra.events import publish
from infra.wording import N_
from models import (
    Call,
    CallStatus,
    Direction,
    Offer,
    Party,
    Recording,
    RecordingState,
    Source,
    TranscriptState,
    Utterance,
)
from recordings import held, paused, unattended

BOTH = "both"
NO_SOUND, NOT_RECORDED = N_("运营商没有录到声音"), N_("运营商录音失败")
# An agent may speak before the reports of both joins are here; a sentence is dated at its end.
SPOKEN_EARLIER = timedelta(seconds=5)
REPORTED_LATER = timedelta(seconds=1)
# Not to be changed by others; a sentence that is written meanwhile only points to it.
LOCKED: dict[str, Any] = {"with_for_update": {"key_share": True}, "populate_existing": True}


@dataclass(frozen=True)
class Report:
    """What the carrier says of a recording."""

    sid: str
    leg: str
    url: str
    status: str
    channels: int
    duration_s: float | None
    started_at: datetime | None
    # Of a part of the call that is recorded by itself.
    take: str | None = None


@dataclass(frozen=True)
class Sentence:
    """A finished sentence of somebody who talks right now."""

    leg: str
    party: Party
    # Heard on the leg, not said into it: by a person only while both are connected.
    heard: bool
    transcription: str
    sequence: int
    at: datetime | None
    text: str
    confidence: float | None


def hear_of(report: Report) -> Recording:
    """The row of a recording; reports may come twice and in any order."""
    recording = _row_of(report)
    if report.duration_s is not None:
        recording.duration_s = recording.duration_s or report.duration_s
    unfinished = recording.state in (RecordingState.ANNOUNCED, RecordingState.FETCHING)
    if report.status in ("absent", "failed") and unfinished:
        recording.move_to(RecordingState.ABSENT)
        recording.error = NO_SOUND if report.status == "absent" else NOT_RECORDED
    link(recording)
    return recording


def link(recording: Recording) -> None:
    """Find the call of the recorded leg, and with it who is on which channel."""
    if recording.call_id is not None:
        return
    call = call_of(recording.leg)
    if call is not None:
        recording.call_id = call.id
        if BOTH not in recording.channels:
            recording.channels = _channels(call, recording.leg)


def call_of(leg: str) -> Call | None:
    """The call that a leg belongs, or belonged, to: the citizen's or one of its agents'."""
    if not leg:
        return None
    call = session.scalar(select(Call).where(or_(Call.sid == leg, Call.agent_leg == leg)).limit(1))
    if call is not None:
        return call
    # An agent who vanished is no longer in the call's row; his last words are still his.
    return session.scalar(
        select(Call).join(Offer, Offer.call_id == Call.id).where(Offer.agent_leg == leg).limit(1)
    )


def hear(sentence: Sentence) -> Utterance | None:
    """Write a sentence down and tell the agent's desk; None when it is known or nobody's."""
    call = call_of(sentence.leg)
    at = sentence.at or now()
    if call is None or call.erased_at is not None or (sentence.heard and not _connected(call, at)):
        return None
    if paused.at(call, at) or (sentence.leg == call.sid and held.at(call, at)):
        return None
    utterance = session.scalar(
        insert(Utterance)
        .values(
            call_id=call.id,
            party=sentence.party,
            transcription=sentence.transcription,
            sequence=sentence.sequence,
            at=at,
            text=sentence.text,
            confidence=sentence.confidence,
            source=Source.LIVE,
        )
        .on_conflict_do_nothing(index_elements=["transcription", "sequence"])
        .returning(Utterance)
    )
    if utterance is not None:
        _announce(call, utterance)
        hands.listen(call, sentence.text)
        if sentence.party is Party.CITIZEN:
            _watch_for_danger(call, sentence.text)
    return utterance


def _watch_for_danger(call: Call, text: str) -> None:
    """He may tell the agent what he did not tell the menu."""
    danger = emergency.find(text)
    if danger is not None and not call.over:
        alarm.raise_for(session.get_one(Call, call.id, **LOCKED), danger)


def _connected(call: Call, at: datetime) -> bool:
    """Whether a person could be heard; otherwise it was one of our own prompts."""
    since, until = call.answered_at, call.finished_at or call.ended_at
    return (
        call.status is not CallStatus.WAITING
        and since is not None
        and since - SPOKEN_EARLIER <= at
        and (until is None or at <= until + REPORTED_LATER)
        and not unattended.at(call, at)
    )


def kept_recordings(call_id: int) -> list[int]:
    """Recordings of a call that were stored before its last words arrived."""
    return list(
        session.scalars(
            select(Recording.id).where(
                Recording.call_id == call_id, Recording.state == RecordingState.STORED
            )
        )
    )


def _announce(call: Call, utterance: Utterance) -> None:
    session.execute(
        update(Recording)
        .where(
            Recording.call_id == call.id,
            Recording.transcript_state == TranscriptState.WAITING_FOR_WORDS,
        )
        .values(transcript_state=TranscriptState.LIVE)
    )
    if call.agent_id is not None:
        publish(
            f"agent:{call.agent_id}",
            "words",
            call=call.id,
            utterance=utterance.id,
            party=utterance.party,
        )


def _row_of(report: Report) -> Recording:
    at = now()
    session.execute(
        insert(Recording)
        .values(
            sid=report.sid,
            leg=report.leg,
            url=report.url,
            channels={BOTH: 1} if report.channels == 1 else {},
            started_at=report.started_at or at,
            next_at=at,
            take=report.take,
            # What was said in it is written down already, as what he added.
            transcript_state=TranscriptState.DONE
            if report.take
            else TranscriptState.WAITING_FOR_WORDS,
        )
        .on_conflict_do_nothing(index_elements=["sid"])
    )
    return session.scalars(
        select(Recording).where(Recording.sid == report.sid).with_for_update()
    ).one()


def _channels(call: Call, leg: str) -> dict[str, int]:
    """The carrier's order is a setting, because carriers do not agree on it."""
    recorded_is_agent = leg != call.sid or call.direction is Direction.OUT
    this, other = (
        (Party.AGENT, Party.CITIZEN) if recorded_is_agent else (Party.CITIZEN, Party.AGENT)
    )
    sides = {"leg": this, "other": other}
    order: tuple[str, ...] = current_app.config["SETTINGS"].recording_channels
    return {str(sides[side]): number for number, side in enumerate(order, start=1)}
