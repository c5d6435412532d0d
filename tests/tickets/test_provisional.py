"""Who reads a date that was counted over days without an official notice knows that it may move."""

import pytest
from sqlalchemy import update

from infra import within
from infra.clock import now
from infra.db import commit, session
from models import Escalation, WorkDay
from tests.handled import Town
from tests.visitors import Browser
from tickets import calendar, provisional, targets

MARK = "按暂定日历"


@pytest.fixture
def town(app, time) -> Town:
    calendar.seed((now().year, now().year + 1))
    return Town(app)


def without_notice(whether: bool) -> None:
    session.execute(
        update(WorkDay).values(provisional=whether),
        execution_options={"synchronize_session": False},
    )
    within.forget(calendar.KEPT)
    commit()


def row_of(page: Browser, path: str, number: str) -> str:
    """What a list says of one ticket."""
    found = [
        row for row in page.get(path).text.partition("<tbody>")[2].split("<tr>") if number in row
    ]
    assert len(found) == 1
    return found[0]


def test_lists_of_units_and_leads_say_so(town):
    slow, urgent = town.signed(), town.signed(urgency="urgent")
    for one in (slow, urgent):
        session.add(Escalation(assignment_id=one.id, name="overdue", due_at=now(), at=now()))
    for whether in (True, False):
        without_notice(whether)
        for who, path in (("urban", "/inbox"), ("li", "/escalations"), ("li", "/tickets")):
            page = town.browser(who)
            assert (MARK in row_of(page, path, slow.ticket.number)) is whether, path
            assert MARK not in row_of(page, path, urgent.ticket.number), path


def test_the_dispatch_queue_says_so(town):
    slow, urgent = town.given(), town.given(urgency="urgent")
    for one in (slow, urgent):
        one.ticket.state = "pending_dispatch"
    without_notice(True)
    page = town.browser("zhao")
    assert MARK in row_of(page, "/dispatch", slow.ticket.number)
    assert MARK not in row_of(page, "/dispatch", urgent.ticket.number)
    without_notice(False)
    assert MARK not in row_of(page, "/dispatch", slow.ticket.number)


def test_a_target_in_minutes_stays_where_it_is(town):
    one = town.given()
    one.limits = one.limits | {"sign": "30 min"}
    without_notice(True)
    signing = targets.nearest(one)
    assert signing.name == "sign" and not provisional.is_provisional(one, signing)
    one.limits = one.limits | {"sign": "1 wd"}
    one.sign_due_at = one.due_at
    assert provisional.is_provisional(one, targets.nearest(one))


def test_a_citizen_hears_so(town):
    ticket = town.signed().ticket
    without_notice(True)
    said = provisional.spoken(ticket, ticket.due_at, "zh")
    assert said.endswith("，按暂定的工作日历，可能调整")
    assert "may still change" in provisional.spoken(ticket, ticket.due_at, "en")
    without_notice(False)
    assert "暂定" not in provisional.spoken(ticket, ticket.due_at, "zh")
