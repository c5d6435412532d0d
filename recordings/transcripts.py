"""The words of a stored recording: live ones find their place, missing ones come from an engine."""

from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session, transaction
from models import Party, Recording, Source, TranscriptState, Utterance
from recordings import archive, asr, held, paused, unattended
from recordings.alignment import Said, align
from recordings.arrivals import BOTH
from recordings.sound import Span
from recordings.store import store
from tickets.jobs import complete_from_call

ASK_ENGINE_AGAIN = timedelta(minutes=10)
# As long as the job may last: meanwhile no sweep lets a second worker hear the same recording.
HEARD_WITHIN = timedelta(hours=1)
LOOK_AT_FILE_AGAIN = timedelta(days=1)


def complete(recording_id: int) -> None:
    """Give the recording its transcript, or note that it waits for an engine."""
    with transaction():
        recording = session.get(Recording, recording_id, with_for_update=True)
        call = recording.call if recording is not None else None
        if recording is None or not recording.stored or call is None:
            return
        if _place_live_words(recording):
            recording.transcript_state = TranscriptState.DONE
        if recording.transcript_state is TranscriptState.DONE:
            return
        key, language = recording.storage_key or "", call.language
        recording.next_at = now() + HEARD_WITHIN
    try:
        engine, missing = asr.engine(current_app.config["SETTINGS"]), None
    except asr.NotInstalled as error:
        engine, missing = None, str(error)
    if engine is None:
        with transaction():
            _waits(recording_id, missing, ASK_ENGINE_AGAIN)
        return
    try:
        found = engine.transcribe(store().local(key), language)
    except asr.EngineError as error:
        with transaction():
            _waits(recording_id, str(error), ASK_ENGINE_AGAIN)
        raise
    except archive.CANNOT_BE_HEARD:
        with transaction():
            _waits(recording_id, archive.UNREADABLE, LOOK_AT_FILE_AGAIN)
        return
    with transaction():
        _write(recording_id, found)


def of_call(call_id: int) -> Sequence[Utterance]:
    """Everything said in a call: by its place in the recording, else by the clock."""
    return session.scalars(
        select(Utterance).where(Utterance.call_id == call_id).order_by(*Utterance.order())
    ).all()


def _place_live_words(recording: Recording) -> bool:
    """Snap live sentences to the speech of their party; False when there are none."""
    live = session.scalars(
        select(Utterance)
        .where(Utterance.call_id == recording.call_id, Utterance.source == Source.LIVE)
        .order_by(Utterance.at, Utterance.sequence)
    ).all()
    for party in Party:
        spoken = [one for one in live if one.party is party]
        speech = _speech(recording, party)
        places = align(
            [Said(u.text, (u.at - recording.started_at).total_seconds()) for u in spoken], speech
        )
        for utterance, place in zip(spoken, places, strict=True):
            if place is not None:
                utterance.offset_s = place[0]
                utterance.duration_s = round(place[1] - place[0], 2)
    return bool(live)


def _speech(recording: Recording, party: Party) -> list[Span]:
    measured = recording.speech or {}
    return [(start, end) for start, end in measured.get(party, measured.get(BOTH, []))]


def _waits(recording_id: int, error: str | None, pause: timedelta) -> None:
    recording = session.get_one(Recording, recording_id, with_for_update=True)
    if recording.transcript_state is not TranscriptState.DONE:
        recording.transcript_state = TranscriptState.WAITING_FOR_ENGINE
        recording.transcript_error = error
        recording.next_at = now() + pause


def _write(recording_id: int, channels: list[list[asr.Segment]]) -> None:
    recording = session.get_one(Recording, recording_id, with_for_update=True)
    if recording.transcript_state is TranscriptState.DONE:
        return
    silences = held.of(recording) + paused.of(recording)
    prompts = unattended.of(recording) + silences
    for name, segments in zip(archive.parties(recording, len(channels)), channels, strict=True):
        # On a mono recording nobody can tell who speaks; most of it is the citizen's matter.
        party = Party(name) if name in set(Party) else Party.CITIZEN
        for number, segment in enumerate(segments, start=1):
            # On hold neither side's words are anybody's, and what the recording was paused for must
            # not be kept, though the order may have come too late.
            ignored = prompts if party is Party.AGENT else silences
            if unattended.mostly((segment.start_s, segment.end_s), ignored):
                continue
            _add(recording, party, f"{recording.sid}:{name}", number, segment)
    recording.transcript_state = TranscriptState.DONE
    recording.transcript_error = None
    # The draft may have been made long ago, of nothing: an engine can be days behind.
    if recording.call_id is not None:
        complete_from_call.later(recording.call_id)


def _add(
    recording: Recording, party: Party, source: str, number: int, segment: asr.Segment
) -> None:
    session.execute(
        insert(Utterance)
        .values(
            call_id=recording.call_id,
            party=party,
            transcription=source,
            sequence=number,
            at=recording.started_at + segment.ended,
            offset_s=segment.start_s,
            duration_s=round(segment.end_s - segment.start_s, 2),
            text=segment.text,
            confidence=segment.confidence,
            source=Source.ASR,
        )
        .on_conflict_do_nothing(index_elements=["transcription", "sequence"])
    )
