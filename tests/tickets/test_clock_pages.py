"""An administrator at the calendar and the limits."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import AuditEntry, CalendarChange, DaySource, DeadlinePolicy, Role, WorkDay
from tests.handled import Town
from tests.tickets.years_notices import NOTICE_2026, NOTICE_2027
from tests.visitors import Browser, browser_of, somebody
from tickets import calendar, official_notice, timekeeping

LIMITS = {"sign": "1", "respond": "", "handle": "10", "mobilise": "", "on_site": ""}
LIMITS |= {f"{name}_in": "wd" for name in list(LIMITS)}


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
    boss.post("/calendar/days", day="2027-03-01", works="no", name="地方假")
    boss.post("/calendar/notice", notice=NOTICE_2027)
    assert 2027 not in calendar.provisional_years()
    session.expire_all()
    works = {one.day: one.works for one in session.scalars(calendar.in_year(2027))}
    assert len(works) == 365 and works[date(2027, 2, 13)] and not works[date(2027, 6, 9)]
    assert works[date(2027, 10, 4)] and works[date(2027, 10, 5)], "the library had guessed a rest"
    assert not works[date(2027, 3, 1)], "what a person said stands"
    assert not session.get(WorkDay, date(2026, 12, 31)).works
    boss.post("/calendar/days", day="2027-06-09", works="yes", name="照常上班")
    again = boss.post("/calendar/notice", notice=NOTICE_2027)
    assert "2027-06-09" in boss.get(again.location).text
    assert session.get(WorkDay, date(2027, 6, 9)).works, "what a person said stands"
    official_notice.announce(NOTICE_2026)
    assert not session.get(WorkDay, date(2026, 12, 31)).works, "it is the next year's day"
    assert "天有变化" in boss.get("/admin/audit").text
    assert "True" not in boss.get("/admin/audit").text


def test_what_a_person_said_of_the_december_before_stands_and_is_told(boss):
    boss.post("/calendar/days", day="2026-12-31", works="yes", name="照常上班")
    loaded = boss.post("/calendar/notice", notice=NOTICE_2027)
    assert session.get(WorkDay, date(2026, 12, 31)).works
    assert "2026-12-31" in boss.get(loaded.location).text


def test_a_day_that_was_mistyped_goes_when_the_corrected_notice_is_loaded(boss):
    """Also one in December, of this year or of the year before."""
    wrong = f"{NOTICE_2027}2026-12-29,休\n2027-12-15,休\n2027-11-16,休\n"
    boss.post("/calendar/notice", notice=wrong)
    mistyped = [date(2026, 12, 29), date(2027, 12, 15), date(2027, 11, 16)]
    assert not any(session.get(WorkDay, day).works for day in mistyped)
    boss.post("/calendar/notice", notice=NOTICE_2027)
    session.expire_all()
    assert all(session.get(WorkDay, day).works for day in mistyped)
    assert not session.get(WorkDay, date(2026, 12, 31)).works, "which it names still"


def test_the_page_says_that_a_notice_is_missing_until_it_is_loaded(app, time):
    time.forward((datetime(2026, 11, 20, 4, tzinfo=UTC) - now()).total_seconds())
    timekeeping.each_hour()
    boss = browser_of(app, somebody("boss", Role.ADMIN))
    page = boss.get("/calendar").text
    assert "2027 年的官方放假通知还没有载入" in page and "请管理员在本页" in page
    boss.post("/calendar/notice", notice=NOTICE_2027)
    assert "还没有载入" not in boss.get("/calendar").text


@pytest.mark.parametrize(
    ("notice", "why"),
    [
        ("", "请填写"),
        ("  \n ", "请填写"),
        ("2027-13-01,休", "第 1 行的日期"),
        ("0001-01-01,休", "第 1 行的年份"),
        ("x", "第 1 行的日期"),
        ("2027-01-01,休,元旦", "2027-02-05 是法定节假日"),
        (NOTICE_2027.replace("2027-06-09，休", "2027-06-09，班"), "2027-06-09 是法定节假日"),
        (NOTICE_2027 + "2027-04-05,班", "是同一天"),
        (NOTICE_2027 + "2028-04-05,休", "2026-12-31 不属于这一年"),
        (NOTICE_2027 + "2026-11-30,休", "2026-11-30 不属于这一年"),
    ],
)
def test_what_is_no_whole_notice_is_refused_and_changes_nothing(boss, notice, why):
    answer = boss.post("/calendar/notice", notice=notice)
    assert answer.status_code == 409 and why in answer.text
    assert 2027 in calendar.provisional_years()
    assert session.scalars(select(CalendarChange)).all() == []


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
    assert wrong.status_code == 409 and "应为正整数和单位" in wrong.text
    boss.post(policy, **LIMITS | {"handle": "8"})
    assert town.given().limits["handle"] == "8 wd"
    boss.post(policy, remove="1")
    assert town.given().limits["handle"] == "5 wd"
    assert boss.post(policy, **LIMITS).status_code == 404


def test_limits_are_read_in_words_and_typed_as_a_number_and_what_it_counts(app, boss):
    Town(app)
    commit()
    read = browser_of(app, somebody("lead", Role.LEAD)).get("/policies").text
    assert "5 分钟" in read and "7 个工作日" in read
    assert " wd" not in read and " min" not in read
    form = boss.get("/policies").text
    assert '<option value="wd" selected>个工作日</option>' in form
    made = boss.post("/policies", kind="help", **LIMITS | {"sign": "4", "sign_in": "wh"})
    assert made.status_code == 302
    policy = session.scalars(select(DeadlinePolicy).where(DeadlinePolicy.kind == "help")).one()
    assert (policy.sign, policy.respond, policy.handle) == ("4 wh", None, "10 wd")
    nonsense = boss.post("/policies", kind="praise", **LIMITS | {"sign_in": "moons"})
    assert nonsense.status_code == 409 and "应为分钟、工作小时或工作日" in nonsense.text


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


def test_what_is_due_on_a_day_that_becomes_half_is_due_at_noon(app, boss):
    town = Town(app)
    one = town.given()
    day = local(one.due_at).date()
    assert local(one.due_at).hour == 18
    boss.post("/calendar/days", day=day.isoformat(), works="half", name="半天假")
    timekeeping.each_minute()
    assert (local(one.due_at).date(), local(one.due_at).hour) == (day, 12)
    assert "半天假" in boss.get(f"/calendar?year={day.year}").text
    boss.post("/calendar/days", day=day.isoformat(), works="yes")
    timekeeping.each_minute()
    assert local(one.due_at).hour == 18
    assert boss.post("/calendar/notice", notice=f"{day},quarter").status_code == 409
    told = session.scalars(select(CalendarChange.days).order_by(CalendarChange.id)).all()
    assert told == [{day.isoformat(): "half"}, {day.isoformat(): True}]


def test_the_quiet_hours_are_shown_changed_and_audited(app, boss):
    page = boss.get("/policies").text
    assert 'name="begins" value="22:00"' in page and 'name="ends" value="07:00"' in page
    assert boss.post("/policies/quiet-hours", begins="21:30", ends="06:30").status_code == 302
    assert 'value="21:30"' in boss.get("/policies").text
    boss.post("/policies/quiet-hours", begins="21:30", ends="06:30")
    entry = session.scalars(select(AuditEntry)).one()
    assert entry.action == "quiet_hours.changed"
    assert entry.detail == {"was": "22:00-07:00", "now": "21:30-06:30"}
    lead = browser_of(app, somebody("lead", Role.LEAD))
    assert "21:30–06:30" in lead.get("/policies").text
    assert lead.post("/policies/quiet-hours", begins="22:00", ends="07:00").status_code == 403


@pytest.mark.parametrize("written", ["", "25:00", "7", "aa:bb", "22:00:00"])
def test_what_is_no_time_of_day_is_refused(boss, written):
    refused = boss.post("/policies/quiet-hours", begins=written, ends="07:00")
    assert refused.status_code == 409 and "22:00 的形式" in refused.text
    assert 'name="begins" value="22:00"' in boss.get("/policies").text
