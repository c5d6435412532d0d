"""情绪休整: a rest after a distressing call, by his own word or his lead's, and its end."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from models import Activity, Desired, Recovery, Seat, SeatStretch, Shift, ShiftKind
from queues import recovering
from tests.agent_desk.talks import Agent, call_of, events_of, talking
from tests.analytics.leads import Lead
from tests.places import a_line


@pytest.fixture
def line(app, time):
    line = a_line()
    commit()
    return line


@pytest.fixture
def wang(city, line) -> Agent:
    return Agent.comes(city, "wang", line)


@pytest.fixture
def call(city, wang):
    """A talk in which he raised his hand is over: he wraps up."""
    call = talking(city.citizen("+8613812345678"), wang)
    wang.does("hand", call=call.id, up=True)
    wang.does("finish", call=call.id)
    return call


@pytest.fixture
def lead(city, app) -> Lead:
    return Lead.comes(city)


def its_time_comes() -> None:
    """Ten minutes of one step each would take long."""
    newest().ends_at = now()
    commit()


def seat_of(agent: Agent) -> Seat:
    session.expire_all()
    return session.get_one(Seat, agent.id)


def newest() -> Recovery:
    session.expire_all()
    return session.scalars(select(Recovery).order_by(Recovery.id.desc())).first()


def test_it_is_suggested_taken_begins_after_the_wrap_up_and_ends_with_ready(city, wang, call):
    offered = wang.shows["recovery"]
    assert offered["because"] == ["hand"] and offered["minutes"] == 10 and offered["left"] == 2
    shown = wang.does("recovery")
    assert shown["recovery"]["given"] and shown["recovery"]["until"] is None
    assert wang.activity is Activity.WRAP_UP, "his ticket is not cut off"
    wang.does("wrapped")
    city.pass_time(1)
    assert newest().ends_at - newest().began_at == timedelta(minutes=10)
    assert seat_of(wang).break_reason == recovering.RECOVERY
    citizen = city.citizen()
    citizen.dials("12345")
    city.pass_time(30)
    assert wang.rings is None, "nobody who waits ends it"
    its_time_comes()
    city.pass_time(2)
    assert newest().ended_at is not None
    assert seat_of(wang).desired is Desired.READY and wang.rings is not None
    assert "recovery_given" in events_of(call)


def test_another_break_in_the_middle_of_it_ends_it_then(city, wang, call):
    wang.does("recovery")
    wang.does("wrapped")
    city.pass_time(3)
    began = newest().began_at
    wang.does("choose", desired="break", reason="meal")
    city.pass_time(1)
    assert newest().ended_at > began and seat_of(wang).break_reason == "meal"


@pytest.mark.parametrize("before", [("break", "meal"), ("offline", None)])
def test_at_its_end_he_is_what_he_had_chosen_before(city, wang, call, before):
    desired, reason = before
    wang.does("choose", desired=desired, reason=reason)
    since = seat_of(wang).desired_since
    city.pass_time(1)
    wang.does("recovery")
    assert seat_of(wang).desired_since > since
    wang.does("wrapped")
    city.pass_time(1)
    its_time_comes()
    city.pass_time(2)
    assert newest().ended_at is not None
    assert (seat_of(wang).desired, seat_of(wang).break_reason) == before
    rested = [SeatStretch.desired, SeatStretch.reason]
    assert (Desired.BREAK, recovering.RECOVERY) in session.execute(select(*rested)).all()


def test_after_an_easy_call_nothing_is_suggested_and_it_may_be_taken_all_the_same(city, wang):
    call = talking(city.citizen(), wang)
    wang.does("finish", call=call.id)
    assert wang.shows["recovery"]["because"] == []
    assert wang.does("recovery")["recovery"]["given"]


@pytest.mark.parametrize("why", ["danger", "minor"])
def test_danger_and_minors_are_reasons(city, wang, why):
    citizen = city.citizen("+8613812345678")
    call = talking(citizen, wang)
    row = call_of(citizen)
    if why == "danger":
        row.emergency = "自杀"
    else:
        row.line.certified = True
    commit()
    wang.does("finish", call=call.id)
    assert wang.shows["recovery"]["because"] == [why]


def test_in_a_talk_it_is_too_soon_and_without_one_there_is_nothing_to_rest_from(city, wang):
    assert wang.asks("recovery").status_code == 409
    call = talking(city.citizen(), wang)
    assert wang.asks("recovery").status_code == 409
    assert wang.shows["recovery"] is None
    wang.does("finish", call=call.id)
    assert wang.asks("recovery").status_code == 200


def test_twice_in_a_shift_by_himself_and_more_by_his_lead(city, wang, call, lead):
    at = now()
    wang.does("recovery")
    wang.does("recovery")
    assert len(session.scalars(select(Recovery)).all()) == 1, "asked twice it is the same"
    old = Recovery(
        agent_id=wang.id, given_by_id=wang.id, given_at=at - timedelta(hours=20), minutes=10,
        ended_at=at - timedelta(hours=19),
    )  # fmt: skip
    session.add(old)
    commit()
    wang.does("wrapped")
    wang.does("choose", desired="ready")
    assert wang.does("recovery")["recovery"]["left"] == 0
    wang.does("choose", desired="ready")
    refused = wang.asks("recovery")
    assert refused.status_code == 409 and "班长" in refused.get_json()["error"]
    asked = {"agent": wang.id, "desired": "recovery", "reason": "连接三通涉险来电"}
    lead.does("put", **asked)
    city.pass_time(2)
    assert wang.shows["recovery"]["by"] == "lead" and newest().began_at is not None
    assert wang.rings is None


def test_a_shift_that_begins_counts_anew(city, wang, call):
    at = now()
    used = [
        Recovery(
            agent_id=wang.id, given_by_id=wang.id, given_at=at - timedelta(hours=3), minutes=10,
            ended_at=at - timedelta(hours=2),
        )
        for _ in range(2)
    ]  # fmt: skip
    session.add_all(used)
    commit()
    assert wang.asks("recovery").status_code == 409
    session.add(
        Shift(
            staff_id=wang.id, kind=ShiftKind.DAY, begins_at=at - timedelta(hours=1),
            ends_at=at + timedelta(hours=7), made_at=at,
        )
    )  # fmt: skip
    commit()
    assert wang.asks("recovery").status_code == 200


def test_his_lead_gives_one_in_the_talk_and_it_counts_after_it(city, wang, lead):
    call = talking(city.citizen(), wang)
    asked = {"agent": wang.id, "desired": "recovery", "reason": "市民辱骂"}
    lead.does("put", **asked)
    city.pass_time(2)
    assert wang.activity is Activity.TALKING and newest().began_at is None
    wang.does("finish", call=call.id)
    wang.does("wrapped")
    assert newest().began_at is not None


def test_who_is_on_break_already_rests_from_then_on_as_such(city, wang, call, lead):
    wang.does("wrapped")
    wang.does("choose", desired="break", reason="meal")
    asked = {"agent": wang.id, "desired": "recovery", "reason": "情绪低落"}
    lead.does("put", **asked)
    city.pass_time(2)
    open_one = select(SeatStretch.reason).where(
        SeatStretch.agent_id == wang.id, SeatStretch.ended_at.is_(None)
    )
    assert session.scalar(open_one) == recovering.RECOVERY
    assert newest().began_at is not None


def test_who_chooses_otherwise_has_ended_it(city, wang, call):
    wang.does("recovery")
    wang.does("wrapped")
    wang.does("choose", desired="offline")
    assert newest().ended_at is not None
    assert seat_of(wang).desired is Desired.OFFLINE


def test_whose_desk_has_gone_meanwhile_is_not_made_ready(city, wang, call):
    wang.does("recovery")
    wang.does("wrapped")
    wang.phone.open = False
    city.pass_time(21)
    its_time_comes()
    city.pass_time(2)
    assert newest().ended_at is not None
    assert seat_of(wang).desired is Desired.OFFLINE


def test_a_lead_needs_a_seat_that_is_there(lead, line):
    asked = {"agent": 999, "desired": "recovery", "reason": "x"}
    assert lead.asks("put", **asked).status_code == 404
