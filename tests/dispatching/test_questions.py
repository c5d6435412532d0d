"""What must be said before a ticket is dispatched: who is asked reads it, and it ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from infra import db
from infra.clock import now
from infra.db import session
from models import Kind, Remark, RemarkKind, TextMessage, TicketState
from tests.handled import Town
from tests.tickets.conftest import a_person
from tickets import calendar, history, own, review, timekeeping

WHAT = "请说明灯杆编号"


@pytest.fixture
def town(app, time) -> Town:
    calendar.seed([now().year, now().year + 1])
    return Town(app)


def asked(town: Town, **known: object):
    ticket = town.ticket()
    for name, value in known.items():
        setattr(ticket, name, value)
    db.commit()
    answer = town.browser("zhao").post(f"/dispatch/{ticket.number}/question", what=WHAT)
    assert answer.status_code == 302
    return ticket


def texts(ticket) -> list[str]:
    told = select(TextMessage.body).where(
        TextMessage.ticket_id == ticket.id, TextMessage.key.like("question:%")
    )
    return list(session.scalars(told))


def test_agent_dispatcher_and_citizen_read_the_question(app, town):
    ticket = asked(town)
    for who, page in (
        ("wang", f"/tickets/{ticket.number}"),
        ("zhao", f"/dispatch/{ticket.number}"),
    ):
        assert WHAT in town.browser(who).get(page).text
    (body,) = texts(ticket)
    assert WHAT in body and ticket.number in body
    visitor = app.test_client()
    with visitor.session_transaction() as cookie:
        cookie["own_tickets"] = {ticket.number: now().timestamp()}
    page = visitor.get(f"/my/{ticket.number}").text
    assert WHAT in page and "请您补充" in page
    assert history.verify(ticket) is None
    assert WHAT not in session.scalar(
        text("SELECT string_agg(CAST(detail AS text), '') FROM ticket_event")
    )


@pytest.mark.parametrize(
    "known", [{"confidential": True}, {"kind": Kind.REPORT}, {"minor": True}, {"person": None}]
)
def test_what_a_number_alone_may_not_learn_is_not_texted(town, known):
    assert texts(asked(town, **known)) == []


def test_a_landline_is_not_texted(town):
    ticket = asked(town, person=a_person("079186661234"))
    assert texts(ticket) == [] and ticket.state is TicketState.NEED_INFO


def test_what_he_adds_ends_it_and_gives_the_time_back(town, time):
    ticket = asked(town)
    before = ticket.due_at
    time.forward(2 * 86400)
    own.add_facts(ticket, "LD-12 号")
    assert ticket.state is TicketState.PENDING_DISPATCH
    assert session.scalars(select(Remark.ended_at)).all() == [now()]
    assert ticket.due_at - before >= timedelta(days=2)
    db.commit()
    assert "待补充</h2>" not in town.browser("wang").get(f"/tickets/{ticket.number}").text


def test_after_three_working_days_it_goes_on_without(town, time):
    ticket = asked(town)
    due = session.scalars(select(Remark.due_at)).one()
    time.forward((due - now()).total_seconds() - 60)
    timekeeping.each_minute()
    assert ticket.state is TicketState.NEED_INFO
    time.forward(120)
    for _twice in range(2):
        timekeeping.each_minute()
    session.expire_all()
    assert ticket.state is TicketState.PENDING_DISPATCH
    page = town.browser("zhao").get(f"/dispatch/{ticket.number}").text
    assert page.count("到期未补充，继续办理") == 1
    assert history.verify(ticket) is None


def test_it_is_asked_once_more_with_other_words(town):
    ticket = asked(town)
    town.browser("wang").post(f"/dispatch/{ticket.number}/completion")
    review.ask_for_more(ticket, by=town.people["zhao"], what="哪一盏")
    assert len(session.scalars(select(Remark.id)).all()) == 2
    assert len(texts(ticket)) == 2


def test_what_left_the_question_otherwise_is_not_brought_back_by_it(town, time):
    ticket = asked(town)
    town.browser("li").post(f"/dispatch/{ticket.number}/void", because="测试")
    time.forward(10 * 86400)
    timekeeping.each_minute()
    session.expire_all()
    assert ticket.state is TicketState.VOID
    question = select(Remark.ended_at).where(Remark.kind == RemarkKind.QUESTION)
    assert session.scalars(question).one() is not None
