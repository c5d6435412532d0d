"""Off the clock and on it again: what each date is given back, and that it keeps it."""

from datetime import date, timedelta

import pytest

from infra.clock import now
from infra.localtime import local
from models import DaySource, Request, RequestKind, Role
from tests.tickets.clerks import member
from tickets import calendar, handling, recomputing, requests, suspending
from tickets.calendar import Day


@pytest.fixture
def li(app, time):
    return member("li", Role.LEAD)


@pytest.fixture(autouse=True)
def year(app, time):
    calendar.seed([now().year, now().year + 1])


def suspend(assignment, li, days: int = 30) -> Request:
    until = local(now() + timedelta(days=days)).date().isoformat()
    asked = requests.ask_for(
        assignment, RequestKind.SUSPENSION, by=None, reason="等汛期过去", until=until
    )
    requests.approve(asked, by=li, lead=True)
    return asked


def declare(day: date, *, works: bool) -> None:
    calendar.load([Day(day, works=works, name="调整")], DaySource.MANUAL)
    while recomputing.go_on():
        pass


@pytest.mark.parametrize("off", [1, 3, 9, 20])
@pytest.mark.parametrize("which", ["before", "last"])
def test_a_target_keeps_what_a_suspension_gave_it_when_the_calendar_changes(
    ticket, assignment, clerk, li, time, off, which
):
    handling.sign(assignment, by=clerk)
    first = assignment.respond_due_at
    suspend(assignment, li)
    time.forward(timedelta(days=off).total_seconds())
    suspending.resume(ticket, by=li)
    given = assignment.respond_due_at
    assert given == min(first + timedelta(days=off), assignment.due_at)
    day = local(assignment.due_at).date()
    working = day if which == "last" else local(assignment.due_at_original).date()
    declare(working, works=False)
    assert assignment.respond_due_at >= given
    declare(working, works=True)
    assert assignment.respond_due_at == given
