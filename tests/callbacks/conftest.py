"""A caller who would rather be rung back, and the agent for whom he waits."""

import pytest
from sqlalchemy import select

from emulator.caller import Caller
from infra.db import commit, session
from models import Activity, Call, Callback, CallStatus, Line, Seat
from tests.agent_desk.talks import Agent, call_of
from tests.places import a_line

NUMBER = "+8613812345678"
LEADS_TO_A_PERSON = 40


@pytest.fixture
def city(city, monkeypatch):
    """Nothing of the test's own stays open while time passes: on a busy machine that takes long."""
    forward = city.timeline.forward

    def closed_forward(seconds: float) -> None:
        commit()
        forward(seconds)

    monkeypatch.setattr(city.timeline, "forward", closed_forward)
    return city


@pytest.fixture
def line(app, time) -> Line:
    found = a_line()
    commit()
    return found


@pytest.fixture
def wang(city, line) -> Agent:
    """He is busy with somebody else, until he is told otherwise."""
    agent = Agent.comes(city, "wang", line)
    busy(agent)
    return agent


@pytest.fixture
def citizen(city) -> Caller:
    return city.citizen(NUMBER)


def busy(agent: Agent) -> None:
    session.get_one(Seat, agent.id).activity = Activity.TALKING
    commit()


def is_free(agent: Agent) -> None:
    session.get_one(Seat, agent.id).activity = Activity.IDLE
    commit()


def waits(city, citizen: Caller) -> Call:
    citizen.heard.clear()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("座席暂时都不空"), LEADS_TO_A_PERSON)
    return call_of(citizen)


def keeps_his_place(city, citizen: Caller) -> Callback:
    """He waits, presses the key, and hangs up with a promise."""
    waits(city, citizen)
    city.pass_time(30)
    citizen.presses("*")
    city.until(lambda: citizen.hears("用来电号码接听回电请按1"), 3)
    citizen.presses("1")
    city.until(lambda: citizen.hears("您的位置已经保留"), 3)
    city.until(lambda: not citizen.connected, 15)
    return the_callback()


def the_callback() -> Callback:
    """The newest one."""
    session.expire_all()
    return session.scalars(select(Callback).order_by(Callback.id.desc())).first()


def back_calls() -> list[Call]:
    session.expire_all()
    return list(session.scalars(select(Call).where(Call.direction == "back").order_by(Call.id)))


def talks(call: Call) -> bool:
    session.refresh(call)
    return call.status is CallStatus.TALKING
