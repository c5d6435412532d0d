"""Whoever is at the ticket of his talk is not cut off in wrap-up, nor stays in it for ever."""

import pytest

from infra.clock import now
from infra.db import commit, session
from models import Activity, Seat
from queues import seats
from tests.agent_desk.talks import Agent, talking
from tests.places import a_line


@pytest.fixture
def wang(city, time) -> Agent:
    line = a_line("general")
    commit()
    return Agent.comes(city, "wang", line)


@pytest.fixture
def call(city, wang):
    """His talk is over: he wraps up."""
    call = talking(city.citizen("+8613812345678"), wang)
    wang.does("finish", call=call.id)
    assert wang.activity is Activity.WRAP_UP
    return call


def types(agent: Agent, call, words: str) -> None:
    answer = agent.page.post_json(f"/calls/{call.id}/ticket", {"summary": words})
    assert answer.status_code == 200


def lasts(agent: Agent) -> float:
    """Seconds that are left of his wrap-up."""
    seat = session.get_one(Seat, agent.id)
    session.refresh(seat)
    return (seat.wrap_up_until - now()).total_seconds()


def test_who_types_has_half_a_minute_more_after_each_save(city, wang, call):
    city.pass_time(25)
    types(wang, call, "路灯不亮")
    assert lasts(wang) == 30
    city.pass_time(25)
    assert wang.activity is Activity.WRAP_UP
    assert wang.shows["call"]["id"] == call.id
    city.pass_time(8)
    assert wang.activity is Activity.IDLE


def test_he_types_for_five_minutes_at_most(city, wang, call):
    begun = now()
    for serial in range(20):
        if wang.activity is not Activity.WRAP_UP:
            break
        types(wang, call, f"第{serial}句")
        city.pass_time(20)
    most = seats.WRAP_UP_AT_MOST.total_seconds()
    assert most - 20 <= (now() - begun).total_seconds() <= most + 20
    types(wang, call, "以后补的")
    assert wang.activity is Activity.IDLE


def test_he_may_end_it_at_once_all_the_same(wang, call):
    types(wang, call, "路灯不亮")
    wang.does("wrapped")
    assert wang.activity is Activity.IDLE


def test_an_older_draft_gives_no_time(city, wang, call):
    wang.does("wrapped")
    later = talking(city.citizen("+8613912345678"), wang)
    wang.does("finish", call=later.id)
    city.pass_time(20)
    types(wang, call, "上一通的")
    assert lasts(wang) < 15
