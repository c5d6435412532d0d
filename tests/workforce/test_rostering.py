"""Shifts: none of an agent overlap, whoever writes them; weeks are copied, files taken in whole."""

import io
from datetime import date, timedelta
from datetime import time as oclock

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Role, Shift, ShiftBreak, ShiftKind
from tests.places import a_line, an_agent
from tests.visitors import browser_of, somebody
from workforce import rostering, sheet
from workforce.rostering import ShiftRefused, Wanted


@pytest.fixture
def monday(app, time) -> date:
    return rostering.monday_of(local(now()).date()) + timedelta(days=7)


@pytest.fixture
def wang(app, time):
    an_agent("noise", a_line("noise"), ready=False)
    return an_agent("wang", a_line(), ready=False)


@pytest.fixture
def li(app, time):
    return somebody("li", Role.LEAD)


def wanted(seat, day: date, begins: str = "09:00", ends: str = "17:30", breaks: str = "") -> Wanted:
    first, last = rostering.on(day, oclock.fromisoformat(begins), oclock.fromisoformat(ends))
    rests = rostering.rests(first, sheet.breaks_in(breaks))
    return Wanted(seat.staff_id, ShiftKind.DAY, first, last, None, rests)


@pytest.mark.parametrize(
    ("begins", "ends", "fits"),
    [
        ("17:30", "23:00", True),
        ("07:00", "09:00", True),
        ("17:29", "23:00", False),
        ("23:00", "07:00", True),
        ("10:00", "11:00", False),
        ("08:00", "18:00", False),
        ("09:00", "17:30", False),
    ],
)
def test_two_shifts_of_an_agent_do_not_overlap(wang, li, monday, begins, ends, fits):
    rostering.schedule(wanted(wang, monday), by=li)
    other = wanted(wang, monday, begins, ends)
    if fits:
        rostering.schedule(other, by=li)
    else:
        with pytest.raises(ShiftRefused, match="wang 已有班次"):
            rostering.schedule(other, by=li)
        with pytest.raises(IntegrityError, match="overlap"):
            row = {"staff_id": other.staff_id, "kind": "day", "begins_at": other.begins}
            session.execute(insert(Shift).values(**row, ends_at=other.ends, made_at=now()))


def test_another_agent_may_sit_beside_him(wang, li, monday):
    rostering.schedule(wanted(wang, monday), by=li)
    rostering.schedule(wanted(an_agent("zhao", ready=False), monday), by=li)


def test_a_night_ends_on_the_next_day_with_its_break(wang, li, monday):
    night = wanted(wang, monday, "23:00", "07:00", "03:00-03:30")
    shift = rostering.schedule(night, by=li)
    assert local(shift.ends_at).date() == monday + timedelta(days=1)
    assert [local(one.begins_at).date() for one in shift.breaks] == [monday + timedelta(days=1)]


@pytest.mark.parametrize("breaks", ["08:30-09:30", "17:00-18:00", "12:00-13:00 12:30-12:45"])
def test_breaks_lie_inside_and_beside_each_other(wang, li, monday, breaks):
    with pytest.raises(ShiftRefused, match="休息须在班次之内"):
        rostering.schedule(wanted(wang, monday, breaks=breaks), by=li)
    shift = rostering.schedule(wanted(wang, monday, breaks="12:00-12:30"), by=li)
    bad = {"shift_id": shift.id, "begins_at": shift.begins_at - timedelta(hours=1)}
    with pytest.raises(IntegrityError, match="inside of its shift"):
        session.execute(insert(ShiftBreak).values(**bad, ends_at=shift.ends_at))


@pytest.mark.parametrize("text", ["12:00", "25:00-26:00", "12:00-", "x"])
def test_a_break_that_nobody_can_read_is_refused(text):
    with pytest.raises(ShiftRefused):
        sheet.breaks_in(text)


def test_what_has_begun_stays(wang, li, monday, time):
    shift = rostering.schedule(wanted(wang, monday), by=li)
    time.forward((shift.begins_at - now()).total_seconds())
    with pytest.raises(ShiftRefused, match="已经开始"):
        rostering.remove(shift)


def test_a_week_is_copied_once(wang, li, monday):
    for n in range(3):
        rostering.schedule(wanted(wang, monday + timedelta(days=n), breaks="12:00-12:30"), by=li)
    to = monday + timedelta(days=14)
    assert rostering.copy_week(monday, to, by=li) == (3, 0)
    assert rostering.copy_week(monday, to, by=li) == (0, 3)
    copied = rostering.in_week(to)
    assert [local(one.begins_at).date() for one in copied] == [
        to + timedelta(days=n) for n in range(3)
    ]
    assert all(len(one.breaks) == 1 for one in copied)
    with pytest.raises(ShiftRefused, match="以后的一周"):
        rostering.copy_week(monday, monday, by=li)


def test_what_was_written_out_is_read_in(wang, li, monday):
    rostering.schedule(wanted(wang, monday, "23:00", "07:00", "03:00-03:30 05:00-05:10"), by=li)
    text = sheet.written(rostering.in_week(monday))
    found = sheet.read(text.encode(), rostering.agents(), rostering.lines())
    (shift,) = rostering.in_week(monday)
    breaks = tuple((one.begins_at, one.ends_at) for one in shift.breaks)
    (read,) = found
    assert (read.staff_id, read.begins, read.ends) == (
        wang.staff_id,
        shift.begins_at,
        shift.ends_at,
    )
    assert read.breaks == breaks


HEAD = "login,date,kind,begins,ends,line,breaks\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"a,b\n1,2", "首行缺少列：login、date、kind、begins、ends"),
        ((HEAD + "nobody,2027-01-04,day,09:00,17:00,,").encode(), "第 2 行：没有座席 nobody"),
        ((HEAD + "wang,2027-13-04,day,09:00,17:00,,").encode(), "第 2 行：日期应为"),
        ((HEAD + "wang,2027-01-04,day,9 Uhr,17:00,,").encode(), "第 2 行：时间应为"),
        ((HEAD + "wang,2027-01-04,party,09:00,17:00,,").encode(), "第 2 行：班次应为 early"),
        ((HEAD + "wang,2027-01-04,day,09:00,17:00,x,").encode(), "第 2 行：没有专席 x"),
        ((HEAD + "wang,2027-01-04,day,09:00,17:00,,noon").encode(), "第 2 行：休息应写成"),
        (HEAD.encode() + b"wang,\0,day,09:00,17:00,,", "不是 CSV"),
    ],
)
def test_a_file_says_what_is_wrong_with_it(app, wang, content, said):
    with pytest.raises(ShiftRefused, match=said):
        sheet.read(content, rostering.agents(), rostering.lines())


def test_a_file_with_one_bad_row_changes_nothing(app, wang, li, monday):
    page = browser_of(app, li)
    rows = "wang,{0},day,09:00,17:00,,12:00-12:30\nwang,{0},late,16:00,23:00,,\n"
    text = HEAD + rows.format(monday.isoformat())
    answer = page.post("/workforce/shifts/import", file=(io.BytesIO(text.encode()), "week.csv"))
    assert answer.status_code == 409 and "重叠" in answer.text
    assert session.scalar(select(func.count(Shift.id))) == 0
    good = text.replace("16:00", "17:00")
    answer = page.post("/workforce/shifts/import", file=(io.BytesIO(good.encode()), "week.csv"))
    assert answer.status_code == 302
    assert session.scalar(select(func.count(Shift.id))) == 2


def test_a_lead_plans_copies_and_removes_and_the_agent_reads_his_own(app, wang, li, monday):
    page = browser_of(app, li)
    form = {"staff": str(wang.staff_id), "day": monday.isoformat(), "days": "5", "kind": "day",
            "begins": "09:00", "ends": "17:30", "line": "", "breaks": "12:00-12:30"}  # fmt: skip
    assert page.post("/workforce/shifts", **form).status_code == 302
    assert page.post("/workforce/shifts", **form).status_code == 409
    week = page.get(f"/workforce/shifts?week={monday.isoformat()}").text
    assert week.count("09:00–17:30") == 5
    copied = {"week": monday.isoformat(), "to": (monday + timedelta(days=7)).isoformat()}
    assert page.post("/workforce/shifts/copies", **copied).status_code == 302
    first = rostering.in_week(monday)[0].id
    assert page.post(f"/workforce/shifts/{first}/removal").status_code == 302
    assert page.post(f"/workforce/shifts/{first}/removal").status_code == 404
    assert "09:00" in page.get(f"/workforce/shifts/export?week={monday.isoformat()}").text
    own = browser_of(app, wang.staff)
    assert own.get("/workforce/shifts/own").text.count("09:00–17:30") == 9
    assert own.get("/workforce/shifts").status_code == 403
    assert own.post("/workforce/shifts", **form).status_code == 403


def test_one_agent_does_not_see_anothers_shifts(app, wang, li, monday):
    rostering.schedule(wanted(wang, monday), by=li)
    other = browser_of(app, an_agent("zhao", ready=False).staff)
    assert "没有安排" in other.get("/workforce/shifts/own").text


def test_who_came_late_stands_on_the_page(app, wang, li, monday, time):
    page = browser_of(app, li)
    shift = rostering.schedule(wanted(wang, monday), by=li)
    time.forward((shift.begins_at + timedelta(minutes=20) - now()).total_seconds())
    page = browser_of(app, li)
    path = f"/workforce/shifts/adherence?day={monday.isoformat()}"
    assert "未到岗" in page.get(path).text
