"""What a city sets on the page 办理标准 holds from then on."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from infra import within
from infra.clock import now
from infra.db import commit, session
from models import Norm, Request, RequestState, Role, Supervision, WorkDay
from staff import norms
from tests.handled import Town
from tests.visitors import somebody
from tickets import calendar, closing, handling, provisional, requests, returns, supervising
from tickets.closing import TooLate
from tickets.returns import WindowClosed

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


@pytest.fixture
def boss(town):
    return somebody("boss", Role.ADMIN)


def test_every_number_has_bounds_around_its_default():
    for name, one in norms.NORMS.items():
        assert one.least <= one.default <= one.most, name
        assert one.group in norms.GROUPS and len(name) <= Norm.name.type.length
        assert one.measure in norms.MEASURES


def test_urges_lead_to_supervision_as_set(town, boss):
    one = town.signed()
    norms.change("urges_to_supervise", 2, by=boss)
    for _time in range(2):
        assert session.scalars(select(Supervision)).all() == []
        supervising.urge(one.ticket, by=None, call=None, words="")
    assert session.scalars(select(Supervision.because)).all() == ["repeats"]


def test_a_unit_returns_within_the_window_as_set(town, boss, time):
    one, other = town.signed(), town.signed()
    norms.change("return_within", 5, by=boss)
    commit()
    time.forward(4 * DAY)
    asked = requests.ask_return(
        one, by=town.people["urban"], code="duty", reason="x", basis="y", suggested=None
    )
    assert asked.state is RequestState.APPLIED
    norms.change("return_within", 1, by=boss)
    with pytest.raises(WindowClosed):
        returns.insist_may_return(other)


def test_the_next_return_is_arbitrated_as_set(town, boss):
    one = town.signed()
    one.ticket.returns = 1
    assert not returns.is_disputed(one.ticket)
    norms.change("returns_before_arbitration", 1, by=boss)
    assert returns.is_disputed(one.ticket)


def test_a_closed_ticket_is_begun_again_as_long_as_set(town, boss, time):
    one = town.signed()
    ticket = one.ticket
    answer = handling.Answer(
        public="已修好。", facts_true=True, solved="yes", contacted_at=None, no_contact="夜间"
    )
    reply = handling.reply(one, answer, by=town.people["urban"])
    closing.accept_reply(reply, by=town.people["song"])
    closing.close(ticket, by=None, because="satisfied")
    commit()
    time.forward(20 * DAY)
    with pytest.raises(TooLate, match="15 天"):
        closing.reopen(ticket, by=town.people["li"], because="review")
    norms.change("reopened_within", 30, by=boss)
    assert closing.reopen(ticket, by=town.people["li"], because="review").round.number == 2


def test_the_longest_extension_is_as_set(town, boss):
    one = town.signed()
    norms.change("longest_extension", 20, by=boss)
    requests.ask_extension(one, by=town.people["urban"], days=20, reason="x")
    assert session.scalars(select(Request.wanted)).one()["days"] == 20


def test_a_date_over_days_without_a_notice_says_so(town, time):
    """Of 2027 no notice is out: what runs into it may move; what runs in minutes does not."""
    calendar.seed((2026, 2027))
    session.execute(
        update(WorkDay).values(provisional=WorkDay.day >= date(2027, 1, 1)),
        execution_options={"synchronize_session": False},
    )
    within.forget(calendar.KEPT)
    sure = town.signed()
    urgent = town.signed(urgency="urgent")
    commit()
    time.forward((date(2026, 12, 30) - now().date()).days * DAY)
    late, at_night = town.signed(), town.signed(urgency="urgent")
    commit()
    found = [provisional.is_provisional(one) for one in (sure, urgent, late, at_night)]
    assert found == [False, False, True, False]
    for path in (f"/inbox/{late.id}", f"/inbox/{sure.id}"):
        told = "按暂定日历" in town.browser("urban").get(path).text
        assert told is (path == f"/inbox/{late.id}")
    assert "按暂定日历" in town.browser("li").get(f"/tickets/{late.ticket.number}").text
