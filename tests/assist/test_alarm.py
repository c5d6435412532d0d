"""Danger is heard in the talk, too, and which kind it was is known from the words that are kept."""

import json

import pytest
from sqlalchemy import select

from agent_desk import picture
from analytics import board
from assist import advice, emergency
from infra.db import commit, session
from models import (
    EMERGENCY_PRIORITY,
    Call,
    CallEvent,
    CallStatus,
    Offer,
    OfferState,
    Party,
    Utterance,
)
from queues import waiting
from tests.places import a_line, an_agent

EVERY_WORD = [(kind.name, word) for kind in emergency._kinds() for word in kind.words]


@pytest.mark.parametrize(("kind", "word"), EVERY_WORD)
def test_the_kind_of_danger_is_known_from_the_words_that_are_kept(kind, word):
    assert emergency.kind_of(emergency.find(word).words) == kind


def test_each_kind_of_danger_has_its_advice(app):
    assert set(advice.ADVICE) == set(emergency.kinds())
    for kind, number in [("fire", "119"), ("medical", "120"), ("missing_child", "110")]:
        word = next(kept for name, kept in EVERY_WORD if name == kind)
        assert number in advice.for_words(word)
    assert advice.for_words(None) is advice.for_words("公积金") is None


@pytest.fixture
def talk(city):
    """A citizen and an agent who talk about something harmless."""
    desk = city.desk(an_agent("wang", a_line("general")))
    commit()
    citizen = city.citizen()
    citizen.dials("12345")
    ringing = select(Offer.id).where(Offer.state == OfferState.RINGING)
    city.until(lambda: session.scalar(ringing) is not None, 60)
    desk.accepts(session.scalar(ringing))
    city.until(lambda: the_call().status is CallStatus.TALKING)
    return citizen, desk


def the_call() -> Call:
    session.expire_all()
    return session.scalars(select(Call)).one()


def test_danger_that_a_citizen_tells_the_agent_alerts_the_leads(city, talk):
    citizen, desk = talk
    citizen.says("你好，我想问一下公积金")
    city.pass_time(3)
    assert the_call().emergency is None
    with city.app.extensions["redis"].pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe("floor", f"agent:{desk.staff_id}")
        for _ in range(2):
            heard.get_message(timeout=1)
        citizen.says("楼上突然着火了")
        city.pass_time(3)
        citizen.says("有人晕倒了")
        city.pass_time(3)
        told = [json.loads(one["data"]) for one in iter(lambda: heard.get_message(timeout=1), None)]
    call = the_call()
    alarms = [one["detail"] for one in told if one["name"] == "emergency"]
    assert alarms == [{"call": call.id, "words": "着火"}]
    assert "seat-moved" in [one["name"] for one in told]
    assert picture.about(call)["emergency"] == "着火"
    assert "119" in picture.about(call)["advice"]
    assert [one.words for one in board.board().emergencies] == ["着火"]
    names = session.scalars(select(CallEvent.name).where(CallEvent.call_id == call.id)).all()
    assert names.count("emergency") == 1


def test_what_the_agent_says_is_no_danger(city, talk):
    _, desk = talk
    desk.phone.says("请问是着火了吗")
    city.pass_time(3)
    said = session.scalars(select(Utterance).where(Utterance.party == Party.AGENT)).one()
    assert "着火" in said.text
    assert the_call().emergency is None


def test_who_told_of_danger_and_loses_his_agent_is_first_in_line(city, talk):
    citizen, desk = talk
    citizen.says("家里着火了")
    city.pass_time(3)
    desk.open = False
    desk.phone.hangs_up()
    city.until(lambda: citizen.hears("幺幺九"), 10)
    assert waiting.place_of(the_call()).priority >= EMERGENCY_PRIORITY


def test_nobody_in_danger_is_left_with_music(city):
    a_line()
    commit()
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.says("家里着火了")
    city.until(lambda: citizen.hears("幺幺九"), 30)
    for _minute in range(3):
        citizen.heard.clear()
        city.pass_time(30)
        assert not citizen.hears("幺幺九")
        city.until(lambda: citizen.hears("幺幺九"), 45)


def test_who_tells_of_danger_while_he_waits_again_goes_first_and_hears_which_number_helps(
    city, talk
):
    citizen, desk = talk
    desk.open = False
    desk.phone.hangs_up()
    city.until(lambda: citizen.hears("排在最前面"), 15)
    city.pass_time(5)
    before = waiting.place_of(the_call()).priority
    citizen.heard.clear()
    citizen.says("家里着火了")
    city.until(lambda: citizen.hears("幺幺九"), 30)
    assert waiting.place_of(the_call()).priority == before + EMERGENCY_PRIORITY
    citizen.heard.clear()
    city.pass_time(45)
    assert not citizen.hears("幺幺九")
