"""On hold a citizen hears music, nobody hears him, and nothing he says is written down."""

import pytest
from sqlalchemy import select

from infra.db import commit, session
from models import (
    Activity,
    CallStatus,
    Disposition,
    Offer,
    Order,
    OrderState,
    Place,
    Utterance,
)
from queues import talk
from tests.agent_desk.talks import Agent, call_of, events_of, talking
from tests.places import a_line

MUSIC = "请稍候，座席正在为您查询"


@pytest.fixture
def lines(app, time):
    found = {code: a_line(code) for code in ("general", "tourism")}
    commit()
    return found


@pytest.fixture
def wang(city, lines) -> Agent:
    return Agent.comes(city, "wang", *lines.values())


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


@pytest.fixture
def held(city, citizen, wang):
    """He has been on hold for 20 seconds; others wait meanwhile."""
    call = talking(citizen, wang)
    city.citizen("+8613912345678").dials("12345")
    wang.does("hold", call=call.id)
    city.pass_time(20)
    return call_of(citizen)


def test_on_hold_he_hears_music_and_nobody_hears_him(city, citizen, wang, held):
    assert wang.shows["call"]["held_since"] is not None
    assert citizen.hears(MUSIC)
    assert citizen.connected_with() == [] and wang.hears()
    city.pass_time(200)
    assert citizen.connected, "the music goes on for as long as he is held"
    assert wang.does("resume", call=held.id)["call"]["held_since"] is None
    assert wang.hears(citizen)
    assert citizen.connected_with() == [wang.phone.phone.number]
    assert events_of(held)[-2:] == ["held", "resumed"]


def test_what_is_said_on_hold_is_not_written_down(city, citizen, wang, held):
    citizen.says("我在跟家里人说话")
    city.pass_time(3)
    wang.does("resume", call=held.id)
    citizen.says("我回来了")
    city.pass_time(3)
    written = session.scalars(select(Utterance.text).where(Utterance.call_id == held.id)).all()
    assert written == ["我回来了"]
    assert wang.shows["call"]["gaps"] == [], "what nobody should hear is not missing"


def test_the_replay_shows_when_he_was_held(city, citizen, wang, held):
    wang.does("resume", call=held.id)
    citizen.hangs_up()
    city.pass_time(3)
    page = wang.page.get(f"/calls/{held.id}").text
    assert "保持" in page and "恢复通话" in page


@pytest.mark.parametrize("pressed", [1, 2])
def test_pressed_twice_it_is_done_once(city, citizen, wang, pressed):
    call = talking(citizen, wang)
    for _ in range(pressed):
        wang.does("hold", call=call.id)
    for _ in range(pressed):
        wang.does("resume", call=call.id)
    ordered = select(Order.kind).where(Order.kind.in_(("hold", "resume"))).order_by(Order.id)
    assert session.scalars(ordered).all() == ["hold", "resume"]
    assert wang.hears(citizen)


def test_a_citizen_who_hangs_up_on_hold_has_had_his_talk(city, citizen, wang, held):
    citizen.hangs_up()
    city.pass_time(2)
    assert call_of(citizen).disposition is Disposition.ANSWERED
    assert call_of(citizen).held_since is None
    assert wang.activity is Activity.WRAP_UP and not wang.phone.phone.connected


def test_whose_agent_vanishes_while_he_is_held_is_first_in_line(city, citizen, wang, held):
    wang.phone.open = False
    wang.phone.phone.hangs_up()
    city.pass_time(10)
    assert citizen.connected and citizen.hears("您排在最前面")
    assert call_of(citizen).status is CallStatus.WAITING and call_of(citizen).held_since is None
    place = session.scalars(select(Place).where(Place.call_id == held.id)).all()[-1]
    assert place.priority > 0
    assert wang.shows["lost"]["call"] == held.id


def test_who_is_finished_with_on_hold_rates_like_anybody(city, citizen, wang, held):
    wang.does("finish", call=held.id)
    city.until(lambda: citizen.hears("请对本次服务评价"))
    assert call_of(citizen).status is CallStatus.RATING
    assert wang.activity is Activity.WRAP_UP


@pytest.mark.parametrize("kind", ["500", "timeout", "broken", "unanswered"])
def test_the_last_word_counts_when_the_carrier_fails(city, citizen, wang, kind):
    call = talking(citizen, wang)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, kind
    for what in ("hold", "resume", "hold"):
        wang.does(what, call=call.id)
    city.exchange.faults.rest = 0.0
    city.pass_time(12)
    assert wang.hears() and citizen.connected_with() == []
    pending = select(Order).where(Order.state == OrderState.PENDING)
    assert session.scalars(pending).all() == []


def test_an_order_that_comes_late_is_overtaken(city, citizen, wang):
    """The order to hold is on its way; the one to go on must also be obeyed after it."""
    call = talking(citizen, wang)
    wang.does("hold", call=call.id)
    hold = session.scalars(select(Order).where(Order.kind == "hold")).one()
    hold.state = OrderState.PENDING
    commit()
    wang.does("resume", call=call.id)
    room = city.exchange.room(call.conference)
    room.change(room.find(citizen.leg.sid), hold=True)
    city.pass_time(6)
    assert wang.hears(citizen)


@pytest.mark.parametrize("what", ["hold", "resume"])
def test_nobody_holds_the_citizen_of_another(city, lines, citizen, wang, what):
    call = talking(citizen, wang)
    stranger = Agent.comes(city, "zhao", lines["tourism"])
    assert stranger.asks(what, call=call.id).status_code == 404
    assert wang.hears(citizen)


def test_whom_an_agent_dialled_cannot_be_held(city, citizen, wang):
    permit = wang.does("dial", number="13812345678")["dial"]
    wang.phone.dials(permit)
    city.pass_time(10)
    call = wang.shows["call"]
    assert call["direction"] == "out" and call["status"] == "talking"
    refused = wang.asks("hold", call=call["id"])
    assert refused.status_code == 409 and "来电" in refused.get_json()["error"]


def test_an_ordinary_call_asks_the_carrier_for_no_more_than_before(city, citizen, wang):
    call = talking(citizen, wang)
    wang.does("finish", call=call.id)
    assert {order.kind for order in session.scalars(select(Order))} == {
        "join",
        "redirect",
        "stop_recording",
        "hang_up",
    }
    assert session.scalars(select(Offer)).one().call_id == call.id


def test_a_join_that_is_reported_late_takes_back_no_word_of_the_agent(city, citizen, wang, held):
    """The carrier refuses to resume him for a moment; meanwhile a report of his joining comes."""
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "429"
    wang.asks("resume", call=held.id)
    with city.app.test_request_context():
        talk.join(call_of(citizen), citizen.leg.sid, requeue_url="")
        commit()
    city.exchange.faults.rest = 0.0
    city.until(lambda: wang.hears(citizen), 4)
