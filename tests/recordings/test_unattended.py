"""A recording goes on while a citizen who lost his agent waits: that is nobody's talk."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Call, CallEvent, Party, Recording, Role, Utterance
from recordings import transcripts, unattended
from recordings.asr import Segment
from recordings.jobs import fetch
from tests.recordings.conftest import CarrierReports
from tests.recordings.sounds import MediaServer, wav
from tests.visitors import browser_of, somebody

PATH = "/2010-04-01/Accounts/AC/Recordings/RE1"
NOON = datetime.fromisoformat("2026-11-25T12:00:00+08:00")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([("talking", 0), ("finished", 9)], []),
        ([("talking", 0), ("agent_lost", 4), ("talking", 7), ("finished", 9)], [(4, 7)]),
        ([("talking", 0), ("agent_lost", 4), ("ended", 6)], [(4, 6)]),
        ([("talking", 0), ("agent_lost", 4)], [(4, 20)]),
        ([("talking", 0), ("agent_lost", 4), ("agent_lost", 5), ("talking", 7)], [(4, 7)]),
        (
            [("agent_lost", 1), ("talking", 2), ("agent_lost", 3), ("talking", 4), ("ended", 5)],
            [(1, 2), (3, 4)],
        ),
    ],
)
def test_from_each_loss_to_the_next_talk(
    events: list[tuple[str, int]], expected: list[tuple[int, int]]
) -> None:
    rows = [CallEvent(name=name, at=NOON + timedelta(seconds=at)) for name, at in events]
    found = unattended.times(rows, NOON + timedelta(seconds=20))
    assert [((a - NOON).seconds, (b - NOON).seconds) for a, b in found] == expected


@pytest.fixture
def broke_off(a_call: Call, at_second: Callable[[float], datetime]) -> Call:
    """They talk, the agent is gone from second 3.5 on, and back at 7."""
    for name, second in (("talking", 0), ("agent_lost", 3.5), ("talking", 7), ("ended", 10)):
        session.add(CallEvent(call_id=a_call.id, name=name, at=at_second(second)))
    session.flush()
    return a_call


@pytest.fixture
def recording(broke_off: Call, reports: CarrierReports, media: MediaServer) -> Recording:
    # On the agent's channel: his greeting, a prompt of the queue, and he again.
    media.files[PATH + ".wav"] = wav(10, [(1, 2)], [(0.5, 0.9), (4, 6), (8, 9)])
    reports.recording(media.url + PATH, status="in-progress")
    fetch(session.scalars(select(Recording.id)).one())
    session.expire_all()
    return session.scalars(select(Recording)).one()


def test_prompts_are_neither_the_agents_speech_nor_his_voice(recording: Recording) -> None:
    assert [pytest.approx(one, abs=0.06) for one in recording.speech["agent"]] == [
        (0.5, 0.9),
        (8, 9),
    ]
    assert recording.non_talk_s == pytest.approx(10 - 2.4, abs=0.2)


def test_the_replay_marks_them(app: Flask, recording: Recording) -> None:
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert lead.get(f"/recordings/{recording.id}/waveform").get_json()["prompts"] == [[3.5, 7.0]]
    page = lead.get(f"/calls/{recording.call_id}").get_data(as_text=True)
    assert "不是座席说话" in page and "0:03–0:07" in page


def test_a_prompt_that_is_understood_is_no_sentence_of_the_agent(
    broke_off: Call, reports: CarrierReports, at_second: Callable[[float], datetime]
) -> None:
    broke_off.ended_at = None
    broke_off.status, broke_off.disposition = "talking", None
    for number, (second, text) in enumerate([(2, "您好"), (5, "您前面还有两位"), (8, "我回来了")]):
        reports.post(
            "/voice/words?speaker=citizen",
            TranscriptionEvent="transcription-content",
            TranscriptionSid="GT-1",
            SequenceId=str(number),
            Track="outbound_track",
            Final="true",
            TranscriptionData=f'{{"transcript": "{text}"}}',
            Timestamp=at_second(second).isoformat(),
            CallSid=broke_off.sid,
        )
    said = session.execute(select(Utterance.party, Utterance.text).order_by(Utterance.at)).all()
    assert said == [(Party.AGENT, "您好"), (Party.AGENT, "我回来了")]


def test_an_engine_that_heard_the_prompts_is_not_believed(recording: Recording) -> None:
    heard = [Segment(0.5, 0.9, "您好", None), Segment(4, 6, "您前面还有两位", None)]
    transcripts._write(recording.id, [[Segment(1, 2, "路灯不亮", None)], heard])
    said = session.execute(select(Utterance.party, Utterance.text).order_by(Utterance.at)).all()
    assert said == [(Party.AGENT, "您好"), (Party.CITIZEN, "路灯不亮")]


def test_who_never_lost_his_agent_is_never_alone(a_call: Call) -> None:
    assert not unattended.at(a_call, now())
