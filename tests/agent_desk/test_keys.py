"""Keys for the menu of an outside party: it hears them, and nobody else in the talk does."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select, text
from twilio.base.exceptions import TwilioException

from emulator.caller import Caller
from emulator.legs import Leg
from infra.db import commit, session
from models import KeyPress, Order, OrderState, Outside
from queues import pressing
from simulation.coupling import InProcess
from tests.agent_desk.talks import Agent, a_duty_phone, events_of, talking
from tests.agent_desk.test_outside import DUTY, rung
from tests.places import a_line
from tests.queues.test_locks import posts


@dataclass(eq=False)
class Menu(Caller):
    """A hospital's answering machine: each key leads somewhere."""

    pressed: str = ""

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        super().hear(leg, words, kind)
        if kind == "key":
            self.pressed += words
            leg.speak(f"您选择了{words}")


@pytest.fixture
def wang(city, app, time) -> Agent:
    line = a_line()
    commit()
    return Agent.comes(city, "wang", line)


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


@pytest.fixture
def menu(city) -> Menu:
    return Menu(city.exchange, f"+86{DUTY}")


@pytest.fixture
def call(city, citizen, wang, menu):
    call = talking(citizen, wang)
    rung(city, wang, call, f"phone-{a_duty_phone(DUTY).id}")
    return call


def test_the_menu_hears_them_and_both_hear_where_it_leads(city, citizen, wang, call, menu):
    heard_before = list(citizen.heard)
    wang.does("keys", keys="2")
    city.pass_time(2)
    assert menu.pressed == "2"
    assert wang.phone.phone.hears("您选择了2") and citizen.hears("您选择了2")
    assert "2" not in citizen.heard[len(heard_before) :], "he hears the menu, not the tone"
    assert wang.hears(citizen, menu), "nobody has left his place"


def test_what_is_pressed_later_comes_later(city, wang, call, menu):
    wang.asks("keys", keys="110101199003071234")
    wang.asks("keys", keys="#")
    city.pass_time(15)
    assert menu.pressed == "110101199003071234#"
    assert events_of(call).count("keys_pressed") == 2


def test_what_was_pressed_is_sealed_and_gone_with_the_party(city, wang, call, menu):
    wang.does("keys", keys="110101199003071234")
    order = session.scalars(select(Order).where(Order.kind == "press")).one()
    assert "1101011990" not in f"{order.url} {order.key}"
    wang.does("three-way/end")
    session.expire_all()
    assert session.scalars(select(KeyPress.keys)).all() == [None]


def test_what_is_pressed_while_the_party_leaves_is_not_kept(app, wang, call, menu):
    [party] = session.scalars(select(Outside)).all()
    assert party.joined
    with app.extensions["engine"].begin() as other:
        gone = "state = 'ended', outcome = 'left', ended_at = asked_at"
        other.execute(text(f"UPDATE outside SET {gone}"))
    with pytest.raises(pressing.NobodyThere):
        pressing.press(party, "110101199003071234")
    session.rollback()
    assert session.scalars(select(KeyPress)).all() == []


def test_where_nobody_knows_whether_it_was_heard_nothing_is_pressed_twice(
    city, wang, call, menu, monkeypatch
):
    obeys = InProcess.request

    def unanswered(self, method, uri, *besides, data=None, **more):
        got = obeys(self, method, uri, *besides, data=data, **more)
        if "AnnounceUrl" in (data or {}):
            raise TwilioException("timed out")
        return got

    monkeypatch.setattr(InProcess, "request", unanswered)
    wang.does("keys", keys="1")
    city.pass_time(8)
    assert menu.pressed == "1"
    order = session.scalars(select(Order).where(Order.kind == "press")).one()
    assert order.state is OrderState.MOOT


@pytest.mark.parametrize("keys", ["", "a", "1 2", "1" * 33, None])
def test_what_is_no_key_is_refused(wang, call, keys):
    assert wang.asks("keys", keys=keys).status_code == 422


def test_without_an_outside_party_nobody_would_hear_them(city, wang, call, menu):
    wang.does("three-way/end")
    assert wang.asks("keys", keys="1").status_code == 409


def test_keys_are_for_the_leg_that_they_were_pressed_for(city, citizen, wang, call, menu):
    wang.does("keys", keys="7")
    press = session.scalars(select(KeyPress)).one()
    assert "digits" not in posts(city, f"/voice/keys/{press.id}", CallSid=citizen.leg.sid)
