"""留言: a message left by key in the queue is a callback with a recording, heard at the desk."""

import pytest
from sqlalchemy import func, select

from infra.clock import now
from infra.db import commit, session
from ivr.voicemail import Voicemail
from models import (
    Call,
    CallbackState,
    CallbackWay,
    CallStatus,
    Disposition,
    MissedContact,
    Party,
    Recording,
    Source,
    Ticket,
    Utterance,
)
from telephony.carrier import Carrier
from tests.agent_desk.talks import Agent, call_of
from tests.analytics.leads import Lead
from tests.callbacks.conftest import back_calls, is_free, talks, the_callback, waits
from tests.places import a_line
from tickets import completion


def reaches_the_tone(city, citizen) -> Call:
    call = waits(city, citizen)
    city.pass_time(3)
    citizen.presses("*")
    city.until(lambda: citizen.hears("留言请按3"), 3)
    citizen.presses("3")
    city.until(lambda: citizen.hears("请在提示音后留言"), 5)
    city.pass_time(6)
    return call


def leaves_a_message(city, citizen) -> Call:
    call = reaches_the_tone(city, citizen)
    citizen.says("我家门口的井盖不见了")
    city.pass_time(5)
    citizen.presses("#")
    city.until(lambda: citizen.hears("留言已经录下"), 5)
    city.until(lambda: not citizen.connected, 20)
    session.refresh(call)
    return call


@pytest.fixture
def collect(city):
    def run() -> None:
        commit()
        with city.app.test_request_context():
            Voicemail().collect()
        session.expire_all()

    return run


def test_it_is_a_callback_at_his_own_place_with_a_recording(city, citizen, wang, collect):
    call = leaves_a_message(city, citizen)
    assert (call.status, call.disposition) == (CallStatus.ENDED, Disposition.VOICEMAIL)
    callback = the_callback()
    assert (callback.way, callback.id) == (CallbackWay.VOICEMAIL, call.callback_id)
    assert callback.age_from < callback.asked_at
    collect()
    recording = session.scalars(select(Recording)).one()
    assert recording.call_id == call.id
    assert session.scalar(select(func.count(MissedContact.id))) == 0
    # What was said in it, as the worker writes it down.
    session.add(
        Utterance(
            call_id=call.id,
            party=Party.CITIZEN,
            text="阳明路的路灯坏了三天没人修",
            at=now(),
            source=Source.ASR,
            transcription="RE-x",
            sequence=1,
        )
    )
    commit()
    is_free(wang)
    city.until(lambda: wang.rings is not None, 60)
    shown = wang.shows["offer"]["call"]["callback"]
    assert shown["way"] == "voicemail" and shown["messages"]
    sound = shown["messages"][0]["sound"]
    assert wang.page.get(sound).status_code in (200, 206, 404, 409)
    assert wang.page.get(f"/calls/{call.id}").status_code == 200
    wang.answers()
    back = back_calls()[-1]
    city.until(lambda: talks(back), 25)
    assert "阳明路的路灯坏了三天没人修" in [said for _party, said in completion.segments(back.id)]
    completion.open_draft(back)
    draft = session.scalars(select(Ticket).where(Ticket.call_id == back.id)).one()
    assert "路灯" in (draft.summary or "")
    assert the_callback().state is CallbackState.REACHED


def test_nobody_is_rung_for_him_while_he_speaks(city, citizen, wang):
    call = reaches_the_tone(city, citizen)
    is_free(wang)
    city.pass_time(4)
    assert wang.rings is None and call_of(citizen).status is CallStatus.WAITING
    # He says nothing after all: he is rung back, at his own place.
    city.until(lambda: session.refresh(call) or call.disposition is Disposition.VOICEMAIL, 20)
    city.until(lambda: wang.rings is not None, 60)
    assert wang.rings.call_id == back_calls()[-1].id


def test_no_lead_sends_him_elsewhere_while_he_speaks(city, citizen, wang):
    """At another place nothing would be known of it: he was led back into the queue in mid-word."""
    call = reaches_the_tone(city, citizen)
    other = a_line("housing")
    Agent.comes(city, "li", other)
    asked = {"call": call.id, "reason": "高峰"}
    refused = Lead.comes(city).asks("move", line=other.id, **asked)
    assert refused.status_code == 409 and "留言" in refused.get_json()["error"]
    for _ in range(6):
        citizen.says("我家门口的井盖不见了，请派人来看一看，天黑以后很危险")
        city.pass_time(9)
    citizen.presses("#")
    city.until(lambda: citizen.hears("留言已经录下"), 5)
    assert the_callback().way is CallbackWay.VOICEMAIL


def test_who_hangs_up_without_the_key_is_rung_back_all_the_same(city, citizen, wang, collect):
    call = reaches_the_tone(city, citizen)
    citizen.says("我家门口的井盖不见了")
    city.pass_time(5)
    citizen.hangs_up()
    city.pass_time(3)
    collect()
    session.refresh(call)
    assert the_callback().way is CallbackWay.VOICEMAIL and call.callback_id == the_callback().id


def test_whose_end_nobody_has_reported_is_promised_it_too(
    city, citizen, wang, collect, monkeypatch
):
    """A recording that is known is not looked at again."""
    call = reaches_the_tone(city, citizen)
    citizen.says("我家门口的井盖不见了")
    city.pass_time(5)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice", 1.0
    city.ticking = False
    citizen.hangs_up()
    city.pass_time(3)
    monkeypatch.setattr(Carrier, "alive", lambda *_: True)
    collect()
    session.refresh(call)
    assert not call.over and call.callback_id == the_callback().id
