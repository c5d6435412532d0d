"""From an announced recording to a stored and measured one, in steps that can be repeated."""

import struct
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from pydub.exceptions import CouldntDecodeError

from infra.clock import now
from infra.db import session, transaction
from infra.log import bind
from infra.wording import N_
from models import Call, Party, Recording, RecordingState
from recordings import held, media, unattended
from recordings.arrivals import BOTH, link
from recordings.sound import Measure, Sound, Span, measure
from recordings.store import NotKept, StoreError, store

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
ENOUGH_ATTEMPTS = 12
# Asked each half hour while the other side is away, which counts for no more than these.
PATIENT_ATTEMPTS = 6
SETTLED = (
    RecordingState.STORED,
    RecordingState.FAILED,
    RecordingState.ABSENT,
    RecordingState.ERASED,
)
REPORTED_MOSTLY = timedelta(minutes=2)
# A recording that the carrier has not reported by then will hardly come.
LOOKED_FOR = timedelta(minutes=30)
# What a file does that is lost or no sound: hearing it again will not help.  The libraries trust
# what its header says: of fields that end too soon, of no channels, of samples that nobody has.
CANNOT_BE_HEARD = (
    NotKept,
    CouldntDecodeError,
    struct.error,
    ArithmeticError,
    LookupError,
    EOFError,
    OSError,
    ValueError,
)
UNREADABLE = N_("录音文件不在存储中或无法解析，请检查原文件")


class Unreadable(Exception):
    """The stored file is lost or no sound; whoever reads of the failed job mends the file."""

    permanent = True


def keep(recording_id: int) -> None:
    """Download and store the recording; raises MediaError while the carrier does not give it, and
    StoreError while the store does not take it."""
    with transaction():
        recording = session.get(Recording, recording_id, with_for_update=True)
        if recording is None or not _take(recording):
            return
        url, key = recording.url, f"{recording.started_at:%Y/%m/%d}/{recording.sid}.wav"
    with TemporaryDirectory(prefix="recording-") as folder:
        file = Path(folder) / "sound.wav"
        try:
            got = media.download(url, file)
            store().put(key, file)
        except (media.MediaError, StoreError) as error:
            with transaction():
                _fail(recording_id, error)
            raise
    with transaction():
        _settle(recording_id, key, got)


def describe(recording_id: int) -> None:
    """Measure a stored recording: peaks, loudness, speech and silence.  Raises Unreadable."""
    with transaction():
        recording = session.get(Recording, recording_id)
        key = recording.storage_key if recording and recording.peaks is None else None
        if recording is None or key is None:
            return
        leaving_out = _prompts(recording)
    try:
        sound = measure(store().local(key), leaving_out)
    except CANNOT_BE_HEARD as error:
        log.warning("a recording cannot be read", recording=recording_id, error=repr(error))
        with transaction():
            session.get_one(Recording, recording_id).error = UNREADABLE
        raise Unreadable(UNREADABLE) from error
    with transaction():
        _write(session.get_one(Recording, recording_id, with_for_update=True), sound)


def progress(call: Call, recordings: Sequence[Recording]) -> str | None:
    """What changes as call and recordings move on; None when nothing more is to come."""
    fetched = all(one.state in SETTLED for one in recordings)
    awaited = call.tapped_at is not None and not recordings and not _long_over(call)
    if call.over and fetched and not awaited:
        return None
    states = ",".join(f"{one.id}:{one.state}" for one in recordings)
    return f"{call.status} {states}{' overdue' if awaited and overdue(call) else ''}"


def overdue(call: Call) -> bool:
    """Most recordings are there by now; perhaps the carrier has lost it."""
    return _over_for(call, REPORTED_MOSTLY)


def _long_over(call: Call) -> bool:
    return _over_for(call, LOOKED_FOR)


def _over_for(call: Call, time: timedelta) -> bool:
    return call.ended_at is not None and call.ended_at < now() - time


def again(recording: Recording) -> None:
    """A person asks for a recording that was given up."""
    if recording.state is RecordingState.FAILED:
        recording.move_to(RecordingState.FETCHING)
        recording.attempts, recording.error, recording.next_at = 0, None, now()


def parties(recording: Recording, count: int) -> list[str]:
    """Who is on each of ``count`` channels, in the file's order."""
    if count == 1:
        return [BOTH]
    names = {number: party for party, number in recording.channels.items()}
    return [names.get(number, f"channel{number}") for number in range(1, count + 1)]


def _prompts(recording: Recording) -> dict[int, list[Span]]:
    """Channel → when it had prompts and music instead of an agent."""
    spans = sorted([*unattended.of(recording), *held.of(recording)])
    return {number: spans for party, number in recording.channels.items() if party != Party.CITIZEN}


def _take(recording: Recording) -> bool:
    """Count the attempt and put off the sweep; False when there is nothing to fetch."""
    if recording.state not in (RecordingState.ANNOUNCED, RecordingState.FETCHING):
        return False
    link(recording)
    bind(call=recording.call_id)
    if recording.call is not None and recording.call.erased_at is not None:
        recording.move_to(RecordingState.ERASED)
        return False
    recording.move_to(RecordingState.FETCHING)
    recording.attempts += 1
    pause = FIRST_PAUSE * 2 ** min(recording.attempts, 10)
    recording.next_at = now() + min(LONGEST_PAUSE, pause)
    return True


def _fail(recording_id: int, error: media.MediaError | StoreError) -> None:
    """The carrier may have lost it, which is believed after some attempts.

    Whoever is only away, the carrier or a store of ours, comes back, and is asked until then."""
    recording = session.get_one(Recording, recording_id, with_for_update=True)
    if recording.state is not RecordingState.FETCHING:
        return
    recording.error = str(error)
    if isinstance(error, StoreError) or error.away:
        recording.attempts = min(recording.attempts, PATIENT_ATTEMPTS)
    elif recording.attempts >= ENOUGH_ATTEMPTS:
        recording.move_to(RecordingState.FAILED)


def _settle(recording_id: int, key: str, got: media.Media) -> None:
    recording = session.get_one(Recording, recording_id, with_for_update=True)
    if recording.state is not RecordingState.FETCHING:
        return
    recording.storage_key, recording.checksum, recording.size = key, got.checksum, got.size
    recording.error = None
    recording.move_to(RecordingState.STORED)


def _write(recording: Recording, sound: Sound) -> None:
    link(recording)
    names = parties(recording, len(sound.channels))
    by_party: dict[str, Measure] = dict(zip(names, sound.channels, strict=True))
    recording.peaks = {name: one.peaks for name, one in by_party.items()}
    recording.loudness = {name: one.loudness_db for name, one in by_party.items()}
    recording.speech = {name: one.speech for name, one in by_party.items()}
    recording.non_talk_s = round(sound.non_talk_s, 2)
    recording.duration_s = round(sound.duration_s, 2)
    recording.error = None
