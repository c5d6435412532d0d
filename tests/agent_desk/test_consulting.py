"""A colleague is asked into the talk: who rings, who hears whom, and how it ends."""

import pytest
from sqlalchemy import select

from infra.db import commit, session
from models import (
    Activity,
    CallStatus,
    Consult,
    ConsultEnd,
    Offer,
    OfferKind,
    OfferState,
    Order,
    OrderState,
    Ticket,
)
from tests.agent_desk.talks import Agent, call_of, events_of, talking
from tests.places import a_line

WHY = "公积金异地提取，请帮忙解释"


@pytest.fixture
def lines(app, time):
    found = {code: a_line(code) for code in ("general", "housing")}
    commit()
    return found


@pytest.fixture
def wang(city, lines) -> Agent:
    return Agent.comes(city, "wang", lines["general"], level=5)


@pytest.fixture
def li(city, lines) -> Agent:
    return Agent.comes(city, "li", lines["housing"])


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


@pytest.fixture
def call(city, citizen, wang, li):
    return talking(citizen, wang)


@pytest.fixture
def consulting(city, call, wang, li):
    """Li has answered: Wang talks with her, the citizen hears music."""
    wang.does("consult", call=call.id, to=f"agent-{li.id}", question=WHY)
    li.answers()
    return call


def consult() -> Consult:
    session.expire_all()
    return session.scalars(select(Consult).order_by(Consult.id.desc())).first()


def test_the_colleagues_desk_rings_with_who_asks_and_why(city, citizen, wang, li, call):
    shown = wang.does("consult", call=call.id, to=f"agent-{li.id}", question=WHY)
    assert shown["consult"]["state"] == "ringing" and shown["consult"]["mine"]
    assert shown["call"]["held_since"] is not None and citizen.connected_with() == []
    rung = li.shows["offer"]
    assert rung["consult"] == {"by": f"wang {wang.seat.number}", "question": WHY}
    assert rung["call"]["id"] == call.id
    assert li.activity is Activity.RINGING


def test_agent_and_colleague_hear_each_other_and_the_citizen_hears_neither(
    citizen, wang, li, consulting
):
    assert wang.hears(li.phone.phone) and li.hears(wang.phone.phone)
    assert citizen.connected_with() == []
    assert li.activity is Activity.TALKING
    assert li.shows["consult"] == wang.shows["consult"] | {
        "mine": False,
        "with": f"wang {wang.seat.number}",
    }
    assert li.shows["call"]["id"] == consulting.id


def test_the_agent_goes_from_one_to_the_other_and_brings_them_together(
    citizen, wang, li, consulting
):
    wang.does("consult/swap", call=consulting.id)
    assert wang.hears(citizen) and li.hears()
    assert wang.shows["consult"]["mode"] == "swapped"
    wang.does("consult/swap", call=consulting.id)
    assert wang.hears(li.phone.phone) and citizen.connected_with() == []
    wang.does("consult/three-way", call=consulting.id)
    assert wang.hears(citizen, li.phone.phone) and li.hears(citizen, wang.phone.phone)
    assert wang.shows["consult"]["mode"] == "three_way"
    wang.does("consult/swap", call=consulting.id)
    assert wang.hears(li.phone.phone) and citizen.connected_with() == []


@pytest.mark.parametrize("by_way_of", [[], ["consult/swap"], ["consult/three-way"]])
def test_completed_the_citizen_and_his_draft_are_the_colleagues(
    city, citizen, wang, li, consulting, by_way_of
):
    for move in by_way_of:
        wang.does(move, call=consulting.id)
    wang.does("consult/complete", call=consulting.id)
    assert li.hears(citizen) and not wang.phone.phone.connected
    assert call_of(citizen).agent_id == li.id
    assert wang.activity is Activity.WRAP_UP and li.activity is Activity.TALKING
    assert wang.shows["call"] is None and wang.shows["lost"] is None
    assert li.shows["consult"] is None and li.shows["call"]["id"] == consulting.id
    assert li.page.get(f"/calls/{consulting.id}/ticket").status_code == 200
    assert wang.page.get(f"/calls/{consulting.id}/ticket").status_code == 403
    assert consult().outcome is ConsultEnd.COMPLETED
    li.does("finish", call=consulting.id)
    city.until(lambda: citizen.hears("请对本次服务评价"))
    assert li.activity is Activity.WRAP_UP


def test_cancelled_the_citizen_is_with_his_agent_again(citizen, wang, li, consulting):
    wang.does("consult/cancel", call=consulting.id)
    assert wang.hears(citizen) and not li.phone.phone.connected
    assert li.activity is Activity.IDLE
    assert wang.shows["consult"] is None
    assert events_of(consulting)[-2:] == ["consult_ended", "resumed"]


def test_who_is_rung_for_nothing_any_more_is_free_at_once(city, citizen, wang, li, call):
    wang.does("consult", call=call.id, to=f"agent-{li.id}")
    offer = li.rings
    wang.does("consult/cancel", call=call.id)
    assert li.activity is Activity.IDLE and wang.hears(citizen)
    li.phone.accepts(offer.id)
    city.pass_time(8)
    assert li.phone.phone.hears("已经结束") and not li.phone.phone.connected
    assert wang.hears(citizen)


@pytest.mark.parametrize(
    ("how", "outcome"), [("declines", ConsultEnd.DECLINED), ("misses", ConsultEnd.MISSED)]
)
def test_a_colleague_who_does_not_answer_gives_the_citizen_back(
    city, citizen, wang, li, call, how, outcome
):
    wang.does("consult", call=call.id, to=f"agent-{li.id}")
    if how == "declines":
        li.does("decline", offer=li.rings.id)
    else:
        city.pass_time(21)
    assert consult().outcome is outcome
    assert wang.hears(citizen) and call_of(citizen).held_since is None
    assert li.activity is Activity.IDLE
    assert "missed" not in events_of(call) and "declined" not in events_of(call)


def test_a_line_is_asked_at_its_best_free_seat(city, lines, citizen, wang, li, call):
    expert = Agent.comes(city, "sun", lines["housing"], level=5)
    wang.does("consult", call=call.id, to=f"line-{lines['housing'].id}")
    assert expert.rings is not None and li.rings is None
    assert expert.rings.kind is OfferKind.CONSULT


def test_an_agent_is_rung_for_one_thing_at_a_time(city, lines, citizen, wang, li, call):
    other = Agent.comes(city, "sun", lines["general"])
    second = city.citizen()
    second.dials("12345")
    other.answers()
    city.until(lambda: call_of(second).status is CallStatus.TALKING)
    wang.does("consult", call=call.id, to=f"agent-{li.id}")
    refused = other.asks("consult", call=call_of(second).id, to=f"agent-{li.id}")
    assert refused.status_code == 409 and "不空闲" in refused.get_json()["error"]
    assert other.asks("consult", call=call_of(second).id, to=f"agent-{other.id}").status_code == 409
    assert wang.asks("consult", call=call.id, to=f"agent-{other.id}").status_code == 409


def test_a_busy_colleague_is_not_rung_by_the_queue(city, lines, citizen, wang, consulting):
    """The line's only other seat is in a consult: who calls for it waits."""
    second = city.citizen()
    second.dials("12345")
    city.pass_time(60)
    assert call_of(second).status is CallStatus.WAITING
    offered = select(Offer).where(Offer.call_id == call_of(second).id)
    assert session.scalars(offered).all() == []


def test_with_a_colleague_in_the_talk_hold_is_no_word(citizen, wang, consulting):
    for what in ("hold", "resume"):
        refused = wang.asks(what, call=consulting.id)
        assert refused.status_code == 409 and "切换" in refused.get_json()["error"]
    assert call_of(citizen).held_since is not None


def test_a_colleague_who_ends_what_only_rings_declines(citizen, wang, li, call):
    wang.does("consult", call=call.id, to=f"agent-{li.id}")
    li.does("finish", call=call.id)
    assert consult().outcome is ConsultEnd.DECLINED and li.activity is Activity.IDLE
    assert wang.hears(citizen)


def test_f2_does_not_end_the_citizens_call_while_a_colleague_is_asked(citizen, wang, consulting):
    refused = wang.asks("finish", call=consulting.id)
    assert refused.status_code == 409 and "咨询" in refused.get_json()["error"]
    assert citizen.connected


def test_the_colleague_goes_by_his_own_key(citizen, wang, li, consulting):
    li.does("finish", call=consulting.id)
    assert wang.hears(citizen) and li.activity is Activity.IDLE
    assert consult().outcome is ConsultEnd.LEFT


def test_who_only_was_asked_hears_no_recording_and_takes_nobody_back(
    city, citizen, wang, li, consulting
):
    wang.does("consult/cancel", call=consulting.id)
    wang.phone.open = False
    wang.phone.phone.hangs_up()
    city.pass_time(8)
    assert wang.shows["lost"]["call"] == consulting.id
    assert li.shows["lost"] is None
    assert li.page.get(f"/calls/{consulting.id}").status_code == 403
    assert li.page.get("/desk/calls").get_json() == []


def test_who_has_transferred_his_citizen_has_not_lost_him(city, citizen, wang, li, consulting):
    wang.does("consult/complete", call=consulting.id)
    wang.does("wrapped")
    li.phone.phone.hangs_up()
    city.pass_time(0.5)
    assert call_of(citizen).status is CallStatus.WAITING
    assert wang.shows["lost"] is None
    assert li.shows["lost"]["call"] == consulting.id


@pytest.mark.parametrize("fault", ["double", "drop"])
def test_reports_that_come_twice_or_never(city, citizen, wang, li, call, fault):
    city.exchange.faults.only = "/voice/conference"
    setattr(city.exchange.faults, fault, 1.0)
    wang.does("consult", call=call.id, to=f"agent-{li.id}")
    li.answers()
    city.pass_time(12)
    assert li.activity is Activity.TALKING and wang.shows["consult"]["state"] == "joined"
    wang.does("consult/complete", call=call.id)
    assert li.hears(citizen)


def test_a_colleague_whose_end_is_not_reported_is_missed_by_the_clock(
    city, citizen, wang, li, consulting
):
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/status", 1.0
    li.phone.phone.hangs_up()
    city.pass_time(40)
    assert consult().outcome is ConsultEnd.LEFT
    assert wang.hears(citizen)


def test_what_the_carrier_refuses_is_repeated(city, citizen, wang, li, consulting):
    city.exchange.faults.rest = 1.0
    wang.does("consult/complete", call=consulting.id)
    city.exchange.faults.rest = 0.0
    city.pass_time(4)
    assert li.hears(citizen) and not wang.phone.phone.connected
    pending = select(Order).where(Order.state == OrderState.PENDING)
    assert session.scalars(pending).all() == []


def test_a_repeat_of_the_colleagues_leg_answers_alike(city, citizen, wang, li, call):
    wang.does("consult", call=call.id, to=f"agent-{li.id}")
    offer = li.answers()
    assert session.get_one(Offer, offer.id).state is OfferState.CONNECTED
    assert session.scalars(select(Consult)).one().leg == li.phone.phone.leg.sid
    assert session.scalars(select(Ticket)).all() == []
