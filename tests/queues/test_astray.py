"""Callers and agents who are no longer where the hotline believes them, and reports that say so
late: the carrier is asked, and nobody is moved who is where he belongs."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from infra.clock import now
from infra.db import commit, session
from models import CallStatus, Disposition, MissedContact, Place
from queues import sweeps
from telephony.carrier import carrier
from telephony.replies import LARGEST_QUEUE, QUEUE
from tests.places import an_agent
from tests.queues.test_calls import (
    agent,
    finish,
    lines,
    names,
    offered,
    redirects,
    talking,
    the_call,
)

__all__ = ["agent", "lines"]

LONG_PAUSE = "<Response><Pause length='600'/></Response>"


def waiting(city, citizen):
    """Nobody is free: he is in the carrier's queue."""
    citizen.dials("12345")
    city.until(lambda: session.scalar(select(Place.heard_at)) is not None, 60)
    return the_call()


def leads_away(city, *legs: str) -> None:
    """As if somebody had moved them at the carrier itself."""
    for leg in legs:
        carrier()._client.calls(leg).update(twiml=LONG_PAUSE)
    city.sdk.asked.clear()


def silent_for(seconds: float) -> None:
    session.execute(update(Place).values(last_heard_at=now() - timedelta(seconds=seconds)))
    commit()


def test_the_queue_is_made_as_large_as_it_may_be_and_one_that_is_there_grows(city):
    sweeps.make_room()
    assert city.exchange.queues[QUEUE].max_size == LARGEST_QUEUE
    city.exchange.queues[QUEUE].max_size = 1000
    sweeps.make_room()
    assert city.exchange.queues[QUEUE].max_size == LARGEST_QUEUE


def test_who_finds_the_carriers_queue_full_is_told_to_stay_and_is_offered_like_others(city, lines):
    city.exchange.queue(QUEUE).max_size = 0
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("您的排队位置一直保留"), 60)
    agent = city.desk(an_agent("wang", *lines.values()))
    agent.accepts(offered(city, agent, 5).id)
    city.until(lambda: the_call().status is CallStatus.TALKING, 10)
    assert citizen.connected_with() == [f"client:{agent.identity}"]
    assert not citizen.hears("座席的线路中断")


def test_who_is_queued_is_left_there_however_long_the_hotline_heard_nothing_of_him(city, lines):
    citizen = city.citizen()
    waiting(city, citizen)
    silent_for(600)
    sweeps.reconcile(city.addresses)
    assert redirects(city, citizen) == 0


def test_who_is_in_no_queue_is_taken_back_without_a_word_of_an_agent(city, lines):
    citizen = city.citizen()
    call = waiting(city, citizen)
    leads_away(city, call.sid)
    silent_for(44)
    sweeps.reconcile(city.addresses)
    assert redirects(city, citizen) == 0, "he may still be on his way"
    silent_for(46)
    city.until(lambda: bool(city.exchange.queues[QUEUE].members), 20)
    assert not citizen.hears("座席的线路中断")


def test_two_who_are_apart_without_a_report_are_not_left_in_silence(city, lines, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    city.pass_time(16)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice", 1.0
    leads_away(city, call.agent_leg, call.sid)
    city.until(lambda: the_call().status is CallStatus.WAITING, 20)
    city.exchange.faults.drop = 0.0
    city.until(lambda: not agent.phone.connected, 5)
    city.until(lambda: citizen.hears("座席的线路中断"), 5)


def test_an_order_under_way_is_awaited_before_he_leaves_the_queue_by_himself(city, agent):
    """He would be in the conference already when it pulls him out."""
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "429"
    agent.accepts(offer.id)
    city.pass_time(2.7)
    assert citizen.connected_with() == []
    city.until(lambda: the_call().status is CallStatus.TALKING, 8)
    ordered = redirects(city, citizen)
    city.exchange.faults.rest = 0.0
    city.pass_time(20)
    assert redirects(city, citizen) == ordered
    assert "agent_lost" not in names(the_call())


def test_a_rating_that_was_ordered_without_an_answer_is_asked_for_once(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "unanswered"
    finish(city, call, agent)
    city.pass_time(5)
    assert sum("请对本次服务评价" in one for one in citizen.heard) == 1


@pytest.mark.parametrize("with_a_number", [True, False])
def test_a_talk_whose_joins_are_reported_after_its_end_was_a_talk(city, agent, work, with_a_number):
    city.exchange.faults.only = "/voice/conference"
    city.exchange.faults.late, city.exchange.faults.late_seconds = 1.0, 6.0
    citizen = city.citizen() if with_a_number else city.citizen("anonymous")
    citizen.dials("12345")
    agent.accepts(offered(city, agent).id)
    city.until(lambda: bool(citizen.leg.hears()), 5)
    city.pass_time(3)
    citizen.hangs_up()
    city.pass_time(1)
    assert the_call().disposition is Disposition.ABANDONED
    work()
    city.pass_time(10)
    call = the_call()
    assert (call.disposition, call.agent_id) == (Disposition.ANSWERED, agent.staff_id)
    assert call.answered_at == call.tapped_at == call.ended_at
    assert call.ticket_due_at is not None and call.recording_due_at is not None
    (missed,) = session.scalars(select(MissedContact)).all() or [None]
    assert missed is None or missed.handled_at is not None


def test_one_join_alone_makes_no_talk(city, agent):
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/conference", 1.0
    citizen = city.citizen()
    citizen.dials("12345")
    agent.accepts(offered(city, agent).id)
    city.until(lambda: bool(citizen.leg.hears()), 5)
    citizen.hangs_up()
    city.pass_time(1)
    call = the_call()
    sweeps.talk.join(call, call.sid, requeue_url="")
    assert the_call().disposition is Disposition.ABANDONED
