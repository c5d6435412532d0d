"""Calls as callers and agents live them, through the emulator's telephones."""

import pytest
from sqlalchemy import select

import telephony.orders
import tickets.sweeps
from analytics import board
from infra.db import commit, session
from models import (
    Activity,
    Call,
    CallEvent,
    CallStatus,
    Desired,
    Disposition,
    MissedContact,
    MissedKind,
    Offer,
    OfferState,
    Order,
    OrderState,
    Party,
    Place,
    Role,
    Seat,
    StaffMember,
    Ticket,
    Utterance,
)
from queues import talk
from queues.doors import absolute
from staff import people
from tests.places import a_line, an_agent
from tests.services import ACCOUNT
from tests.visitors import somebody
from tickets import search

# Greeting, menu and silence come before the first offer.
WAIT_FOR_IT = 60


@pytest.fixture
def lines(app, time):
    found = {code: a_line(code, rank=rank) for rank, code in enumerate(("general", "tourism"))}
    commit()
    return found


@pytest.fixture
def agent(city, lines):
    return city.desk(an_agent("wang", *lines.values()))


def the_call() -> Call:
    session.expire_all()
    return session.scalars(select(Call)).one()


def seat_of(desk) -> Seat:
    session.expire_all()
    return session.get_one(Seat, desk.staff_id)


def ringing_at(desk) -> Offer | None:
    session.expire_all()
    return session.scalar(
        select(Offer).where(Offer.agent_id == desk.staff_id, Offer.state == OfferState.RINGING)
    )


def offered(city, desk, within=WAIT_FOR_IT) -> Offer:
    city.until(lambda: ringing_at(desk) is not None, within)
    return ringing_at(desk)


def talking(city, citizen, desk) -> Call:
    """The citizen has dialled and the agent has answered: they hear each other."""
    citizen.dials("12345")
    desk.accepts(offered(city, desk, 60).id)
    city.until(lambda: the_call().status is CallStatus.TALKING)
    return the_call()


def finish(city, call, desk) -> None:
    with city.app.test_request_context():
        url = absolute("ivr.rate")
    desk._as_agent(
        lambda seat: talk.finish(session.get_one(Call, call.id), by=seat, rating_url=url)
    )
    city.pass_time(1)


def names(call) -> list[str]:
    return list(
        session.scalars(
            select(CallEvent.name).where(CallEvent.call_id == call.id).order_by(CallEvent.id)
        )
    )


def test_a_caller_who_says_nothing_is_answered_by_a_person(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    assert citizen.hears("通话将被录音")
    assert citizen.hears("正在为您转接general座席")
    assert citizen.connected_with() == [f"client:{agent.identity}"]
    citizen.says("我家没水了")
    assert agent.phone.hears("我家没水了")
    agent.phone.says("请问您住在哪里")
    assert citizen.hears("请问您住在哪里")
    assert seat_of(agent).activity is Activity.TALKING
    assert names(call)[:4] == ["arrived", "menu", "entered", "in_queue"]


def test_a_key_leads_to_its_line_over_the_prompt(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("8")
    city.pass_time(1)
    assert the_call().line.code == "tourism"
    assert the_call().choice == "tourism"


def test_after_the_talk_the_citizen_rates_and_the_agent_wraps_up(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    finish(city, call, agent)
    assert not agent.phone.connected
    assert seat_of(agent).activity is Activity.WRAP_UP
    city.until(lambda: citizen.hears("请对本次服务评价"))
    citizen.presses("5")
    city.until(lambda: not citizen.connected)
    assert the_call().rating == 5
    assert the_call().disposition is Disposition.ANSWERED
    city.pass_time(31)
    assert seat_of(agent).activity is Activity.IDLE


def test_nobody_free_then_somebody(city, lines):
    citizen = city.citizen()
    citizen.dials("12345")
    city.pass_time(60)
    assert the_call().status is CallStatus.WAITING
    assert citizen.hears("座席暂时不在")
    desk = city.desk(an_agent("li", *lines.values()))
    desk.accepts(offered(city, desk, 3).id)
    city.until(lambda: the_call().status is CallStatus.TALKING)


def test_an_agent_who_does_not_answer_rests_and_the_caller_keeps_his_age(city, lines, agent):
    other = city.desk(an_agent("zhao", lines["tourism"], level=1))
    citizen = city.citizen()
    citizen.dials("12345")
    first = offered(city, agent)
    age = session.scalars(select(Place.age_from)).one()
    city.pass_time(13)
    session.refresh(first)
    assert first.state is OfferState.MISSED
    second = offered(city, other)
    assert second.call_id == first.call_id
    assert session.scalars(select(Place.age_from)).one() == age
    other.accepts(second.id)
    city.until(lambda: the_call().status is CallStatus.TALKING)


def test_two_misses_send_an_agent_to_break(city, agent):
    city.citizen().dials("12345")
    offered(city, agent)
    city.pass_time(13)
    offered(city, agent, 10)
    city.pass_time(13)
    assert seat_of(agent).desired is Desired.BREAK
    city.pass_time(10)
    assert ringing_at(agent) is None


def test_a_caller_who_hangs_up_while_it_rings_frees_the_agent(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    citizen.hangs_up()
    city.pass_time(1)
    session.refresh(offer)
    assert offer.state is OfferState.WITHDRAWN
    assert the_call().disposition is Disposition.ABANDONED
    assert seat_of(agent).activity is Activity.IDLE
    agent.accepts(offer.id)
    city.pass_time(8)
    assert agent.phone.hears("已经结束")
    assert not agent.phone.connected


def test_an_agent_who_vanishes_leaves_the_caller_first_in_line(city, lines, agent):
    citizen = city.citizen()
    talking(city, citizen, agent)
    agent.open = False
    agent.phone.hangs_up()
    city.pass_time(3)
    assert citizen.connected
    assert citizen.hears("您排在最前面")
    assert the_call().status is CallStatus.WAITING
    late = city.citizen()
    late.dials("12345")
    other = city.desk(an_agent("sun", *lines.values()))
    offer = offered(city, other, 40)
    session.refresh(offer)
    assert offer.call.sid == citizen.leg.sid


def test_who_lost_his_agent_and_gives_up_is_abandoned_and_rung_back(city, agent, work):
    citizen = city.citizen("+8613812345678")
    call = talking(city, citizen, agent)
    citizen.says("家里着火了")
    agent.open = False
    agent.phone.hangs_up()
    city.pass_time(50)
    assert the_call().status is CallStatus.WAITING
    citizen.hangs_up()
    city.pass_time(1)
    ended = the_call()
    assert ended.disposition is Disposition.ABANDONED
    assert ended.answered_at is not None
    assert ended.agent_id == agent.staff_id
    with city.app.test_request_context():
        tickets.sweeps.run()
    (missed,) = search.unhandled_contacts()
    assert (missed.call_id, missed.kind) == (call.id, MissedKind.ABANDONED)
    (line,) = [one for one in board.board().lines if one.code == "general"]
    assert (line.answered, line.abandoned, line.service_level) == (0, 1, 0)
    city.pass_time(120)
    with city.app.test_request_context():
        tickets.sweeps.run()
    work()
    (draft,) = session.scalars(select(Ticket)).all()
    assert draft.call_id == call.id and draft.completed_at is not None


@pytest.mark.parametrize("late", [False, True], ids=["noted at once", "noted late"])
def test_who_calls_again_and_is_answered_has_not_to_be_rung_back(city, lines, late):
    noise = gives_up(city, "+8613900000000")
    gives_up(city, "+8613812345678")
    if not late:
        tickets.sweeps.run()
        commit()
    desk = city.desk(an_agent("wang", *lines.values()))
    again = city.citizen("+8613812345678")
    again.dials("12345")
    desk.accepts(offered(city, desk).id)
    city.until(lambda: again.connected_with() != [])
    tickets.sweeps.run()
    commit()
    (open_one,) = search.unhandled_contacts()
    assert open_one.call_id == noise.id
    settled = session.scalars(select(MissedContact).where(MissedContact.handled_at.is_not(None)))
    assert [one.handled_by_id for one in settled] == [desk.staff_id]
    told = session.scalars(select(CallEvent.name)).all()
    assert told.count("reached_again") == (0 if late else 1)


def gives_up(city, number: str) -> Call:
    """He waits and hangs up before anybody answers."""
    citizen = city.citizen(number)
    citizen.dials("12345")
    waits = select(Call).where(Call.sid == citizen.leg.sid, Call.status == CallStatus.WAITING)
    city.until(lambda: session.scalar(waits) is not None, WAIT_FOR_IT)
    citizen.hangs_up()
    city.pass_time(1)
    session.expire_all()
    return session.scalars(select(Call).where(Call.sid == citizen.leg.sid)).one()


def test_who_lost_his_agent_and_is_answered_again_was_answered(city, lines, agent):
    citizen = city.citizen()
    talking(city, citizen, agent)
    agent.open = False
    agent.phone.hangs_up()
    other = city.desk(an_agent("sun", *lines.values()))
    other.accepts(offered(city, other, 40).id)
    city.until(lambda: the_call().status is CallStatus.TALKING)
    citizen.hangs_up()
    city.pass_time(2)
    assert the_call().disposition is Disposition.ANSWERED
    assert the_call().agent_id == other.staff_id


def test_who_loses_his_agent_before_any_report_of_a_join_is_back_in_the_queue_at_once(
    city, lines, agent
):
    other = city.desk(an_agent("sun", *lines.values(), level=1))
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/conference", 1.0
    agent.accepts(offer.id)
    city.pass_time(3)
    assert the_call().status is CallStatus.CONNECTING
    agent.phone.hangs_up()
    city.pass_time(0.2)
    assert session.scalar(select(Place.heard_at)) is None
    assert ringing_at(other) is None, "the carrier has not enqueued him yet"
    offered(city, agent, 15)
    assert citizen.hears("您排在最前面")


def test_a_late_report_of_a_join_does_not_forget_the_order_back_into_the_queue(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "500"
    agent.open = False
    agent.phone.hangs_up()
    city.pass_time(1)
    assert the_call().status is CallStatus.WAITING
    with city.app.test_request_context():
        talk.join(the_call(), call.sid, requeue_url=absolute("queues.requeue"))
        commit()
    city.exchange.faults.rest = 0.0
    city.until(lambda: citizen.hears("您排在最前面"), 8)


def test_an_order_that_is_obeyed_without_a_word_is_not_repeated_once_he_is_where_it_sent_him(
    city, lines, agent
):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    other = city.desk(an_agent("sun", *lines.values()))
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "broken"
    agent.open = False
    agent.phone.hangs_up()
    offer = offered(city, other, 15)
    city.exchange.faults.rest = 0.0
    other.accepts(offer.id)
    city.until(lambda: the_call().status is CallStatus.TALKING, 3)
    city.pass_time(60)
    assert (the_call().status, the_call().agent_id) == (CallStatus.TALKING, other.staff_id)
    lost = select(CallEvent).where(CallEvent.call_id == call.id, CallEvent.name == "agent_lost")
    assert len(session.scalars(lost).all()) == 1


def test_what_was_ordered_for_a_caller_before_he_is_claimed_is_carried_out_no_more(city, agent):
    city.citizen().dials("12345")
    offer = offered(city, agent)
    city.exchange.faults.rest = 1.0
    with city.app.test_request_context():
        call = the_call()
        telephony.orders.redirect(call, call.sid, absolute("queues.requeue"), key="late")
        commit()
    agent.accepts(offer.id)
    late = select(Order).where(Order.key == "late")
    city.until(lambda: session.scalars(late).one().state is OrderState.MOOT, 2)
    city.exchange.faults.rest = 0.0
    city.until(lambda: the_call().status is CallStatus.TALKING, 10)


def test_two_agents_cannot_have_one_caller(city, lines, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    thief = city.desk(an_agent("thief", *lines.values(), ready=False))
    thief.accepts(offer.id)
    city.pass_time(8)
    assert thief.phone.hears("其他座席")
    agent.accepts(offer.id)
    city.until(lambda: the_call().status is CallStatus.TALKING)
    assert the_call().agent_id == agent.staff_id


def test_when_the_citizen_hangs_up_the_talk_is_over(city, agent):
    citizen = city.citizen()
    talking(city, citizen, agent)
    citizen.hangs_up()
    city.pass_time(2)
    assert the_call().status is CallStatus.ENDED
    assert not agent.phone.connected
    assert seat_of(agent).activity is Activity.WRAP_UP


@pytest.mark.parametrize("turn", range(6))
def test_whichever_report_comes_first_a_hang_up_is_no_vanished_agent(city, agent, turn):
    city.exchange.faults.only = "/voice/status"
    city.exchange.faults.seed = turn
    city.exchange.faults.__post_init__()
    city.exchange.faults.shuffle_seconds = 3.0
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    citizen.hangs_up()
    city.pass_time(5)
    assert the_call().disposition is Disposition.ANSWERED
    assert "agent_lost" not in names(call)


def test_an_order_that_was_obeyed_without_an_answer_does_not_cut_the_talk(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "unanswered"
    agent.accepts(offer.id)
    city.until(lambda: the_call().status is CallStatus.TALKING)
    city.pass_time(20)
    city.exchange.faults.rest = 0.0
    city.pass_time(20)
    assert the_call().status is CallStatus.TALKING
    assert citizen.connected_with() == [f"client:{agent.identity}"]
    assert "agent_lost" not in names(the_call())


def redirects(city, citizen) -> int:
    """How often the carrier was ordered to take the citizen somewhere."""
    wanted = ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{citizen.leg.sid}.json")
    return city.sdk.asked.count(wanted)


def test_a_join_whose_outcome_nobody_knows_is_looked_at_and_not_ordered_again(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/conference", 1.0
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "unanswered"
    agent.accepts(offer.id)
    city.until(lambda: bool(citizen.leg.hears()), 3)
    city.exchange.faults.rest = 0.0
    for _ in range(12):
        city.pass_time(1)
        assert citizen.connected_with() == [f"client:{agent.identity}"]
    assert the_call().status is CallStatus.TALKING
    assert redirects(city, citizen) == 1


def test_a_join_whose_order_died_with_its_process_is_looked_at_too(city, agent, monkeypatch):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/conference", 1.0
    with monkeypatch.context() as dying:
        dying.setattr(telephony.orders, "_settle", lambda *_args: None)
        agent.accepts(offer.id)
        city.until(lambda: bool(citizen.leg.hears()), 3)
    city.pass_time(12)
    assert citizen.connected_with() == [f"client:{agent.identity}"]
    assert redirects(city, citizen) == 1
    assert session.scalars(select(Order.state).where(Order.kind == "join")).all() == ["moot"]


def test_a_carrier_that_fails_is_asked_ever_more_rarely_who_is_in_a_conference(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/conference", 1.0
    agent.accepts(offer.id)
    city.until(lambda: bool(citizen.leg.hears()), 3)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "500"
    city.sdk.asked.clear()
    city.pass_time(60)
    looks = [path for _, path in city.sdk.asked if path.endswith("/Conferences.json")]
    assert 3 <= len(looks) <= 6
    city.exchange.faults.rest = 0.0
    city.until(lambda: the_call().status is CallStatus.TALKING, 31)


def test_an_order_that_was_refused_is_repeated_each_second(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "429"
    finish(city, call, agent)
    before = redirects(city, citizen)
    city.pass_time(6)
    assert redirects(city, citizen) - before >= 5
    city.exchange.faults.rest = 0.0
    city.until(lambda: citizen.hears("请对本次服务评价"), 2)


def test_who_hangs_up_on_his_way_in_leaves_no_agent_waiting(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    # All that is heard of his going is the carrier's refusal to order him in.
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/status", 1.0
    citizen.hangs_up()
    leg = agent.accepts(offer.id)
    city.until(lambda: not leg.live, 1)
    assert the_call().disposition is Disposition.ABANDONED
    assert seat_of(agent).activity is Activity.IDLE


def test_an_offer_that_cannot_be_is_refused_and_no_phantom_caller_waits(city, agent):
    for given in ("99999999999", "²", "-1"):
        agent.accepts(given)
        city.pass_time(8)
        assert not agent.phone.connected
    assert session.scalars(select(Call)).all() == []


def test_an_agent_who_was_disabled_is_offered_nobody(city, lines, agent):
    with city.app.test_request_context():
        people.disable(
            session.get_one(StaffMember, agent.staff_id), by=somebody("admin", Role.ADMIN)
        )
        commit()
    city.citizen().dials("12345")
    city.pass_time(60)
    assert the_call().status is CallStatus.WAITING
    assert ringing_at(agent) is None


def test_a_hotline_that_is_down_keeps_its_callers(city, agent):
    citizen = city.citizen()
    city.down = True
    citizen.dials("12345")
    city.pass_time(30)
    assert citizen.connected
    assert citizen.hears("系统暂时遇到问题")
    assert session.scalars(select(Call)).all() == []
    city.down = False
    agent.accepts(offered(city, agent, 40).id)
    city.until(lambda: the_call().status is CallStatus.TALKING)


def test_who_gave_up_before_the_hotline_heard_of_him_has_called_all_the_same(city, lines):
    """The fallback process kept him until he hung up; his report is all that ever arrives."""
    citizen = city.citizen("+8613812345678")
    city.down = True
    citizen.dials("12345")
    city.pass_time(30)
    assert citizen.hears("系统暂时遇到问题")
    city.down = False
    citizen.hangs_up()
    city.pass_time(1)
    call = the_call()
    assert (call.status, call.disposition) == (CallStatus.ENDED, Disposition.LEFT_EARLY)
    assert call.number_masked.endswith("5678")
    assert names(call) == ["arrived", "ended"]


def test_redis_that_forgets_everything_loses_no_caller(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    city.pass_time(5)
    city.app.extensions["redis"].flushdb()
    agent.accepts(offered(city, agent, 60).id)
    city.until(lambda: the_call().status is CallStatus.TALKING)


@pytest.mark.parametrize("fault", ["drop", "double", "late"])
def test_faulty_reports_lose_nobody(city, agent, fault):
    setattr(city.exchange.faults, fault, 0.5)
    city.exchange.faults.shuffle_seconds = 2.0
    for turn in range(5):
        citizen = city.citizen()
        citizen.dials("12345")
        agent.accepts(offered(city, agent, 90).id)
        city.until(lambda one=citizen: bool(one.leg.hears()), 60)
        citizen.hangs_up()
        city.until(lambda: seat_of(agent).activity is not Activity.TALKING, 60)
        city.pass_time(60)
        calls = session.scalars(select(Call)).all()
        assert len(calls) == turn + 1
        assert all(call.status is CallStatus.ENDED for call in calls)
        assert seat_of(agent).activity is Activity.IDLE


def test_who_is_led_into_his_talk_twice_is_written_down_once(city, agent):
    """The reports of the joining are lost, and the document that listens is asked for again."""
    citizen = city.citizen()
    citizen.dials("12345")
    agent.accepts(offered(city, agent).id)
    city.until(lambda: the_call().status is CallStatus.TALKING)
    with city.app.test_request_context():
        call = the_call()
        call.tapped_at = None
        telephony.orders.redirect(call, call.sid, absolute("queues.join"), key="again")
        commit()
    city.pass_time(5)
    assert len(citizen.leg.transcriptions) == 2
    citizen.says("阳明路的路灯坏了")
    city.pass_time(5)
    said = select(Utterance.text).where(Utterance.party == Party.CITIZEN)
    assert session.scalars(said).all() == ["阳明路的路灯坏了"]
