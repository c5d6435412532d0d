"""The pages of the indicators: for whom, what they show, and what comes out as a workbook."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from analytics import snapshots
from infra.db import session
from infra.localtime import midnight
from models import (
    AuditEntry,
    Call,
    CallStatus,
    Disposition,
    FollowUpResult,
    Role,
    ScoreItem,
    SuperviseKind,
    UnitGroup,
)
from tests.analytics.conftest import S, an_assignment
from tests.analytics.test_indicators import asked, rated
from tests.visitors import browser_of, somebody
from tickets import supervising

MARCH = "month=2026-03"


@pytest.fixture
def lead(app, time):
    time.now = midnight(date(2026, 4, 2))
    return browser_of(app, somebody("lead", Role.LEAD))


@pytest.fixture
def signed(units):
    at = midnight(date(2026, 3, 3))
    an_assignment(units[0], at, S.SIGNED, signed_at=at)
    an_assignment(units[0], at)
    an_assignment(units[2], at)


def test_the_overview_says_what_a_figure_is_made_of(lead, signed):
    page = lead.get(f"/figures?{MARCH}").text
    assert "33.33%" in page and "1 / 3" in page
    assert "即时计算，未定稿" in page


def test_an_indicator_is_shown_by_unit_and_leads_to_its_tickets(lead, signed, units):
    page = lead.get(f"/figures/sign?{MARCH}").text
    assert "单位0" in page and "50.00%" in page and "县区" in page
    listed = lead.get(f"/figures/sign/behind?{MARCH}&unit={units[0].id}").text
    assert listed.count("/tickets/N") == 2


def test_a_unit_sees_its_own_figures_only(app, lead, signed, units):
    clerk = somebody("clerk", Role.UNIT, unit=units[2])
    own = browser_of(app, clerk)
    assert "0 / 1" in own.get(f"/figures?{MARCH}").text
    assert own.get(f"/figures/sign?{MARCH}").status_code == 403
    listed = own.get(f"/figures/sign/behind?{MARCH}&unit={units[0].id}").text
    assert listed.count("/tickets/N") == 1
    assert own.get("/figures/export").status_code == 403


@pytest.mark.parametrize("code", ["satisfied", "solved", "spoken_to", "handled_again"])
def test_a_unit_reads_who_rated_how_once_he_can_change_it_no_more(app, units, time, code):
    """A clerk who knew today would ring the citizen tonight."""
    clerk = somebody("clerk", Role.UNIT, unit=units[0])
    lead = somebody("lead", Role.LEAD)
    old = asked(units, date(2026, 3, 2), FollowUpResult.REACHED, **rated(1, solved="no"))
    young = asked(units, date(2026, 3, 25), FollowUpResult.REACHED, **rated(5))
    path, numbers = f"/figures/{code}/behind?{MARCH}", (old.ticket.number, young.ticket.number)
    time.now = midnight(date(2026, 3, 31))
    own = browser_of(app, clerk)
    refused, overview = own.get(path), own.get(f"/figures?{MARCH}").text
    assert refused.status_code == 403 and "本月结束后" in refused.text
    assert f"/figures/{code}/behind" not in overview and "月末后公布" in overview
    assert all(number in browser_of(app, lead).get(path).text for number in numbers)
    time.now = midnight(date(2026, 4, 2))
    own = browser_of(app, clerk)
    listed = own.get(path).text
    assert old.ticket.number in listed and young.ticket.number not in listed
    assert f"/figures/{code}/behind" in own.get(f"/figures?{MARCH}").text
    time.now = midnight(date(2026, 4, 10))
    own = browser_of(app, clerk)
    assert all(number in own.get(path).text for number in numbers)


def test_what_the_hotline_watches_is_no_units_to_read(app, lead, units):
    clerk, at = somebody("clerk", Role.UNIT, unit=units[0]), midnight(date(2026, 3, 3))
    own = browser_of(app, clerk)
    for unit in (None, units[0]):
        one = an_assignment(units[0], at)
        because = "media" if unit else "pressed"
        supervising.supervise(one.ticket, unit, SuperviseKind.SYSTEM, because, by=None)
    session.flush()
    page = own.get(f"/figures/supervised/behind?{MARCH}").text
    assert (page.count('<td class="num">1</td>'), page.count('<td class="num">0</td>')) == (1, 1)
    assert own.get(f"/figures/reached/behind?{MARCH}").status_code == 403
    assert lead.get(f"/figures/reached/behind?{MARCH}").status_code == 200


def test_the_list_behind_a_counted_figure_says_that_it_is_of_now(app, lead, signed, units, time):
    """With the difference, where something has changed since."""
    behind = f"/figures/sign/behind?{MARCH}"
    assert "名单为" not in lead.get(behind).text
    snapshots.count("2026-03-01")
    page = lead.get(behind).text
    assert "数值截至 04-02 00:00：" in page and "1 / 3</b>；名单为 04-02 00:00 的现状" in page
    assert "两者一致" in page
    an_assignment(units[0], midnight(date(2026, 3, 4)))
    time.forward(3600)
    page = lead.get(f"{behind}&unit={units[0].id}").text
    assert "1 / 2</b>" in page and "名单为 04-02 01:00 的现状" in page and "1 / 3</b>" in page
    assert "此后有变动：分子 +0，分母 +1。" in page and "已定稿" not in page
    time.forward(60 * 86400)
    snapshots.count("2026-03-01")
    assert "（已定稿）" in browser_of(app, lead.staff).get(behind).text


def test_a_group_has_its_sum_and_points_lead_to_what_they_are_of(lead, signed, units):
    sign = f"/figures/sign?{MARCH}"
    page = lead.get(sign).text
    assert "50.00% = 1 / 2</small>" in page and f'href="/figures/sign/behind?{MARCH}"' in page
    lead.post(
        "/figures/scores/items", group=units[0].group, month="2026-03", indicator="sign",
        points="50", zero_at="0", full_at="100", floor="0",
    )  # fmt: skip
    page = lead.get(f"/figures/scores?{MARCH}&group={units[0].group}").text
    behind = f"/figures/sign/behind?{MARCH}&amp;unit={units[0].id}"
    assert f'<a href="{behind}" title="50.00% = 1 / 2">25.00</a>' in page


def test_calls_are_counted_too_and_lead_to_their_replay(lead, signed):
    at = midnight(date(2026, 3, 3))
    for waited in (5, 40, None):
        session.add(
            Call(
                sid=f"CA{waited}",
                number_masked="138****0000",
                started_at=at,
                person_due_at=at,
                answered_at=None if waited is None else at + timedelta(seconds=waited),
                status=CallStatus.ENDED,
                ended_at=at + timedelta(seconds=60),
                disposition=Disposition.ANSWERED if waited else Disposition.ABANDONED,
            )
        )
    session.flush()
    page = lead.get(f"/figures?{MARCH}").text
    for figure in ("2 / 3", "1 / 3", "1 / 2"):
        assert figure in page
    assert "/calls/" in lead.get(f"/figures/abandoned/behind?{MARCH}").text


@pytest.mark.parametrize(
    "path", ["?month=2026-13", "?month=x", "/scores?group=x", "/nothing", "/export?month=99999-01"]
)
def test_what_is_no_month_group_or_indicator_is_refused(lead, path):
    assert lead.get(f"/figures{path}").status_code in (400, 404)


def test_a_sheet_is_set_changed_and_emptied(lead, signed):
    line = {"group": "department", "month": "2026-03", "indicator": "sign"}
    lead.post("/figures/scores/items", **line, points="20", zero_at="40", full_at="90", floor="0")
    item = session.query(ScoreItem).one()
    assert (item.unit_group, item.points, item.zero_at) == (UnitGroup.DEPARTMENT, 20, 0.4)
    assert "4.00" in lead.get(f"/figures/scores?{MARCH}").text
    kept = session.query(AuditEntry).filter_by(action="scores.set").count()
    for wrong in ("nan", "-1", "x", "151"):
        page = lead.post("/figures/scores/items", **line, points=wrong, floor="7").text
        assert f'value="{wrong}"' in page and 'value="7"' in page
    assert session.query(ScoreItem).one().points == 20
    assert session.query(AuditEntry).filter_by(action="scores.set").count() == kept == 1
    lead.post("/figures/scores/items", **line, points="")
    assert session.query(ScoreItem).count() == 0


def test_points_by_hand_need_a_reason(lead, signed):
    form = {"group": "department", "month": "2026-03", "unit": "u0", "points": "-2"}
    refused = lead.post("/figures/scores/changes", **form, reason="").text
    assert "请填写理由" in refused and 'value="-2"' in refused
    lead.post("/figures/scores/changes", **form, reason="虚假办结")
    assert "虚假办结" in lead.get(f"/figures/scores?{MARCH}").text


def test_the_workbook_holds_the_city_the_units_and_the_scores(lead, signed):
    book = load_workbook(BytesIO(lead.get(f"/figures/export?{MARCH}").data))
    assert book.sheetnames[:2] == ["2026-03", "接通率"]
    assert [cell.value for cell in book["按时签收率"][2]][:3] == ["单位0", 1, 2]
    assert "市直部门得分" in book.sheetnames


def test_counting_anew_is_asked_for_and_done(lead, signed, work):
    lead.post("/figures/count", month="2026-03")
    work()
    assert "截至 04-02 00:00" in lead.get(f"/figures?{MARCH}").text


@pytest.mark.parametrize("page", ["", "/sign", "/scores", "/export"])
@pytest.mark.parametrize(
    ("asked_for", "told"),
    [
        ("0000-01", "月份应为"),
        ("2026-13", "月份应为"),
        ("2026-05", "2026-05 还没有开始"),
        ("2198-12", "还没有开始"),
    ],
)
def test_no_month_that_is_none_or_has_not_begun(lead, signed, page, asked_for, told):
    answer = lead.get(f"/figures{page}?month={asked_for}")
    assert answer.status_code == 400 and told in answer.text


def test_a_year_of_the_calendar_that_is_none(lead):
    assert lead.get("/calendar?year=0").status_code == 404


def test_growth_of_a_small_unit_is_said_to_be_too_small(app, lead, signed, units):
    clerk = browser_of(app, somebody("clerk", Role.UNIT, unit=units[2]))
    assert "基数不足，不比较" in clerk.get(f"/figures?{MARCH}").text


def test_a_lead_opens_the_page_that_proves_histories(lead):
    page = lead.get("/admin/history")
    assert page.status_code == 200 and "历史核验" in lead.get("/figures").text


def test_the_score_sheet_begins_with_its_rules_and_sets_no_small_score_in_bold(lead, signed):
    empty = lead.get(f"/figures/scores?{MARCH}&group=county").text
    assert '<details class="panel rules">' in empty and "还没有规则" in empty
    page = lead.post(
        f"/figures/scores/items?{MARCH}",
        group="county",
        indicator="sign",
        points="10",
        zero_at="40",
        full_at="90",
        floor="0",
    )
    assert page.status_code == 302
    page = lead.get(f"/figures/scores?{MARCH}&group=county").text
    assert '<details class="panel rules" open>' in page
    assert page.index("panel rules") < page.index("data-list")
    table = page.partition("data-list")[2].partition("</table>")[0]
    assert "样本不足" in table and "<strong>" not in table
