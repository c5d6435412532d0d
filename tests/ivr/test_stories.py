"""The first half minute of a call, through the emulator's telephone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from infra.db import commit, session
from ivr.menu import menu
from models import (
    Call,
    CallEvent,
    CallStatus,
    Disposition,
    Kind,
    Person,
    Ticket,
    TicketState,
    Topic,
)
from queues import calls
from seeds import plant
from tickets import numbers

NUMBER = "20260302-000007"


@pytest.fixture
def citizen(city):
    plant.plant()
    commit()
    return city.citizen("+8613812345678")


def the_call(citizen) -> Call:
    session.expire_all()
    return session.scalars(select(Call).where(Call.sid == citizen.leg.sid)).one()


def at_menu(city, citizen):
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出") or citizen.hears("Please say"))


def a_ticket(code: str = "123456", **known) -> Ticket:
    person = calls.person_of("+8613812345678")
    ticket = Ticket(
        person_id=person.id,
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
        submitted_at=datetime(2026, 3, 1, tzinfo=UTC),
        state=TicketState.SUBMITTED,
        number=NUMBER,
        query_code=code,
        query_code_hash=numbers.hashed(NUMBER, code),
        summary="阳明路路灯不亮",
        **{"kind": Kind.HELP, **known},
    )
    session.add(ticket)
    commit()
    return ticket


def test_free_speech_goes_to_its_line_without_further_questions(city, citizen):
    at_menu(city, citizen)
    citizen.says("公积金怎么提取")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).line.code == "housing_fund"
    assert the_call(citizen).speech == "公积金怎么提取"


def test_speech_that_is_not_understood_leads_to_a_person(city, citizen):
    at_menu(city, citizen)
    citizen.says("嗯那个我想说一件事情")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).line.code == "general"


def test_danger_skips_everything(city, citizen):
    at_menu(city, citizen)
    citizen.says("我家楼下着火了，公积金的事以后再说")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    call = the_call(citizen)
    assert (call.line.code, call.emergency, call.priority) == ("general", "着火", 1000)
    assert "emergency" in session.scalars(select(CallEvent.name))


def test_the_hash_key_leads_to_english_and_is_remembered(city, citizen):
    at_menu(city, citizen)
    citizen.presses("#")
    city.until(lambda: citizen.hears("Connecting you"))
    citizen.hangs_up()
    city.pass_time(1)
    citizen.heard.clear()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("Welcome to the 12345"))


@pytest.mark.parametrize(
    ("key", "choice"), [(k, c) for k, c in menu().choices.items() if c.action == "line"]
)
def test_each_key_of_a_topic_leads_to_its_line(city, citizen, key, choice):
    at_menu(city, citizen)
    citizen.presses(key)
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).line.code == choice.value
    city.pass_time(2)
    assert not citizen.hears("系统暂时遇到问题")


@pytest.mark.parametrize("key", ["0", "*"])
def test_zero_and_wrong_keys_lead_to_a_person(city, citizen, key):
    at_menu(city, citizen)
    citizen.presses(key)
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).line.code == "general"


def test_without_a_menu_there_is_a_greeting_and_a_person(city, citizen, monkeypatch):
    settings = replace(city.app.config["SETTINGS"], menu_enabled=False)
    monkeypatch.setitem(city.app.config, "SETTINGS", settings)
    citizen.dials("12345")
    city.pass_time(1)
    assert the_call(citizen).status is CallStatus.WAITING
    city.pass_time(12)
    assert citizen.hears("将被录音") and not citizen.hears("请直接说出")


def test_the_number_alone_tells_only_that_there_is_a_ticket(city, citizen):
    a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("您有一张在办工单"))
    assert not citizen.hears("路灯")


@pytest.mark.parametrize("secret", [{"confidential": True}, {"kind": Kind.REPORT}, {"minor": True}])
def test_some_tickets_are_not_told_by_the_number(city, citizen, secret):
    if secret.pop("minor", False):
        bullying = session.scalars(select(Topic).where(Topic.code == "minor_bully")).one()
        secret["topic_id"] = bullying.id
    a_ticket(**secret)
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    assert not citizen.hears("您有一张")


def test_with_number_and_code_he_hears_where_it_is(city, citizen):
    a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    citizen.presses(NUMBER.replace("-", "") + "#")
    city.until(lambda: citizen.hears("6位查询码"))
    citizen.presses("123456")
    city.until(lambda: citizen.hears("已受理"))
    city.until(lambda: not citizen.connected, 60)
    city.pass_time(1)
    assert the_call(citizen).disposition is Disposition.SELF_SERVED


def test_wrong_twice_leads_to_a_person_and_is_counted(city, citizen):
    ticket = a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    for turn in range(2):
        city.until(lambda turn=turn: sum("14位工单号" in one for one in citizen.heard) > turn)
        citizen.presses(NUMBER.replace("-", "") + "#")
        city.until(lambda turn=turn: sum("6位查询码" in one for one in citizen.heard) > turn)
        citizen.presses("000000")
        city.pass_time(1)
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    session.refresh(ticket)
    assert ticket.code_failures == 2


@pytest.mark.parametrize("act", [lambda one: one.presses("0#"), lambda one: None])
def test_zero_or_silence_in_the_enquiry_leads_to_a_person(city, citizen, act):
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    act(citizen)
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).line.code == "general"


def test_the_last_line_is_remembered(city, citizen):
    at_menu(city, citizen)
    citizen.presses("8")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert session.scalars(select(Person.last_line)).one() == "tourism"
