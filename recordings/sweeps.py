"""Whatever a lost webhook, an emptied Redis or a dead worker left behind is done again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import exists, select

from infra.clock import now
from infra.db import session, transaction
from models import Call, CallEvent, CallStatus, Recording, RecordingState, TranscriptState
from recordings import arrivals, asr
from recordings.jobs import ask_for, fetch

AT_ONCE = 50
# The carrier reports a finished recording within seconds of the call's end.
REPORTED_WITHIN = timedelta(minutes=2)
ASK_AGAIN = timedelta(hours=1)
ASKED = "recording_asked_for"
# A recording whose first report came long ago may still belong to a call that goes on.
LONGEST_CALL = timedelta(hours=4)


def run() -> int:
    """Queue what still has to be done; safe to run twice.  Returns how many were queued."""
    with transaction():
        _ask_for_unreported()
    with transaction():
        waiting = [*_unfetched(), *_wordless()]
        for recording in waiting:
            recording.next_at = now() + REPORTED_WITHIN
            fetch.later(recording.id)
        return len(waiting)


def _unfetched() -> Iterator[Recording]:
    """Announced and its call is over, or somebody began to fetch it and never came back."""
    at = now()
    candidates = session.scalars(
        select(Recording)
        .where(
            Recording.state.in_((RecordingState.ANNOUNCED, RecordingState.FETCHING)),
            Recording.next_at <= at,
        )
        .order_by(Recording.next_at)
        .limit(AT_ONCE)
    )
    for recording in candidates.all():
        arrivals.link(recording)
        begun = recording.state is RecordingState.FETCHING
        call_ended = recording.call.ended_at if recording.call else None
        over = call_ended is not None and call_ended <= at - REPORTED_WITHIN
        if begun or over or recording.started_at < at - LONGEST_CALL:
            yield recording
        else:
            # It may stand in the way of others no longer than until the next look.
            recording.next_at = at + REPORTED_WITHIN


def _wordless() -> list[Recording]:
    """Stored, and still without a transcript: live words may lack their place, or an engine is
    there now that was not there before."""
    states = [TranscriptState.WAITING_FOR_WORDS, TranscriptState.LIVE]
    if asr.there_is_one(current_app.config["SETTINGS"]):
        states.append(TranscriptState.WAITING_FOR_ENGINE)
    return list(
        session.scalars(
            select(Recording)
            .where(
                Recording.state == RecordingState.STORED,
                Recording.transcript_state.in_(states),
                Recording.call_id.is_not(None),
                Recording.next_at <= now(),
            )
            .order_by(Recording.next_at)
            .limit(AT_ONCE)
        )
    )


def _ask_for_unreported() -> None:
    """Calls that were recorded and of whose recording we never heard: the carrier knows.

    They are asked for until the carrier has answered, however long ago they were."""
    at = now()
    owing = session.scalars(
        select(Call)
        .where(
            Call.status == CallStatus.ENDED,
            Call.tapped_at.is_not(None),
            Call.recording_due_at <= at,
        )
        .order_by(Call.recording_due_at)
        .limit(AT_ONCE)
    ).all()
    for call in owing:
        call.recording_due_at = _seen_to(call, at)


def _seen_to(call: Call, at: datetime) -> datetime | None:
    """When to look again; None when its recording was heard of."""
    if call.ended_at is not None and at < call.ended_at + REPORTED_WITHIN:
        return call.ended_at + REPORTED_WITHIN
    # What he has added before by key 9 has a recording of its own, and is not that of the talk.
    if session.scalar(
        select(exists().where(Recording.call_id == call.id, Recording.take.is_(None)))
    ):
        return None
    session.add(CallEvent(call_id=call.id, at=at, name=ASKED))
    ask_for.later(call.id)
    return at + ASK_AGAIN
