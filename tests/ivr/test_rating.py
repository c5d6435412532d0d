"""Rating after the talk: by one key, of this call and its agent, who cannot keep him from it."""

import pytest

from infra.db import commit, session
from models import CallStatus
from tests.agent_desk.talks import Agent, call_of, talking
from tests.places import a_line


@pytest.fixture
def wang(city, app, time) -> Agent:
    line = a_line()
    commit()
    return Agent.comes(city, "wang", line)


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


def test_a_key_that_is_no_rating_is_asked_for_once_more(city, citizen, wang):
    call = talking(citizen, wang)
    wang.does("finish", call=call.id)
    city.until(lambda: citizen.hears("请对本次服务评价"), 5)
    citizen.presses("7")
    city.until(lambda: citizen.hears("请按1到5之间的键"), 5)
    citizen.presses("2")
    city.until(lambda: citizen.hears("谢谢您的来电"), 5)
    session.expire_all()
    assert (call_of(citizen).rating, call_of(citizen).agent_id) == (2, wang.id)


def test_an_agent_who_hangs_up_instead_of_finishing_skips_nothing(city, citizen, wang):
    call = talking(citizen, wang)
    wang.phone.phone.hangs_up()
    city.until(lambda: citizen.hears("您排在最前面"), 10)
    assert call_of(citizen).status is CallStatus.WAITING
    wang.does("wrapped")
    wang.answers()
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING, 10)
    wang.does("finish", call=call.id)
    city.until(lambda: citizen.hears("请对本次服务评价"), 5)
    citizen.presses("1")
    city.pass_time(3)
    assert call_of(citizen).rating == 1
