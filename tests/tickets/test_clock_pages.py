"""An administrator at the calendar and the limits."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from models import AuditEntry, CalendarChange, DaySource, DeadlinePolicy, Role, WorkDay
from tests.handled import Town
from tests.visitors import Browser, browser_of, somebody
from tickets import calendar, timekeeping

LIMITS = {"sign": "1 wd", "respond": "", "handle": "10 wd", "mobilise": "", "on_site": ""}


@pytest.fixture
def boss(app, time) -> Browser:
    timekeeping.each_hour()
    return browser_of(app, somebody("boss", Role.ADMIN))


def test_the_year_is_shown_and_a_day_corrected(boss):
    page = boss.get("/calendar?year=2026").text
    assert "工作日历 2026" in page and "春节" in page
    boss.post("/calendar/days", day="2026-04-01", works="no", name="地方假")
    kept = session.get(WorkDay, date(2026, 4, 1))
    assert (kept.works, kept.source, kept.name) == (False, DaySource.MANUAL, "地方假")
    change = session.scalars(select(CalendarChange)).one()
    assert change.days == {"2026-04-01": False} and change.by.login == "boss"
    assert "2026-04-01" in boss.get("/calendar").text
    assert session.scalars(select(AuditEntry.action)).all() == ["calendar.changed"]


def test_a_years_notice_is_loaded_whole_or_not_at_all(boss):
    wrong = boss.post("/calendar/notice", notice="2027-01-01,休,元旦\n2027-02-06,maybe")
    assert wrong.status_code == 409 and "第 2 行" in wrong.text and "元旦" in wrong.text
    assert 2027 in calendar.provisional_years()
    boss.post("/calendar/notice", notice="2027-01-01,休,元旦\n2027-02-06，班，春节调休\n")
    assert 2027 not in calendar.provisional_years()
    assert session.get(WorkDay, date(2027, 2, 6)).works


def test_the_page_says_that_a_notice_is_missing_until_it_is_loaded(app, time):
    time.forward((datetime(2026, 11, 20, 4, tzinfo=UTC) - now()).total_seconds())
    timekeeping.each_hour()
    boss = browser_of(app, somebody("boss", Role.ADMIN))
    page = boss.get("/calendar").text
    assert "2027 年的官方放假通知还没有载入" in page and "请管理员在本页" in page
    boss.post("/calendar/notice", notice="2027-01-01,休,元旦")
    assert "还没有载入" not in boss.get("/calendar").text


@pytest.mark.parametrize("notice", ["", "  \n ", "2027-13-01,休", "0001-01-01,休", "x"])
def test_what_is_no_notice_is_refused(boss, notice):
    assert boss.post("/calendar/notice", notice=notice).status_code == 409


def test_limits_are_edited_and_hold_from_the_next_dispatch_on(app, boss):
    town = Town(app)
    before = town.given()
    boss.post("/policies", kind="complaint", **LIMITS)
    again = boss.post("/policies", kind="complaint", **LIMITS)
    assert again.status_code == 409 and "已有同样条件" in again.text
    after = town.given()
    assert before.limits["handle"] == "5 wd" and after.limits["handle"] == "10 wd"
    made = session.scalars(select(DeadlinePolicy).where(DeadlinePolicy.kind == "complaint")).one()
    policy = f"/policies/{made.id}"
    wrong = boss.post(policy, **LIMITS | {"handle": "soon"})
    assert wrong.status_code == 409 and "应写作" in wrong.text
    boss.post(policy, **LIMITS | {"handle": "8 wd"})
    assert town.given().limits["handle"] == "8 wd"
    boss.post(policy, remove="1")
    assert town.given().limits["handle"] == "5 wd"
    assert boss.post(policy, **LIMITS).status_code == 404


def test_a_unit_may_have_limits_of_its_own(app, boss):
    town = Town(app)
    commit()
    boss.post("/policies", unit="power", **LIMITS)
    assert town.given("power").limits["handle"] == "10 wd"
    assert town.given("urban").limits["handle"] == "5 wd"
    assert boss.post("/policies", unit="nobody", **LIMITS).status_code == 409


def test_others_read_and_do_not_write(app, boss):
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert "工作日历" in lead.get("/calendar").text and lead.get("/policies").status_code == 200
    assert lead.post("/calendar/days", day="2026-04-01", works="no").status_code == 403
    assert lead.post("/policies", **LIMITS).status_code == 403
