"""A lead has approved that a ticket is excluded: nobody is rung about it, and it ends."""

import pytest
from sqlalchemy import select

from followups import planning
from infra.db import commit, session
from models import (
    Assignment,
    DialState,
    FollowUp,
    FollowUpResult,
    RequestKind,
    TicketState,
)
from tests.followups.conftest import follow_up_of
from tests.followups.test_by_himself import Own
from tests.followups.test_retries import BAD, GOOD
from tests.tickets.conftest import a_complaint, ended
from tests.visitors import browser_of
from tickets import dispatch, history, lifecycle, requests


def asked_to_exclude(hotline, ticket):
    one = session.scalars(select(Assignment).where(Assignment.ticket_id == ticket.id)).first()
    found = requests.ask_for(
        one, RequestKind.EXCLUSION, by=hotline.clerk, reason="要求违法补偿", basis="条例第八条"
    )
    commit()
    return found


def approve(hotline, request) -> None:
    requests.approve(request, by=hotline.lead, lead=True)
    commit()
    session.expire_all()


@pytest.fixture
def given(hotline):
    call = ended(hotline.person, agent=hotline.agent)
    ticket = lifecycle.draft(call)
    lifecycle.submit(ticket, by=hotline.agent.staff, typed=a_complaint())
    dispatch.dispatch(ticket, hotline.unit, by=hotline.dispatcher)
    commit()
    return ticket


def test_excluded_while_it_is_handled_it_is_answered_and_nobody_is_rung(app, hotline, given):
    approve(hotline, asked_to_exclude(hotline, given))
    assert given.state is TicketState.DISPATCHED
    hotline.handle(session.scalars(select(Assignment)).one())
    session.expire_all()
    assert given.state is TicketState.CLOSED and history.verify(given) is None
    follow_up = follow_up_of(given)
    assert (follow_up.result, follow_up.dial_id) == (FollowUpResult.EXEMPT, None)
    citizen = hotline.citizen()
    hotline.later(24)
    assert citizen.rung == [] and session.query(FollowUp).count() == 1
    page = browser_of(app, hotline.lead).get(f"/tickets/{given.number}").text
    assert "要求违法补偿" in page and "不计入满意率" in page
    own = Own(app, given)
    assert "路灯已修好" in own.reads() and "/rating" not in own.reads()
    own.rates(**GOOD)
    assert follow_up_of(given).final_rating is None


def test_excluded_while_he_is_to_be_rung_he_is_not(hotline):
    hotline.city.ticking = False
    ticket = hotline.answered()
    asking = asked_to_exclude(hotline, ticket)
    citizen = hotline.citizen()
    approve(hotline, asking)
    hotline.city.ticking = True
    follow_up = follow_up_of(ticket)
    assert (ticket.state, follow_up.result) == (TicketState.CLOSED, FollowUpResult.EXEMPT)
    assert follow_up.dial.state is DialState.CANCELLED
    hotline.later(24)
    assert citizen.rung == []


def test_excluded_before_the_clock_has_planned_it(hotline, monkeypatch):
    with monkeypatch.context() as early:
        early.setattr(planning, "run", lambda: None)
        ticket = hotline.answered()
    approve(hotline, asked_to_exclude(hotline, ticket))
    planning.run()
    assert session.scalars(select(FollowUp.result)).all() == [FollowUpResult.EXEMPT]
    assert ticket.state is TicketState.CLOSED


def test_what_is_excluded_does_not_begin_again_by_a_worse_rating(app, hotline):
    ticket = hotline.answered()
    own = Own(app, ticket)
    own.rates(**GOOD)
    approve(hotline, asked_to_exclude(hotline, ticket))
    own.rates(**BAD)
    assert ticket.state is TicketState.CLOSED
    assert follow_up_of(ticket).final_rating == 1


def test_one_that_was_refused_changes_nothing(hotline, given):
    asking = asked_to_exclude(hotline, given)
    requests.refuse(asking, by=hotline.lead, decision="诉求合理", lead=True)
    commit()
    hotline.handle(session.scalars(select(Assignment)).one())
    assert given.state is TicketState.PENDING_FOLLOW_UP
