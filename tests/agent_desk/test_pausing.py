"""What must not be kept is neither recorded nor written down; the recording goes on by itself."""

import io
import wave

import numpy as np
import pytest
from sqlalchemy import select

from infra.db import commit, session
from models import AuditEntry, CallStatus, Order, OrderState, Utterance
from tests.agent_desk.talks import Agent, call_of, events_of, talking
from tests.places import a_line

SECRET, PLAIN = "卡号六二二二零二", "我要查公积金"


@pytest.fixture
def wang(city, app, time) -> Agent:
    line = a_line()
    commit()
    return Agent.comes(city, "wang", line)


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


@pytest.fixture
def call(citizen, wang):
    return talking(citizen, wang)


def written() -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Utterance.text).order_by(Utterance.id)))


def loud(city, citizen) -> list[bool]:
    """Of each second of the recording: whether the citizen's channel has sound."""
    recording = city.exchange.legs[citizen.leg.sid].recordings[0]
    with wave.open(io.BytesIO(recording.media)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
        rate = file.getframerate()
    return [
        bool(np.abs(sound[at : at + rate, 0]).max()) for at in range(0, len(sound) - rate, rate)
    ]


def test_a_card_number_is_neither_recorded_nor_written_down(city, citizen, wang, call):
    shown = wang.does("recording/pause", call=call.id, reason="card")
    assert shown["call"]["unrecorded_until"] is not None
    citizen.says(SECRET)
    wang.phone.phone.says(SECRET)
    city.pass_time(5)
    wang.does("recording/resume", call=call.id)
    city.pass_time(5)
    citizen.says(PLAIN)
    city.pass_time(5)
    citizen.hangs_up()
    city.pass_time(5)
    assert written() == [PLAIN]
    sound = loud(city, citizen)
    assert sum(sound) in (1, 2, 3), "the card's number is silence, the other sentence is heard"
    page = wang.page.get(f"/calls/{call.id}").text
    assert "暂停录音" in page and "银行卡、账户" in page
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "recording.paused")).one()
    assert entry.detail["reason"] == "card"


def test_the_desk_says_paused_when_the_carrier_has_obeyed(city, citizen, wang, call):
    city.exchange.faults.set({"rest": 1})
    asked = wang.does("recording/pause", call=call.id, reason="card")
    assert asked["call"]["pause_obeyed"] == wang.shows["call"]["pause_obeyed"] == "pending"
    city.exchange.faults.set({"rest": 0})
    city.pass_time(3)
    assert wang.shows["call"]["pause_obeyed"] == "done"
    wang.does("recording/resume", call=call.id)
    assert wang.shows["call"]["pause_obeyed"] is None


def test_a_sentence_that_began_in_the_pause_is_not_written_down(city, citizen, wang, call):
    wang.does("recording/pause", call=call.id, reason="code")
    citizen.says(SECRET)
    wang.does("recording/resume", call=call.id)
    city.pass_time(3)
    assert written() == []


def test_forgotten_it_goes_on_by_itself(city, citizen, wang, call):
    wang.does("recording/pause", call=call.id, reason="other")
    city.pass_time(88)
    assert call_of(citizen).unrecorded_until is not None
    city.pass_time(4)
    assert call_of(citizen).unrecorded_until is None
    assert events_of(call)[-2:] == ["recording_paused", "recording_resumed"]
    kinds = session.scalars(select(Order.kind).order_by(Order.id)).all()
    assert kinds[-2:] == ["pause_recording", "resume_recording"]
    city.pass_time(4)
    citizen.says(PLAIN)
    city.pass_time(3)
    assert written() == [PLAIN]


def test_whose_agent_vanishes_is_recorded_with_the_next(city, citizen, wang, call):
    wang.does("recording/pause", call=call.id, reason="card")
    wang.phone.phone.hangs_up()
    city.pass_time(5)
    assert call_of(citizen).status is CallStatus.WAITING
    assert city.exchange.legs[citizen.leg.sid].recordings[0].status == "in-progress"
    pending = select(Order).where(Order.state == OrderState.PENDING)
    assert session.scalars(pending).all() == []


def test_a_reason_is_needed_and_the_talk_must_be_his(city, citizen, wang, call):
    assert wang.asks("recording/pause", call=call.id, reason="boredom").status_code == 422
    stranger = Agent.comes(city, "zhao", a_line("tourism"))
    assert stranger.asks("recording/pause", call=call.id, reason="card").status_code == 404
    wang.does("finish", call=call.id)
    assert wang.asks("recording/pause", call=call.id, reason="card").status_code == 409
