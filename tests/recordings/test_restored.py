"""Jobs that are killed in the middle, forgotten by Redis or done twice: nothing lost, nothing
doubled."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

import recordings.jobs
from infra.clock import now
from infra.db import commit, session
from models import Call, CallEvent, Recording, RecordingState
from recordings import archive, sweeps, transcripts
from recordings.jobs import ask_for, fetch
from telephony.told import Recorded
from tests.recordings.sounds import wav

SOUND = wav(10, [(1, 3)], [(4, 5)])
PATH = "/2010-04-01/Accounts/AC/Recordings/RE1"


class Killed(BaseException):
    """What kill -9 does: nothing of ours runs any more."""


def dies(*_given: object, **_known: object) -> None:
    raise Killed


def until_restored(app: Flask, time: object, work: Callable[[], None], pause: timedelta) -> None:
    app.extensions["redis"].flushdb()
    time.forward(pause.total_seconds())
    sweeps.run()
    work()


def only() -> Recording:
    session.expire_all()
    return session.scalars(select(Recording)).one()


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (archive.media, "download"),
        (archive, "_settle"),
        (archive, "measure"),
        (transcripts, "align"),
    ],
    ids=["downloading", "storing", "measuring", "transcribing"],
)
def test_a_recording_whose_fetcher_dies_is_fetched_by_another(
    app, a_call, reports, media, time, work, monkeypatch, place, name
):
    """recordings.jobs.fetch, at each of its steps."""
    media.files[PATH + ".wav"] = SOUND
    reports.says("citizen", "路灯坏了", 1)
    reports.recording(media.url + PATH, status="in-progress")
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(place, name, dies)
        fetch(only().id)
    until_restored(app, time, work, timedelta(minutes=10))
    kept = only()
    assert kept.state is RecordingState.STORED and kept.peaks
    assert kept.transcript_state == "done"
    before = (kept.storage_key, kept.checksum, len(media.asked))
    fetch(kept.id)
    assert (only().storage_key, only().checksum, len(media.asked)) == before


class Archive:
    """A carrier that has one recording of every leg."""

    def __init__(self, url: str) -> None:
        self.url = url

    def recordings_of(self, leg: str) -> list[Recorded]:
        return [Recorded("RE1", leg, self.url, "completed", 2, 10.0, now())]


@pytest.mark.parametrize("pause", [sweeps.ASK_AGAIN + timedelta(seconds=1), timedelta(days=365)])
def test_a_question_that_was_lost_is_asked_again_and_answered_once(
    app: Flask, a_call: Call, media, time, work, monkeypatch, pause
):
    """recordings.jobs.ask_for, however long nobody was there to do it."""
    media.files[PATH + ".wav"] = SOUND
    monkeypatch.setitem(app.extensions, "carrier", Archive(media.url + PATH))
    time.forward(300)
    sweeps.run()
    assert session.scalar(select(CallEvent.name)) == sweeps.ASKED
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(recordings.jobs, "carrier", dies)
        ask_for(a_call.id)
    assert session.scalars(select(Recording)).all() == []
    until_restored(app, time, work, pause)
    ask_for(a_call.id)
    commit()
    assert only().state is RecordingState.STORED
    assert only().call_id == a_call.id


def test_what_the_carrier_does_not_know_a_day_later_is_asked_for_no_more(
    app: Flask, a_call: Call, time, work, monkeypatch
):
    class Empty:
        def recordings_of(self, _leg: str) -> list[Recorded]:
            return []

    monkeypatch.setitem(app.extensions, "carrier", Empty())
    asked = []
    for _ in range(30):
        until_restored(app, time, work, sweeps.ASK_AGAIN + timedelta(seconds=1))
        session.expire_all()
        asked.append(a_call.recording_due_at is not None)
    assert asked.index(False) in (23, 24) and not any(asked[25:])
