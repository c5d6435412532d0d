"""回呼: it competes with who waits, an agent is there first, and every end has its account."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import (
    Activity,
    Call,
    CallbackState,
    CallStatus,
    Dial,
    Direction,
    Disposition,
    Offer,
    OfferState,
    TextMessage,
)
from telephony.carrier import Carrier
from telephony.errors import BadNumber
from tests.agent_desk.talks import Agent, call_of, events_of
from tests.callbacks.conftest import (
    back_calls,
    busy,
    is_free,
    keeps_his_place,
    talks,
    the_callback,
    waits,
)
from tests.places import an_agent


def is_offered(city, agent: Agent) -> Call:
    is_free(agent)
    city.until(lambda: agent.rings is not None, 60)
    return back_calls()[-1]


def is_tried(city, agent: Agent, within: float = 60) -> None:
    """An agent is there, the citizen is rung, and it comes to nothing."""
    is_offered(city, agent)
    agent.answers()
    city.until(lambda: the_callback().state is not CallbackState.DIALLING, within)


def later(city, minutes: float) -> None:
    """Minutes in which nothing happens, then seconds in which the clock ticks."""
    city.ticking = False
    city.pass_time(minutes * 60)
    city.ticking = True
    city.pass_time(3)


def test_an_agent_is_there_first_then_he_is_rung_and_they_talk_like_any_two(city, citizen, wang):
    callback = keeps_his_place(city, citizen)
    call = is_offered(city, wang)
    assert citizen.rung == [], "nobody's telephone rings before an agent is there"
    shown = wang.shows["offer"]["call"]
    assert (shown["direction"], shown["number"]) == ("back", "138****5678")
    assert shown["callback"]["way"] == "key"
    citizen.heard.clear()
    wang.answers()
    assert the_callback().state is CallbackState.DIALLING
    city.until(lambda: len(citizen.rung) == 1, 5)
    city.until(lambda: citizen.hears("按您的预约给您回电，本次通话将被录音"), 5)
    city.until(lambda: talks(call), 20)
    assert wang.hears(citizen) and the_callback().state is CallbackState.REACHED
    assert call.tapped_at is not None and call.sid == citizen.leg.sid
    assert wang.shows["call"]["direction"] == "back"
    wang.does("hold", call=call.id)
    assert wang.shows["call"]["held_since"] is not None
    wang.does("resume", call=call.id)
    wang.does("finish", call=call.id)
    city.until(lambda: citizen.hears("请对本次服务评价"), 5)
    citizen.presses("5")
    city.until(lambda: session.refresh(call) or call.status is CallStatus.ENDED, 15)
    assert (call.rating, call.disposition) == (5, Disposition.ANSWERED)
    assert call.agent_id == wang.id and call.callback_id == callback.id


def test_he_is_offered_by_when_he_began_to_wait(city, citizen, wang):
    younger = city.citizen()
    keeps_his_place(city, citizen)
    city.pass_time(20)
    waits(city, younger)
    back = is_offered(city, wang)
    assert wang.rings.call_id == back.id
    wang.does("decline", offer=wang.rings.id)
    assert the_callback().tried == 0 and the_callback().state is CallbackState.IN_LINE
    # Declining is no attempt, and his place is still before the other one's.
    city.until(lambda: wang.rings is not None, 20)
    assert wang.rings.call_id == back.id


def test_who_waits_longer_is_served_before_him(city, citizen, wang):
    older = city.citizen()
    first = waits(city, older)
    keeps_his_place(city, citizen)
    city.pass_time(25)
    is_free(wang)
    city.until(lambda: wang.rings is not None, 10)
    assert wang.rings.call_id == first.id


@pytest.mark.parametrize("how", ["busy", "no_answer", "machine"])
def test_each_ringing_in_vain_counts_and_the_last_one_is_told_by_text(city, citizen, wang, how):
    keeps_his_place(city, citizen)
    citizen.busy, citizen.answers = how == "busy", how != "no_answer"
    citizen.nature = "machine" if how == "machine" else "human"
    city.exchange.media.utter = lambda *_: 8.0
    for attempt in (1, 2, 3):
        is_tried(city, wang)
        assert the_callback().tried == attempt
        assert wang.activity is Activity.IDLE and not wang.phone.phone.connected
        assert back_calls()[-1].disposition is Disposition.NOT_REACHED
        busy(wang)
        if attempt < 3:
            assert the_callback().state is CallbackState.SCHEDULED
            assert the_callback().due_at >= now() + timedelta(minutes=3)
            later(city, 6)
    assert the_callback().state is CallbackState.EXHAUSTED
    assert len(citizen.rung) == 3
    later(city, 60)
    assert len(citizen.rung) == 3
    told = [one.body for one in session.scalars(select(TextMessage).order_by(TextMessage.id))]
    assert len(told) == (2 if how == "machine" else 1)
    assert "多次没有接通" in told[-1]


def test_nobody_is_rung_at_night_and_in_the_morning_he_is_first(city, citizen, wang):
    later(city, 12.9 * 60)
    assert local(now()).hour == 21
    keeps_his_place(city, citizen)
    later(city, 60)
    is_free(wang)
    city.pass_time(10)
    assert wang.rings is None and the_callback().state is CallbackState.SCHEDULED
    assert local(the_callback().due_at).strftime("%H:%M") == "08:00"
    later(city, 9.2 * 60)
    busy(wang)
    younger = city.citizen()
    waits(city, younger)
    assert the_callback().state is CallbackState.IN_LINE
    back = is_offered(city, wang)
    assert wang.rings.call_id == back.id


def test_who_is_in_line_when_the_night_begins_is_left_to_sleep(city, citizen, wang):
    later(city, 12.8 * 60)
    keeps_his_place(city, citizen)
    city.until(lambda: the_callback().state is CallbackState.IN_LINE, 60)
    later(city, 30)
    assert the_callback().state is CallbackState.SCHEDULED
    assert [one.status for one in back_calls()] == [CallStatus.ENDED]


def test_who_calls_himself_has_his_place_and_is_not_rung(city, citizen, wang):
    callback = keeps_his_place(city, citizen)
    age = callback.age_from
    city.until(lambda: the_callback().state is CallbackState.IN_LINE, 60)
    younger = city.citizen()
    waits(city, younger)
    citizen.heard.clear()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("您的位置一直保留"), 40)
    call = call_of(citizen)
    city.pass_time(10)
    assert the_callback().state is CallbackState.SCHEDULED
    is_free(wang)
    city.until(lambda: wang.rings is not None, 10)
    assert wang.rings.call_id == call.id
    wang.answers()
    city.until(lambda: talks(call), 10)
    assert the_callback().state is CallbackState.REACHED
    assert the_callback().age_from == age
    assert len(citizen.rung) == 0


def test_who_calls_himself_and_gives_up_keeps_his_callback(city, citizen, wang):
    keeps_his_place(city, citizen)
    waits(city, citizen)
    citizen.hangs_up()
    city.until(lambda: the_callback().state is CallbackState.IN_LINE, 60)


def test_he_takes_it_back_by_a_key(city, citizen, wang):
    keeps_his_place(city, citizen)
    call = waits(city, citizen)
    citizen.presses("*")
    city.until(lambda: citizen.hears("取消已预约的回电请按4"), 3)
    citizen.presses("4")
    city.until(lambda: citizen.hears("预约的回电已取消"), 3)
    assert the_callback().state is CallbackState.CANCELLED
    city.pass_time(5)
    session.refresh(call)
    assert call.status is CallStatus.WAITING and citizen.connected


def test_an_agent_who_does_not_wait_for_him_has_tried_nothing(city, citizen, wang):
    citizen.answers = True
    keeps_his_place(city, citizen)
    citizen.answers = False
    call = is_offered(city, wang)
    wang.answers()
    city.until(lambda: len(citizen.rung) == 1, 5)
    wang.does("finish", call=call.id)
    city.pass_time(2)
    assert [one.live for one in citizen.rung] == [False]
    assert the_callback().tried == 0 and the_callback().open
    assert not wang.phone.phone.connected


def test_whose_agent_vanishes_while_it_rings_is_first_in_line_when_he_picks_up(
    city, citizen, wang, line
):
    keeps_his_place(city, citizen)
    citizen.answers = False
    call = is_offered(city, wang)
    wang.answers()
    city.until(lambda: len(citizen.rung) == 1, 5)
    wang.phone.phone.hangs_up()
    city.pass_time(3)
    busy(wang)
    session.refresh(call)
    assert call.status is CallStatus.WAITING
    leg = citizen.rung[0]
    citizen.leg = leg
    leg.answer()
    city.pass_time(20)
    assert citizen.connected and citizen.hears("按您的预约给您回电")
    li = Agent(city, an_agent("li", line))
    li.answers()
    city.until(lambda: talks(call), 15)
    assert li.hears(citizen) and the_callback().state is CallbackState.REACHED


@pytest.mark.parametrize("minor", [True, False])
def test_a_minor_who_leaves_at_once_is_rung_back_no_more(city, citizen, wang, minor):
    keeps_his_place(city, citizen)
    citizen.answers = False
    call = is_offered(city, wang)
    wang.answers()
    city.until(lambda: len(citizen.rung) == 1, 5)
    wang.phone.phone.hangs_up()
    city.pass_time(3)
    busy(wang)
    session.refresh(call)
    call.person.minor = minor
    commit()
    citizen.leg = citizen.rung[0]
    citizen.leg.answer()
    city.pass_time(20)
    citizen.presses("#")
    city.pass_time(6)
    if not minor:
        # For whoever else the key means nothing.
        assert citizen.connected and the_callback().open
        return
    assert not citizen.connected and call_of(citizen).over
    assert the_callback().state is CallbackState.CANCELLED
    is_free(wang)
    later(city, 20)
    assert len(citizen.rung) == 1 and back_calls()[-1].id == call.id


def test_a_carrier_that_rings_nobody_uses_up_no_attempt(city, citizen, wang):
    keeps_his_place(city, citizen)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "429"
    is_offered(city, wang)
    wang.answers()
    city.pass_time(40)
    assert the_callback().tried == 0 and the_callback().open
    city.exchange.faults.rest = 0.0
    assert wang.activity is not Activity.CONNECTING and citizen.rung == []


def test_a_number_that_cannot_be_rung_is_tried_no_more(city, citizen, wang, monkeypatch):
    def refuse(*_: object) -> str:
        raise BadNumber("号码无效")

    monkeypatch.setattr(Carrier, "ring", refuse)
    keeps_his_place(city, citizen)
    is_tried(city, wang)
    assert (the_callback().state, the_callback().tried) == (CallbackState.REFUSED, 1)
    city.pass_time(3)
    assert not wang.phone.phone.connected and wang.activity is not Activity.CONNECTING


def test_reports_that_are_lost_lose_and_double_nothing(city, citizen, wang):
    keeps_his_place(city, citizen)
    citizen.busy = True
    call = is_offered(city, wang)
    wang.answers()
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/dial", 1.0
    city.until(lambda: the_callback().state is CallbackState.SCHEDULED, 90)
    city.exchange.faults.drop = 0.0
    session.refresh(call)
    assert (the_callback().tried, len(citizen.rung), call.status) == (1, 1, CallStatus.ENDED)
    assert not wang.phone.phone.connected


def test_one_ringing_of_a_callback_stands_in_line_at_a_time(city, citizen, wang):
    keeps_his_place(city, citizen)
    city.pass_time(60)
    live = [one for one in back_calls() if one.status is not CallStatus.ENDED]
    assert len(live) == 1 and live[0].direction is Direction.BACK
    assert session.scalars(select(Dial)).all() == []
    ringing = select(Offer).where(Offer.state == OfferState.RINGING)
    assert session.scalars(ringing).all() == []
    assert "entered" in events_of(live[0])
    commit()
