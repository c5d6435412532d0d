"""The first half minute of a call, through the emulator's telephone."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

import tickets.sweeps
from agent_desk import picture
from analytics import board
from emulator.media import lasting
from infra.db import commit, session
from ivr.menu import menu
from models import (
    Call,
    CallEvent,
    CallStatus,
    CodeAttempt,
    Desired,
    Disposition,
    Kind,
    MissedContact,
    Offer,
    Person,
    Role,
    Seat,
    Ticket,
    TicketState,
    Topic,
    Unit,
    UnitKind,
)
from queues import calls
from seeds import plant
from tests.visitors import browser_of, somebody
from tickets import codes, numbers

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
        number=NUMBER,
        query_code=code,
        query_code_hash=numbers.hashed(NUMBER, code),
        summary="阳明路路灯不亮",
        **{"kind": Kind.HELP, "state": TicketState.PENDING_DISPATCH, **known},
    )
    session.add(ticket)
    commit()
    return ticket


def test_a_key_during_the_greeting_counts_at_once(city, citizen):
    citizen.dials("12345")
    city.until(lambda: citizen.hears("将被录音"))
    citizen.presses("8")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING, within=1)
    assert the_call(citizen).line.code == "tourism"
    assert not citizen.hears("请直接说出")


def test_a_hello_into_the_greeting_is_no_question_and_the_notice_is_said_again(city, citizen):
    citizen.dials("12345")
    city.until(lambda: citizen.hears("将被录音"))
    citizen.heard.clear()
    citizen.says("喂，喂")
    city.until(lambda: citizen.hears("请直接说出"), within=8)
    assert "将被录音" in citizen.heard[0]
    assert the_call(citizen).status is CallStatus.GREETED


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("家里着火了", "general"),
        ("公积金怎么提取", "housing_fund"),
        ("你好，路灯坏了，一直没人修", "general"),
        ("转人工", "general"),
    ],
)
def test_what_is_said_into_the_greeting_counts(city, citizen, words, line):
    citizen.dials("12345")
    city.until(lambda: citizen.hears("将被录音"))
    citizen.says(words)
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING, within=8)
    assert the_call(citizen).line.code == line
    assert the_call(citizen).speech == words
    assert (the_call(citizen).emergency is not None) == ("着火" in words)
    assert not citizen.hears("请直接说出")


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


DANGERS = {
    "家里着火了": "幺幺九",
    "快叫救护车": "幺二零",
    "我要报警": "幺幺零",
    "我不想活了": "幺二零",
    "家里煤气泄漏": "幺幺九",
    "孩子不见了": "幺幺零",
}


@pytest.mark.parametrize(("words", "number"), DANGERS.items())
def test_who_is_in_danger_is_rung_for_at_once_and_told_meanwhile_which_number_helps(
    city, citizen, words, number
):
    speaking = select(Seat).where(Seat.languages.contains(["zh"])).order_by(Seat.staff_id)
    agent1 = session.scalars(speaking).first()
    agent1.desired = Desired.READY
    desk = city.desk(agent1)
    at_menu(city, citizen)
    citizen.heard.clear()
    citizen.says(words)
    ringing = select(Offer.id).where(Offer.agent_id == desk.staff_id)
    city.until(lambda: session.scalar(ringing) is not None, within=2.5)
    city.until(lambda: citizen.heard != [], within=0.5)
    assert number in citizen.heard[0]
    assert not citizen.hears("正在为您转接")
    desk.accepts(session.scalar(ringing))
    city.until(lambda: the_call(citizen).status is CallStatus.TALKING, within=1)


def test_danger_is_shown_where_it_rings_and_to_the_leads(city, citizen):
    at_menu(city, citizen)
    with city.app.extensions["redis"].pubsub(ignore_subscribe_messages=True) as floor:
        floor.subscribe("floor")
        floor.get_message(timeout=1)
        citizen.says("楼下着火了")
        city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
        told = [json.loads(one["data"]) for one in iter(lambda: floor.get_message(timeout=1), None)]
    call = the_call(citizen)
    assert {"name": "emergency", "detail": {"call": call.id, "words": "着火"}} in told
    assert picture.about(call)["emergency"] == "着火"
    assert [one.words for one in board.board().emergencies] == ["着火"]


def test_danger_that_reached_nobody_stays_before_the_leads_until_it_is_handled(city, citizen):
    at_menu(city, citizen)
    citizen.says("楼下着火了")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    lead = browser_of(city.app, somebody("li", Role.LEAD))
    call = the_call(citizen)
    (waits,) = lead.get("/floor/figures").json["emergencies"]
    assert waits["state"] == "waiting" and waits["to"] == f"/calls/{call.id}"
    citizen.hangs_up()
    city.until(lambda: the_call(citizen).over)
    (missed,) = lead.get("/floor/figures").json["emergencies"]
    assert missed["state"] == "missed" and missed["to"] == f"/missed#call-{call.id}"
    assert missed["number"] == call.number_masked
    assert missed["since"] == call.ended_at.isoformat()
    assert lead.get("/floor/emergencies").json == ["着火（未接）"]
    tickets.sweeps.run()
    commit()
    assert len(board.board().emergencies) == 1
    assert f'id="call-{call.id}"' in lead.get("/missed").text
    lead.post(f"/missed/{session.scalars(select(MissedContact.id)).one()}/handled")
    assert lead.get("/floor/emergencies").json == []


@pytest.mark.parametrize("way", ["number", "code", "more"])
def test_danger_is_heard_on_the_way_to_a_ticket(city, citizen, way):
    a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    if way != "number":
        citizen.presses(NUMBER.replace("-", "") + "#")
        city.until(lambda: citizen.hears("6位查询码"))
    if way == "more":
        citizen.presses("123456")
        city.until(lambda: citizen.hears("已受理"))
        city.until(lambda: citizen.hears("否则请挂机"))
    citizen.says("楼下着火了")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    call = the_call(citizen)
    assert (call.line.code, call.emergency, call.priority) == ("general", "着火", 1000)


def test_danger_is_heard_in_english(city, citizen):
    calls.person_of(citizen.number).language = "en"
    commit()
    at_menu(city, citizen)
    citizen.says("please help, there is a fire in my house")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).emergency == "there is a fire"
    assert the_call(citizen).priority == 1000


def test_a_topic_named_on_the_way_to_a_ticket_leads_to_its_line(city, citizen):
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    citizen.says("公积金怎么提取")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).line.code == "housing_fund"


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


@pytest.mark.parametrize(
    "secret", [{"confidential": True}, {"kind": Kind.REPORT}, {"topic": "minor_bully"}]
)
def test_some_tickets_are_not_told_by_the_number(city, citizen, secret):
    if "topic" in secret:
        wanted = select(Topic).where(Topic.code == secret["topic"])
        secret = {"topic": session.scalars(wanted).one()}
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


@pytest.mark.parametrize(
    ("state", "dispatched", "named"),
    [
        (TicketState.PENDING_DISPATCH, False, False),
        (TicketState.DISPATCHED, True, True),
        # Taken back, to be dispatched anew; answered without any unit.
        (TicketState.PENDING_DISPATCH, True, False),
        (TicketState.ANSWERED, False, False),
    ],
)
def test_no_unit_is_named_before_the_ticket_is_with_it(city, citizen, state, dispatched, named):
    session.add(unit := Unit(code="urban", name="城管局", kind=UnitKind.BUREAU))
    session.flush()
    at = datetime(2026, 3, 1, tzinfo=UTC) if dispatched else None
    a_ticket(state=state, unit_id=unit.id, dispatched_at=at)
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    citizen.presses(NUMBER.replace("-", "") + "#")
    city.until(lambda: citizen.hears("6位查询码"))
    citizen.presses("123456")
    city.until(lambda: citizen.hears("您的工单"))
    assert citizen.hears("承办单位是城管局") is named


def presses_one_by_one(city, citizen, keys: str) -> None:
    for key in keys:
        citizen.presses(key)
        city.pass_time(0.4)


@pytest.mark.parametrize("end", ["", "#"])
def test_whether_he_ends_his_digits_with_hash_or_not_he_hears_at_once_where_it_is(
    city, citizen, end
):
    a_ticket()
    at_menu(city, citizen)
    presses_one_by_one(city, citizen, "9" + end)
    city.until(lambda: citizen.hears("14位工单号"))
    presses_one_by_one(city, citizen, NUMBER.replace("-", "") + end)
    city.until(lambda: citizen.hears("6位查询码"), within=1)
    presses_one_by_one(city, citizen, "123456" + end)
    city.until(lambda: citizen.hears("已受理"), within=1)
    city.until(lambda: citizen.hears("否则请挂机"))
    assert the_call(citizen).status is CallStatus.GREETED


def test_the_hash_of_a_wrong_code_does_not_spend_his_second_try(city, citizen):
    a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    presses_one_by_one(city, citizen, NUMBER.replace("-", "") + "#000000#")
    city.until(lambda: citizen.hears("请再试一次"))
    city.until(lambda: citizen.heard[-1].startswith("请输入14位工单号"))
    presses_one_by_one(city, citizen, "#" + NUMBER.replace("-", "") + "#123456#")
    city.until(lambda: citizen.hears("已受理"), within=1)


def test_what_he_types_while_he_is_asked_to_try_again_counts(city, citizen):
    a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    presses_one_by_one(city, citizen, NUMBER.replace("-", "") + "000000")
    city.until(lambda: "请再试一次" in citizen.heard[-1])
    presses_one_by_one(city, citizen, NUMBER.replace("-", "") + "123456")
    city.until(lambda: citizen.hears("已受理"), within=1)


def test_a_number_too_short_is_asked_for_once_more_and_spends_no_code(city, citizen):
    a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    for keys, answer in (
        ("2026030200000#", "工单号是14位数字"),
        (NUMBER.replace("-", ""), "6位查询码"),
        ("000000", "请再试一次"),
        (NUMBER.replace("-", ""), "6位查询码"),
    ):
        presses_one_by_one(city, citizen, keys)
        city.until(lambda answer=answer: answer in citizen.heard[-1])
        if answer != "6位查询码":
            city.until(lambda: citizen.heard[-1].startswith("请输入14位"))
    presses_one_by_one(city, citizen, "123456")
    city.until(lambda: citizen.hears("已受理"))


def test_a_number_too_short_twice_leads_to_a_person(city, citizen):
    at_menu(city, citizen)
    citizen.presses("9")
    for turn in range(2):
        city.until(lambda turn=turn: sum("14位工单号" in one for one in citizen.heard) > turn)
        citizen.presses("12345#")
        city.pass_time(1)
    city.until(lambda: citizen.hears("由人工为您核实"))
    assert the_call(citizen).status is CallStatus.WAITING


@pytest.mark.parametrize("known", [True, False])
def test_a_hash_at_the_end_of_a_long_question_is_no_silence(city, citizen, known):
    """However much is said before, and however slowly."""
    if known:
        a_ticket(due_at=datetime(2026, 3, 3, 9, tzinfo=UTC))
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    city.pass_time(lasting(citizen.heard[-1]) + 3)
    citizen.presses("#")
    city.until(lambda: sum("14位工单号" in one for one in citizen.heard) == 2)
    assert the_call(citizen).status is CallStatus.GREETED
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)


def test_a_hash_after_his_ticket_was_told_does_not_lead_to_a_person(city, citizen):
    a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    citizen.presses(NUMBER.replace("-", ""))
    city.until(lambda: citizen.hears("6位查询码"))
    citizen.presses("123456")
    city.until(lambda: citizen.hears("否则请挂机"))
    citizen.presses("#")
    city.until(lambda: sum("否则请挂机" in one for one in citizen.heard) == 2)
    citizen.presses("0")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING, within=1)


def test_wrong_twice_leads_to_a_person_and_is_counted(city, citizen):
    a_ticket()
    at_menu(city, citizen)
    citizen.presses("9")
    for turn in range(2):
        city.until(lambda turn=turn: sum("14位工单号" in one for one in citizen.heard) > turn)
        citizen.presses(NUMBER.replace("-", "") + "#")
        city.until(lambda turn=turn: sum("6位查询码" in one for one in citizen.heard) > turn)
        citizen.presses("000000")
        city.pass_time(1)
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    attempts = session.execute(select(CodeAttempt.number, CodeAttempt.right)).all()
    assert attempts == [(NUMBER, False)] * 2


def test_who_was_wrong_in_his_calls_before_is_led_to_a_person_at_once(city, citizen):
    a_ticket()
    citizen.dials("12345")
    city.pass_time(1)
    for one in range(5):
        codes.opened(f"20260101-{one:06}", "111111", by=the_call(citizen))
    commit()
    citizen.hangs_up()
    city.pass_time(1)
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("由人工为您核实"))
    assert the_call(citizen).status is CallStatus.WAITING
    assert citizen.hears("您有一张在办工单")
    assert not citizen.hears("14位工单号")


@pytest.mark.parametrize("act", [lambda one: one.presses("0#"), lambda one: None])
def test_zero_or_silence_in_the_enquiry_leads_to_a_person(city, citizen, act):
    at_menu(city, citizen)
    citizen.presses("9")
    city.until(lambda: citizen.hears("14位工单号"))
    act(citizen)
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).line.code == "general"


def menu_of(city, citizen) -> str:
    citizen.heard.clear()
    at_menu(city, citizen)
    return next(one for one in citizen.heard if "请直接说出" in one)


def test_the_topic_of_his_last_call_is_told_first_and_keeps_its_key(city, citizen):
    assert "按键：公积金按1" in menu_of(city, citizen)
    citizen.presses("8")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    citizen.hangs_up()
    city.pass_time(1)
    assert "按键：文旅按8，公积金按1" in menu_of(city, citizen)
    citizen.presses("8")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert the_call(citizen).line.code == "tourism"


def test_who_asks_for_a_person_keeps_the_topic_of_the_call_before(city, citizen):
    calls.person_of(citizen.number).last_line = "tourism"
    commit()
    at_menu(city, citizen)
    citizen.presses("0")
    city.until(lambda: the_call(citizen).status is CallStatus.WAITING)
    assert session.scalars(select(Person.last_line)).one() == "tourism"
