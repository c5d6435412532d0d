"""A recording is fetched, kept and measured, whatever breaks in between."""

import hashlib
import struct
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from emulator.timeline import Timeline
from infra.clock import now
from infra.db import session
from models import (
    Call,
    CallStatus,
    Party,
    Recording,
    RecordingState,
    Role,
    TranscriptState,
    Utterance,
)
from recordings import archive, media, sweeps
from recordings.jobs import fetch
from recordings.store import store
from tests.recordings.conftest import CarrierReports
from tests.recordings.sounds import MediaServer, wav
from tests.visitors import browser_of, somebody

SOUND = wav(10, [(1, 3), (6, 8)], [(4, 5)])
PATH = "/2010-04-01/Accounts/AC/Recordings/RE1"


@pytest.fixture
def sound(media: MediaServer) -> str:
    media.files[PATH + ".wav"] = SOUND
    return media.url + PATH


def _only() -> Recording:
    return session.scalars(select(Recording)).one()


def test_from_the_report_to_the_waveform(
    a_call: Call,
    reports: CarrierReports,
    sound: str,
    work: Callable[[], None],
    at_second: Callable[[float], datetime],
) -> None:
    reports.says(Party.CITIZEN, "路灯坏了", 1, at=at_second(3.8))
    reports.says(Party.AGENT, "在哪里", 1, at=at_second(5.8), leg="CA-agent")
    reports.says(Party.CITIZEN, "阳明路", 2, at=at_second(8.8))
    reports.recording(sound)
    work()
    kept = _only()
    assert kept.state is RecordingState.STORED
    assert kept.checksum == hashlib.sha256(SOUND).hexdigest()
    assert store().local(kept.storage_key).read_bytes() == SOUND
    assert {party: len(peaks) for party, peaks in kept.peaks.items()} == {
        "citizen": 1000,
        "agent": 1000,
    }
    assert kept.non_talk_s == pytest.approx(5, abs=0.2)
    assert kept.transcript_state is TranscriptState.DONE
    places = dict(session.execute(select(Utterance.text, Utterance.offset_s)).all())
    assert places == {
        "路灯坏了": pytest.approx(1, abs=0.1),
        "在哪里": pytest.approx(4, abs=0.1),
        "阳明路": pytest.approx(6, abs=0.1),
    }


def test_fetching_twice_is_fetching_once(
    a_call: Call, reports: CarrierReports, sound: str, media: MediaServer
) -> None:
    reports.recording(sound, status="in-progress")
    fetch(_only().id)
    fetch(_only().id)
    assert len(media.asked) == 1


def test_a_recording_that_is_not_ready_is_asked_for_again(
    a_call: Call, reports: CarrierReports, sound: str, media: MediaServer
) -> None:
    media.not_ready = 1
    reports.recording(sound, status="in-progress")
    recording_id = _only().id
    with pytest.raises(archive.media.MediaError, match="404"):
        fetch(recording_id)
    assert _only().error == "运营商回答：404"
    assert _only().state is RecordingState.FETCHING
    fetch(recording_id)
    assert _only().state is RecordingState.STORED
    assert _only().error is None


def test_half_a_file_is_not_kept(
    a_call: Call, reports: CarrierReports, sound: str, media: MediaServer
) -> None:
    media.cut_short = True
    reports.recording(sound, status="in-progress")
    with pytest.raises(archive.media.MediaError):
        fetch(_only().id)
    assert _only().storage_key is None


def test_something_else_than_sound_is_not_kept(
    a_call: Call, reports: CarrierReports, sound: str, media: MediaServer
) -> None:
    media.files[PATH + ".wav"] = b"<html>please sign in</html>"
    reports.recording(sound, status="in-progress")
    with pytest.raises(archive.media.MediaError, match="不是 WAV"):
        fetch(_only().id)


def test_a_recording_is_given_up_in_the_end_and_a_person_may_ask_again(
    a_call: Call, reports: CarrierReports, sound: str, media: MediaServer
) -> None:
    media.not_ready = archive.ENOUGH_ATTEMPTS
    reports.recording(sound, status="in-progress")
    for _ in range(archive.ENOUGH_ATTEMPTS):
        with pytest.raises(archive.media.MediaError):
            fetch(_only().id)
    assert _only().state is RecordingState.FAILED
    fetch(_only().id)  # a late job changes nothing
    assert _only().state is RecordingState.FAILED
    archive.again(_only())
    fetch(_only().id)
    assert _only().state is RecordingState.STORED


def test_a_carrier_that_is_away_for_days_loses_no_recording(
    a_call: Call, reports: CarrierReports, sound: str, media: MediaServer
) -> None:
    media.refused = 5 * archive.ENOUGH_ATTEMPTS
    reports.recording(sound, status="in-progress")
    while media.refused:
        with pytest.raises(archive.media.MediaError, match="503"):
            fetch(_only().id)
    assert _only().state is RecordingState.FETCHING
    assert _only().next_at - now() <= archive.LONGEST_PAUSE
    fetch(_only().id)
    assert _only().state is RecordingState.STORED


def test_our_secret_goes_to_the_carrier_only(
    app: Flask, media: MediaServer, sound: str, tmp_path: object
) -> None:
    elsewhere = sound.replace("127.0.0.1", "localhost")
    with pytest.raises(archive.media.MediaError, match="401"):
        archive.media.download(elsewhere, tmp_path / "x.wav")
    assert media.asked[-1][1] is None


def with_fields(channels: int = 2, rate: int = 8000, bits: int = 16, ends: int | None = None):
    """A file whose header says so; ``ends``: how many of its bytes have come."""
    form = struct.pack("<HHIIHH", 1, channels, rate, 0, 0, bits)
    head = b"RIFF" + bytes(4) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    return (head + b"data" + struct.pack("<I", 64) + bytes(64))[:ends]


BROKEN = {
    "nothing of use": b"RIFF and then nothing of use",
    "ends in its header": with_fields(ends=22),
    "no channels": with_fields(channels=0),
    "no rate": with_fields(rate=0),
    "samples of nothing": with_fields(bits=0),
    "samples of five bytes": with_fields(bits=40),
    "no sound": with_fields(ends=36),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_read_is_kept_and_a_failed_job_says_why(
    a_call: Call,
    reports: CarrierReports,
    sound: str,
    media: MediaServer,
    work: Callable[[], None],
    app: Flask,
    time: Timeline,
    broken: str,
) -> None:
    media.files[PATH + ".wav"] = BROKEN[broken]
    reports.recording(sound)
    work()
    assert _only().state is RecordingState.STORED
    assert _only().error == archive.UNREADABLE
    failed = browser_of(app, somebody("gu", Role.ADMIN)).get("/admin/jobs").text
    assert archive.UNREADABLE in failed
    # Once a day is enough for a file that somebody has to mend.
    time.forward(3600)
    assert sweeps.run() == 0


def test_a_file_that_was_mended_is_measured_and_no_longer_complained_of(
    a_call: Call, reports: CarrierReports, sound: str, media: MediaServer, app: Flask
) -> None:
    media.files[PATH + ".wav"] = with_fields(channels=0)
    reports.recording(sound, status="in-progress")
    with pytest.raises(archive.Unreadable):
        fetch(_only().id)
    (app.config["SETTINGS"].var_dir / "recordings" / _only().storage_key).write_bytes(SOUND)
    fetch(_only().id)
    assert _only().error is None and set(_only().peaks) == {"citizen", "agent"}


def test_words_that_come_after_the_sound_find_their_place(
    a_call: Call,
    reports: CarrierReports,
    sound: str,
    work: Callable[[], None],
    at_second: Callable[[float], datetime],
) -> None:
    reports.recording(sound)
    work()
    assert _only().transcript_state is TranscriptState.WAITING_FOR_ENGINE
    reports.says(Party.CITIZEN, "路灯坏了", 1, at=at_second(3.5))
    work()
    assert session.scalars(select(Utterance)).one().offset_s == pytest.approx(1, abs=0.1)
    assert _only().transcript_state is TranscriptState.DONE


def test_a_lost_queue_is_swept(
    a_call: Call,
    reports: CarrierReports,
    sound: str,
    work: Callable[[], None],
    app: Flask,
    time: object,
) -> None:
    reports.recording(sound)
    app.extensions["redis"].flushdb()
    time.forward(300)
    assert sweeps.run() == 1
    assert sweeps.run() == 0  # queued a moment ago
    work()
    assert _only().state is RecordingState.STORED


def test_a_recording_of_a_call_that_goes_on_is_left_alone(
    a_call: Call, reports: CarrierReports, sound: str, time: object
) -> None:
    a_call.status, a_call.ended_at, a_call.disposition = CallStatus.TALKING, None, None
    reports.recording(sound, status="in-progress")
    time.forward(600)
    assert sweeps.run() == 0


def test_a_call_is_linked_when_it_is_known(
    a_call: Call, reports: CarrierReports, sound: str
) -> None:
    reports.recording(sound, status="in-progress", leg="CA-later")
    a_call.sid = "CA-later"
    fetch(_only().id)
    assert _only().call_id == a_call.id
    assert set(_only().peaks) == {"citizen", "agent"}


def test_no_transaction_is_open_while_downloading(
    a_call: Call, reports: CarrierReports, sound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports.recording(sound, status="in-progress")
    download, seen = media.download, []

    def watched(*given: object) -> object:
        seen.append(session().in_transaction())
        return download(*given)

    monkeypatch.setattr(media, "download", watched)
    fetch(_only().id)
    assert seen == [False]
