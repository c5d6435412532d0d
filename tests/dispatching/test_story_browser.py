"""A ticket's whole way in real browsers: agent, dispatcher, unit on a telephone, reviewer, lead."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from infra import db
from models import TicketState
from tests.browsers import Browsers
from tests.handled import Town
from tests.opening import TELEPHONE, WIDE, Opens, fits, opening
from tests.tickets.conftest import a_person, ended
from tickets import closing, history, lifecycle, timekeeping

pytestmark = pytest.mark.browser


@pytest.fixture
def town(app: Flask, time: object) -> Town:
    return Town(app)


@pytest.fixture
def opens(all_browsers: Browsers, app: Flask, town: Town) -> Iterator[Opens]:
    """Units work on a telephone."""
    with opening(app, all_browsers.of()) as opens_page:

        def open_page(who: str, path: str) -> Page:
            return opens_page(town.people[who], path, TELEPHONE if who in town.units else WIDE)

        yield open_page


def registered(town: Town, opens: Opens) -> str:
    """The agent fills the form that wrap-up was too short for; returns the number."""
    call = ended(a_person("13870003000"), agent=town.agent)
    draft = lifecycle.draft(call)
    draft_id = draft.id
    db.commit()
    page = opens("wang", f"/drafts/{draft_id}")
    page.select_option("#kind", "complaint")
    page.select_option("#topic", "street_light")
    page.select_option("#district", "donghu")
    page.fill("#summary", "楼下路灯坏了三天")
    page.fill("#demand", "尽快修好")
    page.fill("#address", "阳明路12号")
    page.get_by_role("button", name="提交工单").click()
    expect(page.locator("h1")).to_contain_text("工单 2026")
    return page.locator("h1").inner_text().split()[-1]


def dispatched(opens: Opens, number: str, unit: str) -> None:
    """Without a mouse: down the list, open it, and send it on."""
    page = opens("zhao", "/dispatch")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(number)
    page.get_by_label("其他主办单位").first.check()
    page.select_option("select[name=other]", label=unit)
    page.get_by_role("button", name="派单", exact=True).click()
    expect(page.locator(".notice[data-kind=done]")).to_contain_text(f"已派给{unit}")


def test_from_the_agent_to_the_close(town: Town, opens: Opens, time) -> None:
    number = registered(town, opens)
    time.forward(600)
    dispatched(opens, number, "城管局")
    clerk = opens("urban", "/inbox")
    clerk.locator("input[name=assignment]").check()
    clerk.get_by_role("button", name="签收所选").click()
    expect(clerk.locator(".notice[data-kind=done]")).to_contain_text("已签收 1 张")
    clerk.get_by_role("row").get_by_role("link", name=number).click()
    expect(clerk.locator("h1")).to_contain_text(number)
    assert fits(clerk)
    clerk.get_by_label("联系情况").fill("约今晚检修")
    clerk.get_by_role("button", name="记录联系").click()
    clerk.get_by_label("属实", exact=True).check()
    clerk.get_by_label("已解决", exact=True).check()
    clerk.get_by_label("公开答复（市民会读到）").fill("路灯线路已修复，当晚亮灯。")
    clerk.get_by_role("button", name="提交反馈").click()
    expect(clerk.locator("h1 + .badge")).to_have_text("已反馈")
    reviewer = opens("song", "/dispatch/replies")
    reviewer.get_by_role("link", name=number).click()
    reviewer.get_by_role("button", name="审核通过").click()
    expect(reviewer.locator(".notice[data-kind=done]")).to_contain_text("审核通过")
    ticket = lifecycle.by_number(number)
    assert ticket is not None and ticket.state is TicketState.PENDING_FOLLOW_UP
    # The citizen is satisfied; who asks him is not of this story.
    closing.close(ticket, by=None, because="satisfied")
    db.commit()
    lead = opens("li", f"/tickets/{number}")
    expect(lead.locator(".hops li")).to_have_count(4)
    expect(lead.get_by_text("路灯线路已修复，当晚亮灯。").first).to_be_visible()
    assert history.verify(ticket) is None


def test_returned_twice_and_arbitrated(town: Town, opens: Opens, time: object) -> None:
    number = town.ticket().number
    assert number is not None
    db.commit()
    for code, name in (("urban", "城管局"), ("power", "供电公司"), ("roads", "交通局")):
        dispatched(opens, number, name)
        clerk = opens(code, "/inbox")
        clerk.get_by_role("row").get_by_role("link", name=number).click()
        clerk.locator("summary", has_text="退单").click()
        clerk.get_by_label("退单原因").select_option("duty")
        clerk.get_by_label("退单说明").fill("不归我单位")
        clerk.get_by_label("书面依据（三定规定、法规条款）").fill("三定规定第三条")
        clerk.get_by_role("button", name="申请退单").click()
        expect(clerk.locator(".notice[data-kind=done]")).to_contain_text("退单申请已提交")
        if code != "roads":
            page = opens("zhao", "/dispatch/requests")
            page.get_by_role("button", name="同意").click()
            expect(page.locator(".notice[data-kind=done]")).to_contain_text("已同意")
    page = opens("zhao", "/dispatch/requests")
    expect(page.get_by_text("多次退单，须仲裁")).to_be_visible()
    expect(page.get_by_role("button", name="驳回")).to_have_count(0)
    lead = opens("li", "/dispatch/requests")
    lead.get_by_label("由谁承办（不能再退）").focus()
    lead.keyboard.type("交通")
    lead.keyboard.press("Enter")
    lead.get_by_label("仲裁意见").fill("路灯随道路，由交通局承办")
    lead.get_by_role("button", name="仲裁并派单").click()
    expect(lead.locator(".notice[data-kind=done]")).to_contain_text("由交通局承办")
    clerk = opens("roads", "/inbox")
    expect(clerk.get_by_text("退单未同意，须承办")).to_be_visible()
    ticket = lifecycle.by_number(number)
    assert ticket is not None and ticket.state is TicketState.PROCESSING


def test_a_late_unit_sees_red_and_is_supervised(town: Town, opens: Opens, time) -> None:
    one = town.given(urgency="instant")
    clerk = opens("urban", f"/inbox/{one.id}")
    expect(clerk.locator("[data-due]").first).to_have_attribute("data-light", "green")
    for step in (timedelta(minutes=11), timedelta(hours=3), timedelta(days=5)):
        time.forward(step.total_seconds())
        timekeeping.each_minute()
    page = opens("urban", "/inbox?light=red")
    expect(page.locator("table [data-light=red]")).to_have_count(1)
    expect(page.get_by_label("通知").get_by_text("已超期")).to_be_visible()
    expect(page.get_by_label("通知").get_by_text("被督办").first).to_be_visible()
    page = opens("li", f"/dispatch/{one.ticket.number}")
    expect(page.get_by_text("系统督办 超期")).to_be_visible()
    expect(page.get_by_text("联合督办 超期已久")).to_be_visible()
