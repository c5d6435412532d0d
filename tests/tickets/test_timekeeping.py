"""What the clock does by itself: lights and ladder, the calendar, digests, the archive."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from infra.clock import now
from infra.db import commit, session, transaction
from infra.localtime import local, midnight
from models import (
    CalendarChange,
    ChainDigest,
    ContactWay,
    DaySource,
    Notice,
    RequestKind,
    Role,
    TicketEvent,
    TicketState,
    WorkDay,
)
from tests.test_indexes import statements
from tests.tickets.clerks import DONE, replied
from tests.tickets.conftest import a_complaint, ended
from tests.tickets.years_notices import NOTICE_2027
from tests.visitors import browser_of, somebody
from tickets import (
    calendar,
    closing,
    deadlines,
    dispatch,
    handling,
    history,
    lifecycle,
    locking,
    official_notice,
    recomputing,
    requests,
    timekeeping,
)
from tickets.calendar import Day


def told() -> list[str]:
    return list(session.scalars(select(Notice.name).order_by(Notice.id)))


def test_each_step_of_the_ladder_is_told_once_however_often_the_clock_strikes(
    ticket,
    assignment,
    time,
):
    for _ in range(10):
        time.forward(timedelta(days=1).total_seconds())
        timekeeping.each_minute()
        timekeeping.each_minute()
    assert told().count("overdue") == 1 and told().count("nearly") == 1


def test_a_day_that_becomes_a_holiday_moves_what_is_open_and_says_so(ticket, assignment, clerk):
    timekeeping.each_hour()
    handling.sign(assignment, by=clerk)
    before, last = assignment.due_at, local(assignment.due_at).date()
    calendar.load([Day(last, works=False, name="停水")], DaySource.MANUAL)
    timekeeping.each_minute()
    assert assignment.due_at > before and ticket.due_at == assignment.due_at
    change = session.scalars(select(CalendarChange)).one()
    assert (change.moved, change.done_at) == (1, now())
    moved = session.scalars(select(TicketEvent).where(TicketEvent.name == "due_recomputed")).one()
    assert moved.detail["was"] == before.isoformat()
    assert "due_moved" in told()
    calendar.load([Day(last, works=True)], DaySource.MANUAL)
    timekeeping.each_minute()
    assert assignment.due_at == before and history.verify(ticket) is None


def test_an_extension_is_kept_when_the_calendar_changes(ticket, assignment, clerk, zhao):
    timekeeping.each_hour()
    handling.sign(assignment, by=clerk)
    requests.approve(requests.ask_extension(assignment, 2, by=clerk, reason="等配件"), by=zhao)
    day = local(assignment.due_at).date()
    calendar.load([Day(day, works=False)], DaySource.MANUAL)
    timekeeping.each_minute()
    working = calendar.calendar().working_days_after(local(assignment.dispatched_at).date())
    wanted = [next(working) for _ in range(7)][-1]
    assert local(assignment.due_at).date() == wanted
    assert assignment.due_at_original < assignment.due_at


def test_tickets_are_locked_in_their_order_whichever_was_dispatched_first(
    app, ticket, units, zhao, wang, citizen, agent
):
    """Whoever merges two of them takes the older one first, too."""
    timekeeping.each_hour()
    younger = lifecycle.submit(
        lifecycle.draft(ended(citizen, agent=agent)), by=wang, typed=a_complaint()
    )
    for one in (younger, ticket):
        last = local(dispatch.dispatch(one, units["urban"], by=zhao).due_at).date()
    calendar.load([Day(last, works=False)], DaySource.MANUAL)
    commit()
    asked = statements(app, recomputing.go_on)
    first = [(said, given) for said, given in asked if "FOR UPDATE OF ticket" in said]
    locked = [given["of"] for said, given in first if "ticket.id = %(of)s" in said]
    assert locked[:2] == [ticket.id, younger.id]
    assert recomputing.go_on()
    assert session.scalars(select(CalendarChange.moved)).one() == 2


def test_what_is_not_touched_by_a_change_is_left_alone(ticket, assignment):
    timekeeping.each_hour()
    before = assignment.due_at
    calendar.load([Day(date(2027, 6, 1), works=False)], DaySource.MANUAL)
    timekeeping.each_minute()
    assert assignment.due_at == before
    assert session.scalars(select(CalendarChange.moved)).all() == [0]


def test_a_late_extension_puts_the_red_light_out_and_a_second_lateness_is_told_again(
    ticket,
    assignment,
    clerk,
    zhao,
    time,
):
    handling.sign(assignment, by=clerk)
    handling.contact(assignment, by=clerk, way=ContactWay.PHONE)
    asked = requests.ask_extension(assignment, 5, by=clerk, reason="等配件")
    time.forward((assignment.due_at - now()).total_seconds() + 60)
    timekeeping.each_minute()
    assert deadlines.light(assignment) == "red"
    requests.approve(asked, by=zhao)
    assert deadlines.light(assignment) == "blue" and assignment.red_at is None
    time.forward((assignment.due_at - now()).total_seconds() + 60)
    timekeeping.each_minute()
    assert told().count("overdue") == 2
    assert asked.kind is RequestKind.EXTENSION


def test_the_clock_fills_the_calendar_and_warns_of_a_year_without_notice(app, time):
    timekeeping.each_hour()
    year = local(now()).year
    years = {day.year for day in session.scalars(select(WorkDay.day))}
    assert years == {year, year + 1}
    before = session.query(WorkDay).count()
    timekeeping.each_hour()
    assert session.query(WorkDay).count() == before
    assert session.scalars(select(CalendarChange)).all() == []
    for _ in range(400):
        if (local(now()).month, local(now()).day) == calendar.WARN_FROM:
            break
        assert calendar.warning() in (None, *calendar.provisional_years())
        time.forward(timedelta(days=1).total_seconds())
    timekeeping.each_hour()
    assert calendar.warning() in calendar.provisional_years()
    official_notice.announce(NOTICE_2027)
    assert 2027 not in calendar.provisional_years()


def test_the_missing_notice_is_told_once_a_day_with_the_page_and_never_at_the_start(app, time):
    time.forward((datetime(2026, 11, 20, 4, tzinfo=UTC) - now()).total_seconds())
    timekeeping.each_hour()
    with capture_logs() as told:
        for _start in range(3):
            reminder = timekeeping.Reminder()
            reminder.remind()
        assert told == []
        for _hour in range(48):
            time.forward(3600)
            reminder.remind()
    assert len(told) == 2
    for said in told:
        assert "官方放假通知还没有载入" in said["event"] and "“工作日历”" in said["event"]
        assert "official calendar must be loaded" in said["event"]
        assert (said["year"], said["page"]) == (2027, "http://hotline.test/calendar")
    official_notice.announce(NOTICE_2027)
    commit()
    time.forward(86400)
    with capture_logs() as told:
        reminder.remind()
    assert told == []


def test_what_a_person_corrected_is_not_overwritten_by_the_library(app, time):
    timekeeping.each_hour()
    calendar.load([Day(date(2026, 12, 1), works=False, name="地方假")], DaySource.MANUAL)
    timekeeping.each_hour()
    kept = session.get(WorkDay, date(2026, 12, 1))
    assert (kept.works, kept.source) == (False, DaySource.MANUAL)


def test_each_day_has_its_digest_and_what_was_changed_since_shows(ticket, assignment, time):
    time.forward(timedelta(days=1).total_seconds())
    timekeeping.each_hour()
    timekeeping.each_hour()
    kept = session.scalars(select(ChainDigest)).one()
    assert (kept.tickets, kept.checked, kept.broken) == (1, 1, {})
    handling.sign(assignment, by=None)  # later links do not change what the day left
    assert history.sum_of(kept.day) == (kept.digest, 1)


def test_a_day_is_summed_up_when_nobody_can_still_be_writing_of_it(ticket, assignment, time):
    def days() -> list[date]:
        timekeeping.each_hour()
        return list(session.scalars(select(ChainDigest.day).order_by(ChainDigest.day)))

    today = local(now()).date()
    time.forward((midnight(today + timedelta(days=1)) - now()).total_seconds() + 5)
    assert today not in days()
    time.forward(600)
    assert days()[-1] == today


def test_a_link_that_is_added_while_histories_are_verified_is_no_break(
    app, ticket, assignment, clerk
):
    commit()
    assert (ticket.head_seq, assignment.signed_at) == (2, None)  # read, as at the command's start
    with app.app_context(), transaction():
        handling.sign(locking.assignment(assignment.id), by=None)
    assert ticket.head_seq == 2 and history.verify(ticket) is None
    assert list(history.verify_all()) == []


def test_what_is_closed_for_thirty_days_is_archived(ticket, assignment, clerk, zhao, time):
    closing.accept_reply(replied(assignment, clerk, DONE), by=zhao)
    closing.close(ticket, by=None, because="satisfied")
    time.forward(timedelta(days=29).total_seconds())
    timekeeping.each_hour()
    assert ticket.state is TicketState.CLOSED
    time.forward(timedelta(days=2).total_seconds())
    timekeeping.each_hour()
    session.refresh(ticket)
    assert ticket.state is TicketState.ARCHIVED


@pytest.mark.parametrize("days", [1, 5, 15])
def test_halves_of_a_limit_are_never_longer_than_the_whole(ticket, units, days):
    whole = deadlines.due_of(ticket, units["urban"], now()).handle
    assert deadlines.due_again(ticket, units["urban"], now()).handle <= whole + timedelta(days=0)


def test_who_handles_it_again_has_no_longer_than_another_platform_wants(ticket, units):
    ticket.wanted_by = now() + timedelta(hours=5)
    again = deadlines.due_again(ticket, units["urban"], now())
    assert again.handle == ticket.wanted_by
    assert deadlines.due_by(again.limits, now()).handle == ticket.wanted_by
    ticket.wanted_by = now() - timedelta(hours=5)  # over by then, it hurries nobody
    assert deadlines.due_again(ticket, units["urban"], now()).handle > now()


def test_a_history_that_was_changed_is_found_the_same_night(app, ticket, assignment, time):
    session.execute(text("ALTER TABLE ticket_event DISABLE TRIGGER ALL"))
    session.execute(text("DELETE FROM ticket_event WHERE seq = 2"))
    session.execute(text("ALTER TABLE ticket_event ENABLE TRIGGER ALL"))
    time.forward(timedelta(days=1).total_seconds())
    timekeeping.each_hour()
    assert list(session.scalars(select(ChainDigest)).one().broken) == [str(ticket.id)]
    boss = browser_of(app, somebody("boss", Role.ADMIN))
    assert "1 张有改动" in boss.get("/admin/history").text
    assert "最新的记录缺失" in boss.get(f"/admin/history?number={ticket.number}").text
    assert "没有这张工单" in boss.get("/admin/history?number=x").text
