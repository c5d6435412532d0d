"""A clerk at his inbox: what he sees, what he does, and what he never learns."""

import csv
import re
from datetime import timedelta
from io import BytesIO, StringIO
from urllib.parse import quote, unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from infra import db
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    AssignmentState,
    AuditEntry,
    Contact,
    ContactWay,
    Notice,
    Part,
    Reply,
    Request,
    RequestState,
    TicketState,
)
from staff import live
from tests.handled import Town, newest
from tickets import dispatch, handling, history, recalling, requests

ANSWER = {"facts_true": "yes", "solved": "yes", "public": "路灯已修好。", "no_contact": "夜间修复"}


def rows(page: str) -> str:
    """The list itself, without what is told above it."""
    return page.partition("data-list")[2]


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def test_a_clerk_signs_speaks_to_the_citizen_and_answers(town):
    one, clerk = town.given(), town.browser("urban")
    assert one.ticket.number in clerk.get("/inbox").text
    clerk.post(f"/inbox/{one.id}/signature")
    clerk.post(f"/inbox/{one.id}/contacts", way="phone", reached="no", words="无人接听")
    assert one.contacted_at is None
    clerk.post(f"/inbox/{one.id}/contacts", way="phone", reached="yes", words="约明早到场")
    assert one.contacted_at == now()
    clerk.post(f"/inbox/{one.id}/reply", **ANSWER)
    given = session.scalars(select(Reply)).one()
    assert (given.contact_way, given.contacted_at) == ("phone", now())
    assert one.ticket.state is TicketState.PENDING_AUDIT
    assert history.verify(one.ticket) is None
    assert [tried.words for tried in session.scalars(select(Contact))] == ["无人接听", "约明早到场"]


def test_many_are_signed_at_once_and_only_ones_own(town):
    mine, other = [town.given(), town.given()], town.given("power")
    clerk = town.browser("urban")
    ids = [str(one.id) for one in mine]
    clerk.client.post("/inbox/signatures", data={"csrf_token": clerk._token(), "assignment": ids})
    assert {one.state for one in mine} == {AssignmentState.SIGNED}
    answer = clerk.post("/inbox/signatures", assignment=str(other.id))
    assert answer.status_code == 302 and other.state is AssignmentState.PENDING_SIGN
    assert "有 1 张不存在或已不在贵单位办理" in clerk.get("/inbox").text
    assert clerk.post("/inbox/signatures").headers["Location"] == "/inbox"
    assert "请先勾选" in clerk.get("/inbox").text


def test_what_is_missing_is_said_and_what_was_typed_is_not_lost(town):
    one, clerk = town.signed(), town.browser("urban")
    refused = clerk.post(f"/inbox/{one.id}/reply", **ANSWER | {"solved": "partly"})
    assert refused.status_code == 409
    assert "请填写未解决原因" in refused.text and "路灯已修好。" in refused.text
    refused = clerk.post(f"/inbox/{one.id}/reply", **ANSWER | {"no_contact": ""})
    assert "请填写未联系市民的原因" in refused.text
    assert one.state is AssignmentState.SIGNED


@pytest.mark.parametrize(
    ("act", "form", "kind"),
    [
        (
            "return",
            {"code": "duty", "reason": "不归我局", "basis": "三定", "suggested": "power"},
            "return",
        ),
        ("extension", {"days": "3", "reason": "等配件"}, "extension"),
        ("co-handling", {"unit": "power", "reason": "需断电"}, "co_handling"),
        ("suspension", {"until": "2099-01-01", "reason": "纳入年度改造"}, "suspension"),
        ("meeting", {"reason": "权属不清"}, "meeting"),
        ("exclusion", {"reason": "诉求不合理", "basis": "条例"}, "exclusion"),
    ],
)
def test_each_request_is_made_and_can_be_thought_better_of(town, act, form, kind):
    one, clerk = town.signed(), town.browser("urban")
    assert clerk.post(f"/inbox/{one.id}/{act}").status_code == 409
    assert clerk.post(f"/inbox/{one.id}/{act}", **form).status_code == 302
    asked = newest(Request)
    assert (asked.kind, asked.state) == (kind, RequestState.APPLIED)
    other = town.browser("power")
    assert other.post(f"/inbox/requests/{asked.id}/cancellation").status_code == 404
    clerk.post(f"/inbox/requests/{asked.id}/cancellation")
    assert asked.state is RequestState.CANCELLED and one.state is AssignmentState.SIGNED


def test_help_is_asked_of_a_unit_that_may_be_given_it(town):
    one = town.signed("power")
    wish = {"unit": "station", "reason": "需断电"}
    refused = town.browser("power").post(f"/inbox/{one.id}/co-handling", **wish)
    assert refused.status_code == 409 and "请派给城管局" in refused.text
    own = town.browser("power").post(f"/inbox/{one.id}/co-handling", **wish | {"unit": "power"})
    assert own.status_code == 409 and "不能请本单位协办自己" in own.text
    assert session.scalar(select(Request)) is None


def test_a_refused_return_of_what_was_never_signed_can_still_be_answered(town):
    one, clerk = town.given(), town.browser("urban")
    clerk.post(f"/inbox/{one.id}/return", code="duty", reason="不归我局", basis="三定")
    requests.refuse(newest(Request), by=town.people["zhao"], decision="归你局")
    db.commit()
    assert one.ticket.state is TicketState.PROCESSING
    clerk.post(f"/inbox/{one.id}/reply", **ANSWER)
    assert one.ticket.state is TicketState.PENDING_AUDIT


def test_a_sub_unit_is_given_its_part_and_the_unit_above_reads_along(town):
    one, clerk, below = town.signed(), town.browser("urban"), town.browser("station")
    due = local(now() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    clerk.post(f"/inbox/{one.id}/delegations", unit="station", due_at=due)
    child = newest(type(one))
    assert (child.level, child.unit.code) == (2, "station")
    assert one.ticket.number in below.get("/inbox").text
    assert clerk.get(f"/inbox/{child.id}").status_code == 200
    assert "只能查看" in clerk.get(f"/inbox/{child.id}").text
    assert clerk.post(f"/inbox/{child.id}/signature").status_code == 404
    assert one.ticket.number in clerk.get("/inbox?below=1").text
    assert below.get(f"/inbox/{one.id}").status_code == 404


def told(page: str, name: str) -> str:
    """What stands beside a name on the page of an assignment."""
    return re.search(f"<dt>{name}</dt><dd>(.*?)</dd>", page, re.S)[1]


def test_a_sub_unit_reads_who_handed_it_down(town):
    one, below = town.signed(), town.browser("station")
    due = now() + timedelta(hours=5)
    child = handling.delegate(
        one, town.units["station"], by=town.people["urban"], due_at=due, advice="今晚到场"
    )
    db.commit()
    at = local(now()).strftime("%m-%d %H:%M")
    page = below.get(f"/inbox/{child.id}").text
    assert told(page, "下派") == f"{at} · 城管局 · at_urban"
    assert '<dt>办理要求</dt><dd class="said-by">今晚到场</dd>' in page
    assert "由城管局下派" in page and "办理要求：今晚到场" in page
    assert "城管局 · at_urban" in told(below.get(f"/inbox/{child.id}/paper").text, "下派")
    own = town.browser("urban").get(f"/inbox/{one.id}").text
    assert told(own, "派单").startswith(at) and "at_urban" not in told(own, "派单")


def test_what_a_units_own_system_handed_down_names_the_unit_alone(town):
    one = town.signed()
    child = handling.delegate(
        one, town.units["station"], by=None, due_at=now() + timedelta(hours=5)
    )
    db.commit()
    page = town.browser("station").get(f"/inbox/{child.id}").text
    assert told(page, "下派").endswith(" · 城管局")


def test_where_nothing_can_be_done_it_is_said_and_no_empty_card_stands(town):
    one, below = town.signed(), town.browser("station")
    child = handling.delegate(
        one, town.units["station"], by=town.people["urban"], due_at=now() + timedelta(hours=5)
    )
    db.commit()
    page = below.get(f"/inbox/{child.id}").text
    assert "<h2>申请</h2>" not in page and "签收后可以联系市民" in page
    below.post(f"/inbox/{child.id}/signature")
    page = below.get(f"/inbox/{child.id}").text
    assert "<h2>申请</h2>" in page and "签收后可以联系市民" not in page
    below.post(f"/inbox/{child.id}/reply", **ANSWER)
    page = below.get(f"/inbox/{child.id}").text
    assert "<h2>申请</h2>" not in page and "目前没有可做的操作" in page


def test_a_notice_leads_to_what_it_is_about(town):
    one, clerk = town.given(), town.browser("urban")
    notices = clerk.get("/inbox").text.partition("新通知")[2].partition("</section>")[0]
    assert f'href="/inbox/{one.id}">{one.ticket.number}</a>' in notices


def test_signing_is_offered_where_something_waits_for_it(town):
    one, clerk = town.given(), town.browser("urban")
    assert "签收所选" in clerk.get("/inbox").text
    clerk.post(f"/inbox/{one.id}/signature")
    page = clerk.get("/inbox").text
    assert one.ticket.number in page and "签收所选" not in page


def test_the_list_goes_from_light_to_light_and_page_to_page(town, time, monkeypatch):
    monkeypatch.setattr("units.inbox.PER_PAGE", 2)
    late = town.given(urgency="urgent")
    time.forward(timedelta(hours=3).total_seconds())
    near = town.signed(urgency="urgent")
    handling.contact(near, by=town.people["urban"], way=ContactWay.PHONE)
    time.forward(timedelta(minutes=110).total_seconds())
    calm = [town.given() for _ in range(3)]
    town.given("power")

    def shown(query: str) -> list[str]:
        page = rows(town.browser("urban").get(f"/inbox?{query}").text)
        return [one.ticket.number for one in (late, near, *calm) if one.ticket.number in page]

    assert shown("light=red") == [late.ticket.number]
    assert shown("light=yellow") == [near.ticket.number]
    assert shown("light=green") == [one.ticket.number for one in calm[:2]]
    clerk = town.browser("urban")
    first = clerk.get("/inbox").text
    assert 'rel="next"' in first and shown("") == [late.ticket.number, near.ticket.number]
    after = first.split("after=")[1].split('"')[0]
    assert shown(f"after={after}") == [one.ticket.number for one in calm[:2]]
    assert clerk.get("/inbox?tab=nonsense").status_code == 404
    assert clerk.get("/inbox?after=2026-01-01_1").status_code == 404


def test_words_are_looked_for_only_in_what_a_unit_may_read(town):
    one = town.given(summary="我叫王小明，电话13812345678，楼下路灯不亮")
    clerk, number = town.browser("urban"), one.ticket.number
    assert number in rows(clerk.get("/inbox?words=路灯").text)
    for words in ("王小明", "1381234", "小明"):
        assert number not in rows(clerk.get(f"/inbox?words={words}").text)
        assert number not in clerk.get(f"/tickets?words={words}").text
    page = clerk.get(f"/inbox/{one.id}").text
    assert "王小明" not in page and "13812345678" not in page
    assert one.ticket.person.number_masked in page


def test_of_a_confidential_ticket_no_unit_sees_even_half_a_number(town):
    one = town.given(kind="report")
    assert one.ticket.confidential
    head, tail = one.ticket.person.number_masked.split("****")
    page = town.browser("urban").get(f"/inbox/{one.id}").text
    assert not re.search(rf"(?<![\w.-]){head}[*\d]|\*{tail}", page)
    assert "保密，只能经热线联系" in page


def test_what_was_taken_back_is_read_no_longer_and_told(town):
    one, clerk = town.given(), town.browser("urban")
    clerk.get(f"/inbox/{one.id}")
    recalling.recall(one, by=town.people["zhao"], because="wrong_unit")
    db.commit()
    assert clerk.get(f"/inbox/{one.id}").status_code == 404
    assert "已撤回" in clerk.get("/inbox").text
    ids = [str(one.id) for one in session.scalars(select(Notice))]
    form = {"csrf_token": clerk._token(), "notice": ids}
    clerk.client.post("/inbox/notices", data=form)
    assert "已撤回" not in clerk.get("/inbox").text


def test_a_table_holds_what_the_page_shows_and_no_formula(town):
    one = town.given(summary="=HYPERLINK(1) 我叫王小明 路灯坏了")
    town.given("power")
    clerk = town.browser("urban")
    rows = list(csv.reader(StringIO(clerk.get("/inbox/export.csv").data.decode("utf-8-sig"))))
    assert len(rows) == 3 and rows[1][0] == one.ticket.number
    assert rows[1][11].startswith("'=") and "王小明" not in rows[1][11]
    assert "at_urban" in rows[2][0]
    sheet = load_workbook(BytesIO(clerk.get("/inbox/export.xlsx").data)).active
    assert sheet["A2"].value == one.ticket.number
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "tickets.exported")
    ).first()
    assert entry.detail == {"rows": 1, "kind": "csv"}
    assert clerk.get("/inbox/export.exe").status_code == 404


def test_who_only_has_to_know_says_so_and_looks_are_logged(town):
    ticket = town.ticket()
    dispatch.dispatch(
        ticket,
        town.units["urban"],
        by=town.people["zhao"],
        beside={town.units["roads"]: Part.INFO},
    )
    db.commit()
    told = newest(handling.Assignment)
    clerk = town.browser("roads")
    assert ticket.number in clerk.get("/inbox?tab=info").text
    clerk.get(f"/inbox/{told.id}")
    clerk.get(f"/inbox/{told.id}/paper")
    assert {"ticket.viewed", "ticket.printed"} <= set(session.scalars(select(AuditEntry.action)))
    clerk.post(f"/inbox/{told.id}/signature")
    assert told.state is AssignmentState.ACCEPTED


def test_5533_has_its_own_buttons(town):
    one, clerk = town.signed(urgency="instant"), town.browser("urban")
    assert "已出动" in clerk.get(f"/inbox/{one.id}").text
    clerk.post(f"/inbox/{one.id}/mobilised")
    clerk.post(f"/inbox/{one.id}/on-site")
    assert one.mobilised_at == one.on_site_done_at == now()


def test_an_open_inbox_hears_of_what_comes_to_its_own_unit(town, monkeypatch):
    heard: list[str] = []
    monkeypatch.setattr(live, "listen", lambda *topics: iter(heard.extend(topics) or []))
    town.browser("urban").get("/live")
    assert f"unit:{town.units['urban'].id}" in heard
    assert f"unit:{town.units['power'].id}" not in heard


def test_an_export_is_called_by_what_it_is_whose_and_of_which_day(town):
    town.signed()
    for kind in ("csv", "xlsx"):
        told = town.browser("urban").get(f"/inbox/export.{kind}").headers["Content-Disposition"]
        day = local(now()).date()
        name = quote(f"工单-城管局-{day}.{kind}")
        assert told == (f"attachment; filename=\"tickets-{day}.{kind}\"; filename*=UTF-8''{name}")


def test_a_units_name_does_not_break_the_name_of_a_file(town):
    town.units["urban"].name = '城管局/一队 "东"'
    db.commit()
    answer = town.browser("urban").get("/inbox/export.csv")
    told = unquote(answer.headers["Content-Disposition"].split("''")[1])
    assert told == f"工单-城管局 一队 东-{local(now()).date()}.csv"
