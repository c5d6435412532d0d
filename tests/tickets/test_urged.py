"""Urging: whose it is, how often it counts, and when it has the unit supervised."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.db import session
from models import Notice, Supervision, Urge
from tests.tickets.conftest import ended
from tests.visitors import browser_of
from tickets import supervising


def press(page, ticket, words="请尽快"):
    return page.post(f"/dispatch/{ticket.number}/urges", words=words)


def supervised() -> list[str]:
    return list(session.scalars(select(Supervision.because)))


def test_three_urges_of_our_own_are_told_and_no_repeats_of_the_citizen(
    app, ticket, assignment, zhao, time
):
    page = browser_of(app, zhao)
    for n in range(3):
        time.forward(60)
        press(page, ticket, f"第{n}次")
    assert len(session.scalars(select(Notice).where(Notice.name == "urged")).all()) == 3
    assert supervised() == []


def test_a_double_click_is_one_urge(app, ticket, assignment, zhao, time):
    page = browser_of(app, zhao)
    press(page, ticket)
    time.forward(2)
    press(page, ticket)
    assert session.query(Urge).count() == 1
    time.forward(timedelta(minutes=6).total_seconds())
    press(page, ticket)
    assert session.query(Urge).count() == 2


def test_what_an_agent_writes_down_while_the_citizen_is_on_the_line_is_the_citizens(
    app, ticket, assignment, citizen, agent, time
):
    for _n in range(3):
        time.forward(timedelta(hours=3).total_seconds())
        call, page = ended(citizen, agent=agent), browser_of(app, agent.staff)
        assert press(page, ticket).status_code == 302
        press(page, ticket)
        assert session.scalars(select(Urge).order_by(Urge.id.desc())).first().call_id == call.id
    assert session.query(Urge).count() == 3
    assert supervised() == ["repeats"]


@pytest.mark.parametrize("ours", [0, 5])
def test_three_of_the_citizens_have_it_supervised_whatever_we_added(
    ticket, assignment, zhao, time, ours
):
    for n in range(ours):
        supervising.urge(ticket, call=None, by=zhao, words=str(n))
    for _n in range(2):
        supervising.urge(ticket, call=None, by=None)
    assert supervised() == []
    supervising.urge(ticket, call=None, by=None)
    assert supervised() == ["repeats"]
