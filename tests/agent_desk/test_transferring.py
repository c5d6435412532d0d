"""A citizen who is sent on, to a line or to one agent, keeps his age and is never lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from models import Activity, CallStatus, Desired, Disposition, Offer, OfferState, Place, Seat
from tests.agent_desk.talks import Agent, call_of, talking
from tests.places import a_line


@pytest.fixture
def lines(app, time):
    found = {code: a_line(code) for code in ("general", "housing", "tourism")}
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
def call(citizen, wang, li):
    return talking(citizen, wang)


def place() -> Place:
    session.expire_all()
    return session.scalars(select(Place).order_by(Place.id.desc())).first()


def test_sent_to_a_line_he_is_offered_there_at_his_own_age(city, lines, citizen, wang, li, call):
    age = place().age_from
    city.pass_time(30)
    wang.does("transfer", call=call.id, to=f"line-{lines['housing'].id}")
    assert citizen.hears("正在为您转接其他座席") and not wang.phone.phone.connected
    assert wang.activity is Activity.WRAP_UP
    assert place().age_from == age and call_of(citizen).line.code == "housing"
    offer = li.answers(5)
    assert offer.why["step"] == "line"
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING)
    assert li.hears(citizen)
    assert wang.shows["lost"] is None


def test_sent_to_an_agent_he_rings_there_first_though_others_are_free(
    city, lines, citizen, wang, li, call
):
    expert = Agent.comes(city, "sun", lines["general"], level=5)
    wang.does("transfer", call=call.id, to=f"agent-{li.id}")
    city.until(lambda: li.rings is not None, 5)
    assert li.rings.why["step"] == "transferred"
    assert expert.rings is None
    li.answers()
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING)
    assert li.hears(citizen)


@pytest.mark.parametrize("how", ["declines", "misses", "is busy by then"])
def test_who_is_not_taken_there_is_offered_to_everybody_of_his_line(
    city, lines, citizen, wang, li, call, how
):
    other = Agent.comes(city, "sun", lines["general"])
    wang.asks("transfer", call=call.id, to=f"agent-{li.id}")
    if how == "is busy by then":
        session.get_one(Seat, li.id).desired = Desired.BREAK
        commit()
    else:
        city.until(lambda: li.rings is not None, 5)
    if how == "declines":
        li.does("decline", offer=li.rings.id)
    other.answers(16)
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING)
    assert other.hears(citizen)


def test_who_was_sent_on_does_not_come_back_by_himself(city, lines, citizen, wang, li, call):
    session.get_one(Seat, li.id).resting_until = now() + timedelta(minutes=5)
    commit()
    wang.does("transfer", call=call.id, to=f"line-{lines['housing'].id}")
    city.until(lambda: place().heard_at is not None, 10)
    assert wang.shows["lost"] is None
    wang.asks("take-back", call=call.id)
    assert wang.rings is None and wang.activity is Activity.WRAP_UP


def test_a_line_that_nobody_serves_is_refused(citizen, lines, wang, call):
    refused = wang.asks("transfer", call=call.id, to=f"line-{lines['tourism'].id}")
    assert refused.status_code == 409 and "没有人在线" in refused.get_json()["error"]
    assert wang.hears(citizen)


@pytest.mark.parametrize("to", ["agent-999999", "line-999999", "nobody", ""])
def test_nobody_is_sent_nowhere(citizen, wang, call, to):
    assert wang.asks("transfer", call=call.id, to=to).status_code == 422
    assert wang.asks("consult", call=call.id, to=to).status_code == 422
    assert wang.hears(citizen)


def test_who_hangs_up_while_he_is_sent_on_is_among_the_missed(city, lines, citizen, wang, li, call):
    wang.does("transfer", call=call.id, to=f"agent-{li.id}")
    citizen.hangs_up()
    city.pass_time(2)
    assert call_of(citizen).disposition is Disposition.ABANDONED
    assert call_of(citizen).agent_id == wang.id, "what was said stays with whom he said it to"
    states = session.scalars(select(Offer.state).where(Offer.agent_id == li.id)).all()
    assert all(one is OfferState.WITHDRAWN for one in states) and li.activity is Activity.IDLE


def test_a_citizen_on_hold_is_sent_on_as_well(city, lines, citizen, wang, li, call):
    wang.does("hold", call=call.id)
    wang.does("transfer", call=call.id, to=f"line-{lines['housing'].id}")
    li.answers(5)
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING)
    assert li.hears(citizen)


def test_the_figures_say_how_it_stands_now(city, lines, wang, li, citizen, call):
    Agent.comes(city, "sun", lines["housing"], ready=False)
    waiting = city.citizen()
    waiting.dials("12345")
    city.pass_time(1)
    city.until(lambda: call_of(waiting).status is CallStatus.WAITING, 60)
    li.does("choose", desired="break", reason="rest")
    city.pass_time(30)
    told = wang.page.get("/desk/targets").get_json()
    by_line = {one["line"]: one for one in told["lines"]}
    assert {
        name: (one["waiting"], one["free"], one["signed_on"]) for name, one in by_line.items()
    } == {
        "general": (1, 0, 1),
        "housing": (0, 0, 0),
        "tourism": (0, 0, 0),
    }
    assert by_line["general"]["waits_since"] == place().age_from.isoformat()
    assert told["agents"] == []
    li.does("choose", desired="ready")
    (shown,) = wang.page.get("/desk/targets").get_json()["agents"]
    assert shown["name"] == f"agent-{li.id}"
