"""话务报表 as leads read it: tiles with formulas, parts, calls behind a figure, the file."""

import csv
import re
from datetime import timedelta
from io import StringIO
from itertools import count

import pytest

from infra.clock import now
from infra.db import session
from infra.localtime import midnight
from models import Activity, Call, CallStatus, Desired, Disposition, Offer, OfferState, Place, Role
from tests.places import a_line, an_agent
from tests.visitors import browser_of, somebody

SECOND = timedelta(seconds=1)
SERIAL = count()
OF = {
    "answered": Disposition.ANSWERED,
    "abandoned": Disposition.ABANDONED,
    "callback": Disposition.CALLBACK,
    "early": Disposition.LEFT_EARLY,
}


@pytest.fixture
def lead(app, time):
    return browser_of(app, somebody("lead", Role.LEAD))


@pytest.fixture
def day(app, time):
    """The day after today, whatever the hour is now; nothing of the present gets in."""
    return midnight(now().date() + timedelta(days=1)) + timedelta(days=1)


def a_call(line, at, fate: str, wait: float) -> Call:
    asked = fate != "early"
    call = Call(
        sid=f"CA{next(SERIAL)}",
        number_masked="138****0000",
        line_id=line.id,
        started_at=at,
        person_due_at=at if asked else None,
        answered_at=at + wait * SECOND if fate == "answered" else None,
        status=CallStatus.ENDED,
        ended_at=at + (wait + 60) * SECOND if fate == "answered" else at + wait * SECOND,
        disposition=OF[fate],
    )
    session.add(call)
    session.flush()
    if asked:
        session.add(Place(call_id=call.id, line_id=line.id, entered_at=at, age_from=at, left_at=at))
        session.flush()
    return call


def address(day, *more: str) -> str:
    return f"/traffic?{'&'.join([f'from={day:%Y-%m-%d}', f'to={day:%Y-%m-%d}', *more])}"


def tile(page: str, name: str) -> str:
    """What a tile says, without its markup."""
    (found,) = re.findall(rf"<h3>{re.escape(name)}</h3>(.*?)</div>", page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_each_tile_tells_its_value_what_it_is_made_of_its_formula_and_what_is_left_out(lead, day):
    line = a_line()
    for fate, wait in [("answered", 15), ("answered", 16), ("abandoned", 15), ("abandoned", 4)]:
        a_call(line, day, fate, wait)
    a_call(line, day, "callback", 30)
    a_call(line, day, "early", 3)
    page = lead.get(address(day)).text
    assert tile(page, "15 秒接通率 SL-3").startswith("25.00% 1 ÷ 4 ! 低于目标 90%")
    assert "= 15 秒内接听的 ÷（接听的 + 放弃的）" in tile(page, "15 秒接通率 SL-3")
    assert tile(page, "15 秒接通率 SL-3").endswith("未计入：转为回呼 1 ；未请求人工 1")
    shown = {
        name: tile(page, name).split(" ", 1)[0]
        for name in ("SL-1 占已接听", "SL-2 含及时放弃", "SL-2c 及时离队", "SL-4 不计及时放弃")
    }
    assert list(shown.values()) == ["50.00%", "75.00%", "60.00%", "50.00%"]
    assert tile(page, "SL-5 占全部请求").startswith("25.00% 1 ÷ 4")
    assert tile(page, "接通率").startswith("40.00% 2 ÷ 5")
    assert tile(page, "放弃率").startswith("40.00% 2 ÷ 5")
    assert tile(page, "平均应答时长 ASA").startswith("15.5 秒 31 ÷ 2")
    assert tile(page, "占用率").startswith("— 0 分 ÷ 0 分")


def test_a_call_belongs_to_the_hour_and_line_in_which_a_person_was_asked_for(lead, day):
    line, other = a_line("general", name="综合"), a_line("tourism", name="旅游")
    over_midnight = a_call(line, day + timedelta(hours=24) - SECOND, "answered", 10)
    session.add(
        Place(
            call_id=over_midnight.id,
            line_id=other.id,
            entered_at=day,
            age_from=day,
            left_at=day,
        )
    )
    over_midnight.line_id = other.id
    a_call(other, day - SECOND, "abandoned", 90)
    page = lead.get(address(day)).text
    assert re.findall(r">(\d\d:00)</a>", page) == ["23:00"]
    by_line = lead.get(address(day, "by=line")).text
    rows = re.findall(r'<tr><td class="num"><a[^>]*>([^<]+)</a></td>', by_line)
    assert rows == ["综合"]
    assert tile(lead.get(address(day, "line=tourism")).text, "接通率").startswith("— 0 ÷ 0")
    assert tile(lead.get(address(day, "line=group:general")).text, "接通率").startswith("100.00%")


def test_a_figure_leads_to_its_calls_those_against_it_first(lead, day):
    line = a_line()
    soon, late = a_call(line, day, "answered", 3), a_call(line, day, "answered", 40)
    gone = a_call(line, day + timedelta(hours=2), "abandoned", 80)
    kept = a_call(line, day, "callback", 60)
    whole = lead.get(address(day)).text
    (link,) = re.findall(r'<h3>15 秒接通率 SL-3</h3>\s*<p><b class="num"><a href="([^"]+)"', whole)
    page = lead.get(link.replace("&amp;", "&")).text
    listed = [int(one) for one in re.findall(r'href="/calls/(\d+)"', page)]
    assert listed == [gone.id, kept.id, late.id, soon.id]
    told = re.findall(r"<td>(?:<span[^>]*>)?(分子和分母|只在分母|未计入)", page)
    assert told == ["只在分母", "未计入", "只在分母", "分子和分母"]
    (row,) = re.findall(r'href="([^"]*sl3/calls[^"]*hour=2[^"]*)"', whole)
    only = lead.get(row.replace("&amp;", "&")).text
    assert re.findall(r'href="/calls/(\d+)"', only) == [str(gone.id)]


def test_an_agent_is_told_by_what_is_his(app, day, time):
    line = a_line()
    wang = an_agent("wang", line, ready=False)
    call = a_call(line, day, "answered", 5)
    for epoch, state in enumerate((OfferState.MISSED, OfferState.CONNECTED)):
        session.add(
            Offer(
                call_id=call.id,
                agent_id=wang.staff_id,
                epoch=epoch,
                state=state,
                offered_at=day,
                deadline=day,
                claimed_at=day if state is OfferState.CONNECTED else None,
                ended_at=day,
            )
        )
    call.status, call.ended_at, call.disposition = CallStatus.TALKING, None, None
    call.agent_id = wang.staff_id
    session.flush()
    time.forward((day - now()).total_seconds())
    wang.desired, wang.desired_since = Desired.READY, now()
    for activity, lasts in [(Activity.CONNECTING, 0), (Activity.TALKING, 120)]:
        wang.move_to(activity, now())
        session.flush()
        time.forward(lasts)
    call.move_to(CallStatus.ENDED)
    call.ended_at, call.disposition = now(), Disposition.ANSWERED
    wang.move_to(Activity.WRAP_UP, now())
    wang.wrap_up_until = now()
    session.flush()
    time.forward(30)
    wang.move_to(Activity.IDLE, now())
    session.flush()
    wang.lease_until = now() + 50 * SECOND
    session.flush()
    time.forward(600)
    lead = browser_of(app, somebody("lead", Role.LEAD))
    page = lead.get(address(day, f"agent={wang.staff_id}", "by=agent")).text
    assert tile(page, "平均处理时长 AHT").startswith("150.0 秒 150 ÷ 1")
    # Free for as long as his desk was there, and not a second more.
    assert tile(page, "占用率").startswith("75.00%")
    assert tile(page, "座席应答率").startswith("50.00% 1 ÷ 2")
    assert tile(page, "振铃未接率").startswith("50.00% 1 ÷ 2")
    assert "SL-3" not in page
    assert f"wang {wang.number}</a>" in page


def test_the_file_tells_all_of_it_and_no_cell_is_a_formula(lead, day):
    line = a_line("general", name="=1+1")
    a_call(line, day, "answered", 3)
    a_call(line, day, "callback", 3)
    answer = lead.get(address(day, "by=line").replace("/traffic?", "/traffic/export?"))
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["专席", "指标", "数值", "分子", "分母", "未计入", "口径"]
    assert rows[1][:6] == ["'=1+1", "15 秒接通率 SL-3", "1.0000", "1", "1", "转为回呼 1"]
    assert {row[0] for row in rows[1:]} == {"'=1+1", "合计"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("from=2026-03-02&to=2026-03-01", "不能早于"),
        ("from=2026-01-01&to=2026-12-01", "92"),
        ("by=moon", "请选择"),
        ("hour=24", None),
        ("from=yesterday", "2026-03-01"),
        ("agent=x", "数字"),
    ],
)
def test_what_cannot_be_is_refused_in_words(lead, asked, told):
    a_line()
    answer = lead.get(f"/traffic{'/sl3/calls' if told is None else ''}?{asked}")
    assert answer.status_code == 400
    assert (told or "钟点") in answer.text


def test_unknown_lines_and_figures_are_not_found(lead):
    assert lead.get("/traffic?line=moon").status_code == 404
    assert lead.get("/traffic/moon/calls").status_code == 404
    assert lead.get("/traffic/occupancy/calls").status_code == 404


def test_who_may_read_it(app, time):
    for name, role, status in [
        ("boss", Role.ADMIN, 200),
        ("qa", Role.QA, 200),
        ("agent", Role.AGENT, 403),
        ("dispatch", Role.DISPATCHER, 403),
    ]:
        assert browser_of(app, somebody(name, role)).get("/traffic").status_code == status
    assert (
        browser_of(app, somebody("boss2", Role.ADMIN)).get("/traffic/sl3/calls").status_code == 403
    )


def test_the_floor_tells_how_the_day_and_the_24_hours_go(lead, time):
    line = a_line()
    for n in range(40):
        a_call(line, now() - timedelta(minutes=10 + n), "answered" if n % 10 else "abandoned", 5)
    page = lead.get("/traffic/wall").text
    assert "90.00%" in page and "低于 95%" in page
    assert 'data-from="/traffic/wall"' in lead.get("/floor").text
