"""Key 9 with number and code: where the ticket is, an urge, and what he has to add, by voice."""

import pytest
from sqlalchemy import select, update

from infra.clock import now
from infra.db import commit, session
from models import Addition, CallStatus, Chase, Urge, WorkDay
from tests.followups.test_by_himself import hears_of, the_call
from tests.tickets.conftest import a_complaint, ended
from tickets import calendar, dispatch, handling, history, lifecycle


@pytest.fixture
def ticket(hotline):
    """With its unit, and not answered yet."""
    call = ended(hotline.person, agent=hotline.agent)
    ticket = lifecycle.draft(call)
    lifecycle.submit(ticket, by=hotline.agent.staff, typed=a_complaint())
    one = dispatch.dispatch(ticket, hotline.unit, by=hotline.dispatcher)
    handling.sign(one, by=hotline.clerk)
    commit()
    return ticket


def test_he_hears_with_whom_it_is_and_since_when(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    assert citizen.hears("目前在城管局，自")
    hotline.until(lambda: citizen.hears("催办请按3"))
    assert not citizen.hears("评价或修改评价请按1")


def test_he_urges_by_a_key_once_a_day_as_on_the_page(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    hotline.until(lambda: citizen.hears("催办请按3"))
    citizen.presses("3")
    hotline.until(lambda: citizen.hears("已为您催办"))
    urge = session.scalars(select(Urge)).one()
    assert (urge.call_id, urge.by_id) == (the_call().id, None)
    asked = session.scalars(select(Chase)).one()
    assert (asked.call_id, asked.ticket_id, asked.words) == (the_call().id, ticket.id, None)
    citizen.hangs_up()
    again = hears_of(hotline, ticket)
    hotline.until(lambda: again.hears("补充情况请按4"))
    assert not again.hears("催办请按3")
    assert history.verify(ticket) is None


def test_what_he_says_is_added_once_and_other_things_are_offered_again(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    hotline.until(lambda: citizen.hears("补充情况请按4"))
    citizen.presses("4")
    hotline.until(lambda: citizen.hears("请说出要补充的情况"))
    citizen.says("公积金中心门口那盏也坏了")
    hotline.until(lambda: citizen.hears("您补充的情况已经记录"))
    assert session.scalars(select(Addition.words)).all() == ["公积金中心门口那盏也坏了"]
    assert session.scalars(select(Chase.words)).all() == ["公积金中心门口那盏也坏了"]
    # He spoke of another topic, and is not led to its line.
    assert the_call().status is CallStatus.GREETED


def test_danger_is_heard_in_what_he_adds(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    hotline.until(lambda: citizen.hears("补充情况请按4"))
    citizen.presses("4")
    hotline.until(lambda: citizen.hears("请说出要补充的情况"))
    citizen.says("楼下着火了")
    hotline.until(lambda: the_call().status is CallStatus.WAITING)
    assert the_call().emergency == "着火" and session.query(Addition).count() == 0


def test_he_hears_that_the_date_may_still_move(hotline, ticket):
    calendar.seed((now().year, now().year + 1))
    session.execute(update(WorkDay).values(provisional=True))
    commit()
    citizen = hears_of(hotline, ticket)
    assert citizen.hears("按暂定的工作日历，可能调整")
