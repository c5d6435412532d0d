"""Who may not speak to a citizen owes him no first word, and is not late for it."""

from datetime import timedelta

import pytest

from analytics.indicators import INDICATORS
from analytics.measuring import Period, by_unit, whole
from infra import db
from infra.clock import now
from infra.localtime import local
from models import DaySource, Kind
from tests.handled import Town
from tests.tickets.clerks import DONE
from tickets import calendar, closing, dispatch, handling, ladder, recomputing
from tickets.calendar import Day


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def given(town: Town, **known: object):
    ticket = town.ticket()
    for name, value in known.items():
        setattr(ticket, name, value)
    one = dispatch.dispatch(ticket, town.units["urban"], by=town.people["zhao"])
    db.commit()
    return one


@pytest.mark.parametrize(
    "known",
    [
        {"needs_reply": False},
        {"confidential": True},
        {"kind": Kind.REPORT},
        {"minor": True},
        {"person": None},
    ],
)
def test_whom_the_line_does_not_ring_for_a_unit_it_need_not_have_spoken_to(town, time, known):
    one = given(town, **known)
    town.browser("urban").post(f"/inbox/{one.id}/signature")
    assert one.respond_due_at is None and one.next_due_at == one.due_at
    assert "联系市民 " not in town.browser("urban").get(f"/inbox/{one.id}").text
    time.forward(timedelta(days=2).total_seconds())
    ladder.climb()
    db.commit()
    assert one.late == []
    handling.reply(one, DONE, by=None)
    month = Period.month(local(one.dispatched_at).date())
    assert whole(by_unit(INDICATORS["respond"], month)).denominator == 0


def test_an_ordinary_citizen_is_spoken_to_by_its_date(town):
    one = given(town)
    assert one.dispatched_at < one.respond_due_at < one.due_at


def test_nor_when_it_is_handled_again(town):
    one = given(town, confidential=True)
    handling.sign(one, by=None)
    closing.accept_reply(handling.reply(one, DONE, by=None), by=town.people["song"])
    assert closing.rehandle(one.ticket, by=None, because="unsatisfied").respond_due_at is None


def test_what_became_known_since_holds_when_the_calendar_changes(town):
    calendar.seed([now().year, now().year + 1])
    one, other = given(town), given(town)
    before = other.respond_due_at
    one.ticket.minor = True
    calendar.load([Day(local(before).date(), works=False, name="停水")], DaySource.MANUAL)
    while recomputing.go_on():
        pass
    assert one.respond_due_at is None and other.respond_due_at > before
