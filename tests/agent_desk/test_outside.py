"""Three-way with somebody outside: who hears whom, who may leave, and that 110 is not cut off."""

import pytest
from sqlalchemy import select

from infra.db import commit, session
from infra.privacy import mask
from models import (
    Activity,
    CallStatus,
    Disposition,
    DutyPhone,
    Order,
    OrderState,
    Outside,
    OutsideEnd,
    Place,
)
from tests.agent_desk.talks import Agent, a_duty_phone, call_of, events_of, talking
from tests.places import a_line

DUTY = "13800138000"


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


@pytest.fixture
def police(city):
    return city.citizen("110")


@pytest.fixture
def duty(city) -> DutyPhone:
    return a_duty_phone(DUTY)


def party() -> Outside:
    session.expire_all()
    return session.scalars(select(Outside).order_by(Outside.id.desc())).first()


def rung(city, wang, call, to="police") -> None:
    wang.does("three-way", call=call.id, to=to)
    city.until(lambda: party().joined, 10)
    city.pass_time(6)


def ordered(kind: str) -> int:
    return len(session.scalars(select(Order).where(Order.kind == kind)).all())


def test_110_hears_both_and_both_hear_110(city, citizen, wang, call, police):
    shown = wang.does("three-way", call=call.id, to="police")
    assert shown["outside"]["name"] == "110" and shown["outside"]["state"] == "ringing"
    assert wang.hears(citizen), "nobody is on hold while it rings"
    city.pass_time(8)
    assert police.hears("这里是一二三四五热线")
    assert wang.hears(citizen, police)
    assert wang.shows["outside"]["state"] == "joined"
    citizen.says("有人撬我家的门")
    assert police.hears("有人撬我家的门")


def test_a_units_duty_phone_is_rung_by_the_dialler(city, citizen, wang, call, duty):
    phone = city.citizen(f"+86{DUTY}")
    rung(city, wang, call, f"phone-{duty.id}")
    assert phone.connected and wang.hears(citizen, phone)
    assert party().name == "水务公司"
    named = {one["who"] for one in wang.page.get("/desk/targets").get_json()["outside"]}
    assert {"110", "119", "120", f"水务公司 {mask(DUTY)}"} <= named
    phone.hangs_up()
    city.pass_time(2)
    assert party().outcome is OutsideEnd.LEFT and wang.hears(citizen)


def test_two_agents_reach_110_at_the_same_time(city, citizen, wang, call, police):
    other = Agent.comes(city, "sun", *session.scalars(select(type(call_of(citizen).line))).all())
    second = city.citizen()
    their_call = talking(second, other)
    rung(city, wang, call)
    other.does("three-way", call=their_call.id, to="police")
    city.pass_time(8)
    assert [one.joined for one in session.scalars(select(Outside))] == [True, True]


def test_the_citizens_exit_does_not_end_a_talk_with_110(city, citizen, wang, call, police):
    rung(city, wang, call)
    citizen.hangs_up()
    city.pass_time(3)
    assert call_of(citizen).disposition is Disposition.ANSWERED
    assert police.connected and wang.hears(police)
    assert wang.activity is Activity.TALKING
    assert wang.shows["outside"]["alone"] and wang.shows["call"]["id"] == call.id
    wang.does("finish", call=call.id)
    assert not police.connected and not wang.phone.phone.connected
    assert wang.activity is Activity.WRAP_UP


@pytest.mark.parametrize("who", ["agent", "police"])
@pytest.mark.parametrize("reported", [True, False])
def test_without_the_citizen_it_is_over_when_either_leaves(
    city, citizen, wang, call, police, who, reported
):
    rung(city, wang, call)
    citizen.hangs_up()
    city.pass_time(3)
    if not reported:
        city.exchange.faults.drop = 1.0
    (police if who == "police" else wang.phone.phone).hangs_up()
    city.pass_time(2 if reported else 50)
    assert not police.connected and not wang.phone.phone.connected
    assert wang.activity in ((Activity.WRAP_UP,) if reported else (Activity.WRAP_UP, Activity.IDLE))
    assert party().outcome is OutsideEnd.CALL_OVER


def test_the_citizens_exit_ends_a_talk_with_anybody_else(city, citizen, wang, call, duty):
    phone = city.citizen(f"+86{DUTY}")
    rung(city, wang, call, f"phone-{duty.id}")
    citizen.hangs_up()
    city.pass_time(3)
    assert not phone.connected and not wang.phone.phone.connected
    assert wang.activity is Activity.WRAP_UP and party().outcome is OutsideEnd.CALL_OVER


def test_whose_agent_vanishes_stays_with_110_and_is_then_first_in_line(
    city, citizen, wang, call, police
):
    rung(city, wang, call)
    wang.phone.phone.hangs_up()
    city.pass_time(20)
    assert call_of(citizen).status is CallStatus.TALKING
    citizen.says("他还在门口")
    assert police.hears("他还在门口")
    refused = wang.asks("take-back", call=call.id)
    assert refused.status_code == 409
    police.hangs_up()
    city.pass_time(8)
    assert citizen.connected and citizen.hears("您排在最前面")
    assert call_of(citizen).status is CallStatus.WAITING
    assert session.scalars(select(Place.priority).order_by(Place.id.desc())).first() > 0
    assert wang.activity is Activity.WRAP_UP


def test_whose_agent_vanishes_with_a_unit_is_first_in_line(city, citizen, wang, call, duty):
    phone = city.citizen(f"+86{DUTY}")
    rung(city, wang, call, f"phone-{duty.id}")
    wang.phone.phone.hangs_up()
    city.pass_time(10)
    assert citizen.hears("您排在最前面") and not phone.connected
    assert call_of(citizen).status is CallStatus.WAITING


def test_after_110_has_gone_the_citizens_exit_ends_the_talk_again(
    city, citizen, wang, call, police
):
    rung(city, wang, call)
    police.hangs_up()
    city.pass_time(3)
    assert wang.hears(citizen) and ordered("outlast") == ordered("end_with") == 1
    citizen.hangs_up()
    city.pass_time(3)
    assert wang.activity is Activity.WRAP_UP and not wang.phone.phone.connected


@pytest.mark.parametrize("answers", ["nobody", "busy"])
def test_who_does_not_answer_is_told_and_the_talk_goes_on(
    city, citizen, wang, call, police, answers
):
    police.answers, police.busy = False, answers == "busy"
    wang.does("three-way", call=call.id, to="police")
    city.pass_time(50)
    assert party().outcome is OutsideEnd.MISSED and wang.shows["outside"] is None
    assert wang.hears(citizen)


def test_who_is_rung_for_nothing_any_more_is_hung_up_on(city, citizen, wang, call, police):
    police.answers = False
    wang.does("three-way", call=call.id, to="police")
    city.pass_time(4)
    wang.does("three-way/end")
    assert party().outcome is OutsideEnd.CANCELLED
    assert [leg.live for leg in police.rung] == [False]
    assert wang.hears(citizen)


def test_one_at_a_time_and_f2_cuts_nobody_off(city, citizen, wang, call, police):
    li = Agent.comes(city, "li", a_line("housing"))
    rung(city, wang, call)
    colleague = {"to": f"agent-{li.id}"}
    tries = (("three-way", {"to": "fire"}), ("finish", {}), ("consult", colleague))
    for what, about in (*tries, ("transfer", colleague)):
        assert wang.asks(what, call=call.id, **about).status_code == 409
    assert wang.asks("three-way", call=call.id, to="phone-99").status_code == 422
    wang.does("three-way/end")
    assert not police.connected and wang.hears(citizen)
    wang.does("finish", call=call.id)
    city.until(lambda: citizen.hears("请对本次服务评价"))
    assert events_of(call).count("outside_ended") == 1
    pending = select(Order).where(Order.state == OrderState.PENDING)
    assert session.scalars(pending).all() == []


def test_whose_agent_vanished_is_first_in_line_too_when_the_agent_ends_it(
    city, citizen, wang, call, police
):
    rung(city, wang, call)
    wang.phone.phone.hangs_up()
    city.pass_time(4)
    assert call_of(citizen).status is CallStatus.TALKING and police.connected
    wang.does("three-way/end", call=call.id)
    city.until(lambda: citizen.hears("您排在最前面"), 10)
    assert call_of(citizen).status is CallStatus.WAITING
    assert wang.activity is Activity.WRAP_UP and not police.connected


def test_a_carrier_that_refuses_once_keeps_nobody_from_110(city, citizen, wang, call, police):
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "429"
    wang.asks("three-way", call=call.id, to="police")
    city.pass_time(2)
    city.exchange.faults.rest = 0.0
    city.until(lambda: police.connected, 12)


def test_no_agent_is_left_alone_where_110_has_been(city, citizen, wang, call, police):
    """The word that the citizen's exit ends the conference again does not get through."""
    rung(city, wang, call)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "429"
    police.hangs_up()
    city.pass_time(2)
    citizen.hangs_up()
    city.pass_time(2)
    assert call_of(citizen).status is CallStatus.ENDED
    city.exchange.faults.rest = 0.0
    city.until(lambda: not wang.phone.phone.connected, 5)
