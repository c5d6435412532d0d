"""Whatever a lost webhook, an emptied Redis or a dead worker left behind is done again."""

from collections.abc import Iterator
from datetime import timedelta

import structlog
from flask import current_app
from sqlalchemy import exists, select

from infra.clock import now
from infra.db import session, transaction
from models import Call, CallStatus, Recording, RecordingState, TranscriptState
from recordings import arrivals, asr
from recordings.jobs import fetch
from telephony.carrier import CarrierError, carrier

log = structlog.get_logger(__name__)

AT_ONCE = 50
# The carrier reports a finished recording within seconds of the call's end.
REPORTED_WITHIN = timedelta(minutes=2)
ASKED_FOR = timedelta(days=1)
# A recording whose first report came long ago may still belong to a call that goes on.
LONGEST_CALL = timedelta(hours=4)


def run() -> int:
    """Queue what still has to be done; safe to run twice.  Returns how many were queued."""
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


def _wordless() -> list[Recording]:
    """Stored, and still without a transcript: live words may lack their place, or an engine is
    there now that was not there before."""
    states = [TranscriptState.WAITING_FOR_WORDS, TranscriptState.LIVE]
    if asr.engine(current_app.config["SETTINGS"]) is not None:
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
            .order_by(Recording.id)
            .limit(AT_ONCE)
        )
    )


def _ask_for_unreported() -> None:
    """Calls that were recorded and of whose recording we never heard: the carrier knows."""
    at = now()
    with transaction():
        unheard = session.execute(
            select(Call.id, Call.sid)
            .where(
                Call.status == CallStatus.ENDED,
                Call.tapped_at.is_not(None),
                Call.ended_at.between(at - ASKED_FOR, at - REPORTED_WITHIN),
                ~exists().where(Recording.call_id == Call.id),
            )
            .order_by(Call.ended_at.desc())
            .limit(AT_ONCE)
        ).all()
    for call_id, leg in unheard:
        _ask(call_id, leg)


def _ask(call_id: int, leg: str) -> None:
    try:
        known = carrier().recordings_of(leg)
    except CarrierError as error:
        log.warning("the carrier does not name its recordings", call=call_id, error=str(error))
        return
    with transaction():
        for one in known:
            arrivals.hear_of(
                arrivals.Report(
                    one.sid, leg, one.url, one.status, one.channels, one.duration_s, one.started_at
                )
            )
