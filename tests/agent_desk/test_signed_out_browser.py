"""A session that ends in the middle of a ticket takes nothing that was typed with it."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from infra.db import commit, session
from models import StaffMember, Ticket
from queues import presence
from tests.agent_desk.sitting import Sitting
from tests.places import an_agent
from tests.visitors import browser_of

TYPED = "话务员很热情，请转告"
WAITING = "sessionStorage.getItem('unsaved-words')"

pytestmark = pytest.mark.browser


@pytest.fixture
def agent(sits) -> Sitting:
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    return agent


@pytest.fixture
def signs_in_elsewhere(city, context: BrowserContext):
    """In another tab of the same browser, which outdates what stands on the pages of this one."""

    def sign_in(staff: StaffMember) -> None:
        name, address = city.app.config["SESSION_COOKIE_NAME"], context.pages[0].url
        cookie = browser_of(city.app, staff).client.get_cookie(name)
        context.add_cookies([{"name": name, "value": cookie.value, "url": address}])

    return sign_in


def waits_here(page: Page) -> None:
    """What he types now is refused, and kept."""
    page.fill("#summary", TYPED)
    expect(page.locator("#saved")).to_contain_text("未保存：页面已过期")
    assert TYPED in page.evaluate(WAITING)


def summary_within(page: Page, seconds: int) -> str | None:
    """Of the one ticket, as soon as it is what was typed."""
    for _ in range(seconds * 10):
        session.expire_all()
        if (found := session.scalar(select(Ticket.summary))) == TYPED:
            return found
        commit()
        page.wait_for_timeout(100)
    return found


def test_what_was_typed_is_there_after_signing_in_again_in_the_same_tab(
    agent, context, desk, wang
) -> None:
    """The session is at an end, by time or because his password was set anew."""
    page = agent.page
    page.fill("#summary", "话务员")
    expect(page.locator("#saved")).to_contain_text("草稿已保存")
    session.expire_all()
    wang.staff.session_epoch += 1
    commit()
    page.fill("#summary", TYPED)
    expect(page.locator("#saved")).to_contain_text("未保存")
    page.select_option("#kind", "praise")
    page.goto("/sign-in")
    session.expire_all()
    wang.staff.session_epoch -= 1
    commit()
    page.goto("/desk")
    expect(page.locator("#summary")).to_have_value(TYPED)
    expect(page.locator("#kind")).to_have_value("praise")
    assert page.evaluate(WAITING) is None


def test_a_session_that_is_gone_altogether_takes_nothing_with_it_either(agent, context) -> None:
    page = agent.page
    page.fill("#summary", "话务员")
    expect(page.locator("#saved")).to_contain_text("草稿已保存")
    signed_in = context.cookies()
    context.clear_cookies()
    page.fill("#summary", TYPED)
    expect(page.locator("#saved")).to_contain_text("未保存")
    page.select_option("#kind", "praise")
    page.goto("/sign-in")
    context.add_cookies(signed_in)
    page.goto("/desk")
    expect(page.locator("#summary")).to_have_value(TYPED)
    expect(page.locator("#kind")).to_have_value("praise")
    assert page.evaluate(WAITING) is None


def test_another_agent_in_the_same_tab_finds_nothing_of_it(agent) -> None:
    page = agent.page
    kept = json.dumps({"by": "999999", "calls": {"1": {"summary": TYPED}}})
    page.evaluate("kept => sessionStorage.setItem('unsaved-words', kept)", kept)
    page.reload()
    expect(page.locator("#ticket")).to_be_visible()
    assert page.evaluate(WAITING) is None
    expect(page.locator("#summary")).not_to_have_value(TYPED)


def test_words_of_a_citizen_who_has_left_wait_for_a_page_loaded_anew(
    agent, signs_in_elsewhere, wang
) -> None:
    page = agent.page
    page.keyboard.press("F2")
    expect(page.locator("#call-state")).to_have_text("话后整理")
    signs_in_elsewhere(wang.staff)
    waits_here(page)
    session.expire_all()
    presence.complete_wrap_up(wang)
    commit()
    expect(page.locator("#ticket")).to_be_hidden()
    expect(page.locator("#said")).to_contain_text("上一通电话的诉求单未保存：页面已过期")
    assert TYPED in page.evaluate(WAITING)
    page.reload()
    assert summary_within(page, 10) == TYPED
    assert page.evaluate(WAITING) is None


def test_words_that_can_never_be_saved_do_not_come_back_for_ever(agent, wang) -> None:
    page = agent.page
    kept = {"by": str(wang.staff_id), "calls": {"1": {"summary": "\0"}}}
    page.evaluate("kept => sessionStorage.setItem('unsaved-words', kept)", json.dumps(kept))
    page.reload()
    expect(page.locator("#said")).to_contain_text("上一通电话的诉求单未保存：内容含有")
    assert page.evaluate(WAITING) is None


def test_whoever_else_signs_in_in_this_tab_leaves_nothing_of_it_there(
    agent, signs_in_elsewhere, wang
) -> None:
    """On whatever page he begins; until then it stays for whoever typed it."""
    page, other = agent.page, an_agent("li")
    commit()
    signs_in_elsewhere(wang.staff)
    waits_here(page)
    page.goto("/tickets")
    assert TYPED in page.evaluate(WAITING)
    signs_in_elsewhere(other.staff)
    page.goto("/tickets")
    assert page.evaluate(WAITING) is None


@pytest.mark.parametrize("first", ["/tickets", None], ids=["elsewhere", "at the desk"])
def test_signing_out_leaves_nothing_of_it_there(agent, signs_in_elsewhere, wang, first) -> None:
    page = agent.page
    signs_in_elsewhere(wang.staff)
    waits_here(page)
    if first:
        page.goto(first)
        assert TYPED in page.evaluate(WAITING)
    leave = page.get_by_role("button", name="退出", exact=True)
    if not first:
        # He is in a talk there, and is asked first.
        leave.click()
        leave = page.locator("#sign-out-anyway")
    with page.expect_navigation():
        leave.click()
    assert page.evaluate(WAITING) is None


def test_once_something_is_saved_again_the_last_word_goes_to_the_server(agent, wang) -> None:
    """The session was over, and is not any more: nothing has to wait in the tab."""
    page = agent.page
    session.expire_all()
    wang.staff.session_epoch += 1
    commit()
    page.fill("#summary", "话务员")
    expect(page.locator("#saved")).to_contain_text("未保存")
    session.expire_all()
    wang.staff.session_epoch -= 1
    commit()
    expect(page.locator("#saved")).to_contain_text("草稿已保存", timeout=10_000)
    page.fill("#summary", TYPED)
    page.goto("/tickets")
    assert page.evaluate(WAITING) is None
    assert summary_within(page, 5) == TYPED


def test_once_the_citizen_has_left_nobody_is_to_be_told(agent) -> None:
    page = agent.page
    page.select_option("#kind", "praise")
    page.fill("#summary", TYPED)
    page.keyboard.press("F9")
    told = page.locator("#ticket-told")
    expect(told).to_contain_text("请告诉市民")
    agent.citizen.hangs_up()
    agent.city.pass_time(3)
    expect(page.locator("#seat")).to_contain_text("话后整理")
    expect(told).to_contain_text("通话已结束：工单号和查询码已交发短信")
    expect(told).not_to_contain_text("请告诉市民")


def test_of_a_talk_that_the_agent_ended_nobody_is_said_to_have_hung_up(agent) -> None:
    page = agent.page
    page.select_option("#kind", "praise")
    page.fill("#summary", TYPED)
    page.keyboard.press("F9")
    told = page.locator("#ticket-told")
    expect(told).to_contain_text("请告诉市民")
    page.keyboard.press("F2")
    expect(page.locator("#seat")).to_contain_text("话后整理")
    assert agent.citizen.connected  # he is asked for his rating
    expect(told).to_contain_text("通话已结束：")
    expect(told).not_to_contain_text("挂断")
