"""Off the clock and on it again: what each date is given back, and that it keeps it."""

from datetime import date, timedelta

import pytest

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import ContactWay, DaySource, Request, RequestKind, Role
from tests.tickets.clerks import member
from tickets import calendar, deadlines, handling, recomputing, requests, suspending
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


@pytest.fixture
def child(assignment, clerk, units):
    handling.sign(assignment, by=clerk)
    soon = assignment.due_at - timedelta(days=1)
    return handling.delegate(assignment, units["station"], by=clerk, due_at=soon)


def test_only_an_approved_extension_is_blue(ticket, assignment, clerk, li, zhao, time):
    handling.sign(assignment, by=clerk)
    handling.contact(assignment, by=clerk, way=ContactWay.PHONE)
    suspend(assignment, li)
    time.forward(timedelta(days=9).total_seconds())
    suspending.resume(ticket, by=li)
    assert assignment.due_at > assignment.due_at_original
    assert deadlines.light(assignment) == "green"
    asked = requests.ask_extension(assignment, 3, by=clerk, reason="等配件")
    requests.approve(asked, by=zhao)
    assert deadlines.light(assignment) == "blue"


# Begun on a Monday; of what a suspension from Friday to Monday gives, two days are rest.
@pytest.mark.parametrize(("begins", "off"), [(0, 1), (0, 5), (4, 3), (2, 12)])
def test_a_sub_unit_gets_back_what_the_unit_above_gets_and_no_more(
    ticket, assignment, clerk, units, li, time, begins, off
):
    handling.sign(assignment, by=clerk)
    due = assignment.due_at
    child = handling.delegate(assignment, units["station"], by=clerk, due_at=due)
    time.forward(timedelta(days=begins).total_seconds())
    suspend(assignment, li)
    time.forward(timedelta(days=off).total_seconds())
    suspending.resume(ticket, by=li)
    assert child.due_at == assignment.due_at > due


def test_no_extension_of_a_sub_unit_passes_the_date_of_the_unit_above(
    assignment, child, units, zhao
):
    handling.sign(child, by=None)
    asked = requests.ask_extension(child, 10, by=None, reason="等配件")
    requests.approve(asked, by=zhao)
    assert child.due_at == assignment.due_at
    with pytest.raises(deadlines.NoRoom, match="请由城管局申请延期"):
        requests.ask_extension(child, 1, by=None, reason="还在等")


def test_an_extension_that_has_no_room_any_more_is_not_approved(assignment, child, zhao):
    handling.sign(child, by=None)
    asked = requests.ask_extension(child, 2, by=None, reason="等配件")
    deadlines.hurry(assignment, child.due_at)
    with pytest.raises(deadlines.NoRoom):
        requests.approve(asked, by=zhao)


def test_who_is_hurried_hurries_those_below(assignment, child):
    deadlines.hurry(assignment, child.due_at - timedelta(hours=20))
    assert child.due_at == assignment.due_at


def test_the_clock_stands_from_the_decision_on_and_not_while_it_was_asked_for(
    ticket, assignment, clerk, li, time
):
    handling.sign(assignment, by=clerk)
    first = assignment.respond_due_at
    until = local(now() + timedelta(days=30)).date().isoformat()
    asked = requests.ask_for(
        assignment, RequestKind.SUSPENSION, by=None, reason="方案", until=until
    )
    time.forward(timedelta(hours=3).total_seconds())
    requests.approve(asked, by=li, lead=True)
    time.forward(timedelta(hours=2).total_seconds())
    suspending.resume(ticket, by=li)
    assert assignment.respond_due_at == first + timedelta(hours=2)


def test_what_was_asked_first_may_be_decided_last(ticket, assignment, clerk, li, time):
    """Another unit led it in between: its wish is the newer one, its decision the older."""
    handling.sign(assignment, by=clerk)
    first = assignment.respond_due_at
    old = requests.ask_for(
        assignment, RequestKind.SUSPENSION, by=None, reason="方案", until="2099-01-01"
    )
    between = suspend_as_another(assignment, li)
    time.forward(timedelta(hours=1).total_seconds())
    suspending.resume(ticket, by=li)
    assert between.id > old.id
    time.forward(timedelta(hours=5).total_seconds())
    requests.approve(old, by=li, lead=True)
    time.forward(timedelta(hours=1).total_seconds())
    suspending.resume(ticket, by=li)
    assert assignment.respond_due_at == first + timedelta(hours=2)


def suspend_as_another(assignment, li) -> Request:
    """A request that is of no assignment any more."""
    asked = Request(
        kind=RequestKind.SUSPENSION,
        ticket=assignment.ticket,
        assignment=assignment,
        applied_at=now(),
        reason="另案",
        wanted={"until": "2099-01-01"},
        state="approved",
        decided_at=now(),
        decided_by_id=li.id,
    )
    session.add(asked)
    assignment.ticket.make("suspend")
    session.flush()
    return asked


def test_only_who_leads_takes_a_ticket_off_the_clock(assignment, child):
    handling.sign(child, by=None)
    with pytest.raises(handling.NotYet, match="由主办单位申请"):
        requests.ask_for(child, RequestKind.SUSPENSION, by=None, reason="方案", until="2099-01-01")
