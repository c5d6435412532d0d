"""A ticket that was begun again: each round's page tells of the other, and why it was."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra import db
from infra.clock import now
from infra.db import session
from models import Assignment, Notice
from tests.handled import Town
from tests.tickets.clerks import DONE
from tickets import closing, handling, ladder


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def answered(town: Town, one: Assignment) -> None:
    closing.accept_reply(handling.reply(one, DONE, by=town.people["urban"]), by=town.people["song"])


def begun_again(town: Town) -> tuple[Assignment, Assignment]:
    before = town.signed()
    answered(town, before)
    again = closing.rehandle(before.ticket, by=None, because="unsatisfied", reason="灯还是不亮")
    db.commit()
    return before, again


def test_each_round_links_to_the_other_and_says_which_it_is(town):
    before, again = begun_again(town)
    clerk = town.browser("urban")
    old, new = clerk.get(f"/inbox/{before.id}").text, clerk.get(f"/inbox/{again.id}").text
    assert "这是第 1 轮的办理记录；工单已重办，现为第 2 轮。" in old
    assert f'<a href="/inbox/{again.id}">第 2 轮</a>' in old
    assert "工单重办，这是第 2 轮。" in new
    assert f'<a href="/inbox/{before.id}">第 1 轮</a>' in new
    once = town.signed()
    assert "轮" not in clerk.get(f"/inbox/{once.id}").text


def test_what_the_citizen_said_is_no_dispatchers_advice(town):
    before, again = begun_again(town)
    clerk = town.browser("urban")
    for page in (clerk.get(f"/inbox/{again.id}").text, clerk.get(f"/inbox/{again.id}/paper").text):
        assert "重办原因</dt>" in page and "回访不满意：灯还是不亮" in page
        assert "派单意见" not in page
    hotline = town.browser("zhao").get(f"/dispatch/{before.ticket.number}").text
    assert "重办原因（回访不满意）：灯还是不亮" in hotline


def test_the_clock_of_the_first_word_stops_with_the_round(town, time):
    one, clerk = town.signed(urgency="urgent"), town.browser("urban")
    running = clerk.get(f"/inbox/{one.id}").text
    assert f'data-due="{one.respond_due_at.isoformat()}"' in running
    handling.reply(one, DONE, by=town.people["urban"])
    db.commit()
    time.forward(3600)
    stopped = clerk.get(f"/inbox/{one.id}").text
    assert f'data-due="{one.respond_due_at.isoformat()}"' not in stopped
    assert '<span class="light" data-met="open">到结束时未记录</span>' in stopped
    ladder.climb()
    assert "respond" not in one.late


def test_what_was_late_before_the_answer_stays_late(town, time):
    one = town.signed(urgency="urgent")
    time.forward(3600)
    handling.reply(one, DONE, by=town.people["urban"])
    db.commit()
    stopped = town.browser("urban").get(f"/inbox/{one.id}").text
    assert '<span class="light" data-met="late">到结束时未记录</span>' in stopped


def test_nothing_is_recorded_of_a_handling_that_is_over(town):
    one, clerk = town.signed(), town.browser("urban")
    handling.reply(one, DONE, by=town.people["urban"])
    db.commit()
    refused = clerk.post(f"/inbox/{one.id}/contacts", way="phone", reached="yes")
    assert refused.status_code == 409 and "不能再登记办理过程" in refused.text
    assert one.contacted_at is None


def test_a_ticket_that_was_handed_over_reminds_nobody(town, time):
    """Its lead returned it, and it went to another platform; who assisted is told nothing."""
    one = town.given(urgency="urgent")
    beside = session.scalars(select(Assignment).where(Assignment.id == one.id)).one()
    beside.ticket.state = "transferred"
    db.commit()
    told = len(session.scalars(select(Notice)).all())
    time.forward(timedelta(days=3).total_seconds())
    assert ladder.climb() == 0
    assert len(session.scalars(select(Notice)).all()) == told
    assert now() > one.due_at
