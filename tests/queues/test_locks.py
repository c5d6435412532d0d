"""Doors that change nothing for others do not wait for the routing pass; nobody is lost by it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text
from twilio.request_validator import RequestValidator

from infra.db import ROUTING_LOCK, commit, session
from models import Activity, Call, CallStatus, Disposition, Offer, OfferState, Place, Seat
from tests.places import a_line, an_agent
from tests.queues.test_calls import finish, offered, ringing_at, seat_of, talking, the_call
from tests.services import TOKEN

BASE = "http://hotline.test"


@pytest.fixture
def lines(app, time):
    found = {"general": a_line("general")}
    commit()
    return found


@pytest.fixture
def agent(city, lines):
    return city.desk(an_agent("wang", *lines.values()))


@contextmanager
def a_pass_that_takes_long(city) -> Iterator[None]:
    """Somebody else holds the routing lock, and a door that wants it waits in vain."""
    city.ticking = False
    commit()
    with city.app.extensions["engine"].begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ROUTING_LOCK})
        yield
    city.ticking = True


@contextmanager
def somebody_who_has_the_call(city) -> Iterator[None]:
    """A webhook is busy with every talk that there is."""
    commit()
    with city.app.extensions["engine"].begin() as other:
        other.execute(text("SELECT id FROM call FOR UPDATE"))
        yield


def posts(city, path: str, **form: str) -> str:
    signature = RequestValidator(TOKEN).compute_signature(BASE + path, form)
    answer = city.client.post(path, data=form, headers={"X-Twilio-Signature": signature})
    assert answer.status_code < 300
    assert "系统暂时" not in answer.text and "请不要挂机" not in answer.text
    return answer.text


def waits(city):
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: session.scalar(select(Place.heard_at)) is not None, 60)
    return citizen


def test_the_end_of_a_talk_frees_nobody_at_once_and_waits_for_nobody(city, agent):
    citizen = city.citizen()
    talking(city, citizen, agent)
    with a_pass_that_takes_long(city):
        citizen.hangs_up()
        city.pass_time(1)
        assert the_call().disposition is Disposition.ANSWERED
        assert seat_of(agent).activity is Activity.WRAP_UP
    city.pass_time(31)
    assert seat_of(agent).activity is Activity.IDLE


def test_who_hangs_up_in_the_greeting_or_after_the_rating_waits_for_nobody(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    finish(city, call, agent)
    other = city.citizen()
    other.dials("12345")
    city.pass_time(1)
    with a_pass_that_takes_long(city):
        citizen.hangs_up()
        other.hangs_up()
        city.pass_time(1)
        session.expire_all()
        ends = session.scalars(select(Call.disposition).order_by(Call.id)).all()
    assert ends == [Disposition.ANSWERED, Disposition.LEFT_EARLY]


def test_a_second_report_of_an_end_waits_for_nobody(city, lines):
    citizen = waits(city)
    citizen.hangs_up()
    city.pass_time(1)
    assert the_call().status is CallStatus.ENDED
    with a_pass_that_takes_long(city):
        posts(city, "/voice/status", CallSid=citizen.leg.sid, CallStatus="completed")


def test_while_nobody_is_free_the_queue_grows_without_the_lock(city, lines):
    citizen = city.citizen()
    citizen.dials("12345")
    city.pass_time(1)
    with a_pass_that_takes_long(city):
        document = posts(
            city, "/voice/wait", CallSid=citizen.leg.sid, From=citizen.number, QueueTime="0"
        )
    assert "座席暂时不在" in document
    assert session.scalar(select(Place.heard_at)) is not None


def test_who_came_while_nobody_was_free_is_offered_within_a_second(city, lines):
    waits(city)
    desk = city.desk(an_agent("wang", *lines.values()))
    offered(city, desk, within=1.5)


def test_where_somebody_is_free_he_is_offered_by_the_first_document_itself(city, agent):
    city.ticking = False
    citizen = city.citizen()
    citizen.dials("12345")
    city.pass_time(1)
    citizen.presses("0")
    city.until(lambda: citizen.hears("正在为您转接"), 1)
    offered(city, agent, within=8)


def test_a_caller_with_nothing_new_is_answered_without_the_lock(city, lines):
    citizen = waits(city)
    with a_pass_that_takes_long(city):
        document = posts(
            city, "/voice/wait", CallSid=citizen.leg.sid, From=citizen.number, QueueTime="30"
        )
    assert "waiting.wav" in document


def test_an_offer_that_was_claimed_answers_alike_and_another_leg_is_told_so_without_the_lock(
    city, agent
):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    leg = agent.accepts(offer.id)
    city.pass_time(1)
    claim = {"From": f"client:{agent.identity}", "offer": str(offer.id)}
    with a_pass_that_takes_long(city):
        again = posts(city, "/voice/agent", CallSid=leg.sid, **claim)
        other = posts(city, "/voice/agent", CallSid="CA-other", **claim)
    assert "<Conference" in again
    assert "其他座席" in other and "<Conference" not in other
    assert the_call().agent_leg == leg.sid


def test_a_caller_taken_back_to_the_queue_waits_for_nobody(city, agent):
    citizen = city.citizen()
    talking(city, citizen, agent)
    agent.open = False
    agent.phone.hangs_up()
    city.pass_time(1)
    with a_pass_that_takes_long(city):
        document = posts(city, "/voice/requeue", CallSid=citizen.leg.sid, From=citizen.number)
    assert "<Enqueue" in document


def test_a_caller_who_hangs_up_while_it_rings_still_frees_the_agent_under_the_lock(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    city.ticking = False
    citizen.hangs_up()
    city.pass_time(0.2)
    session.expire_all()
    assert session.get_one(Offer, offer.id).state is OfferState.WITHDRAWN
    assert session.get_one(Seat, agent.staff_id).activity is Activity.IDLE
    assert ringing_at(agent) is None
