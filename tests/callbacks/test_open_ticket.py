"""Whoever waits and has an open ticket hears so once, and has its state by a text message."""

import pytest
from sqlalchemy import func, select

from infra.db import commit, session
from models import Kind, TextMessage, Ticket
from queues import known_ticket
from tests.agent_desk.talks import events_of
from tests.callbacks.conftest import waits
from tests.ivr.test_stories import a_ticket


def texts() -> list[str]:
    session.expire_all()
    return [one.body for one in session.scalars(select(TextMessage).order_by(TextMessage.id))]


def has_a_ticket(**known: object) -> Ticket:
    a_ticket(**known)
    commit()
    return session.scalars(select(Ticket)).one()


def test_he_hears_of_it_once_and_has_its_state_by_text(city, citizen, wang):
    has_a_ticket()
    call = waits(city, citizen)
    city.until(lambda: citizen.hears("您有一张在办工单"), 60)
    city.until(lambda: citizen.hears("按1，我们把办理进度发短信给您"), 5)
    for _ in range(2):
        citizen.presses("1")
        city.until(lambda: citizen.hears("短信已经发出"), 3)
        city.pass_time(4)
    (body,) = texts()
    assert "目前状态" in body and "路灯" not in body
    city.pass_time(60)
    assert sum("您有一张在办工单" in one for one in citizen.heard) == 1
    assert events_of(call).count(known_ticket.TOLD) == 1
    assert events_of(call).count(known_ticket.TEXTED) == 1


@pytest.mark.parametrize(
    "secret", [{"confidential": True}, {"kind": Kind.REPORT}, {"minor": True}, "forged"]
)
def test_of_what_a_number_may_not_learn_nothing_is_told(city, citizen, wang, secret):
    has_a_ticket(**({} if secret == "forged" else secret))
    call = waits(city, citizen)
    call.forged = secret == "forged"
    commit()
    city.pass_time(60)
    assert not citizen.hears("在办工单")
    citizen.presses("1")
    city.pass_time(5)
    assert texts() == []
    assert citizen.connected


def test_no_other_document_asks_for_it(city, citizen, wang, monkeypatch):
    asked = []
    monkeypatch.setattr(known_ticket, "of", lambda call: asked.append(call.id))
    waits(city, citizen)
    city.pass_time(120)
    assert len(asked) == 1
    assert session.scalar(select(func.count(TextMessage.id))) == 0
