"""A session that ends in the middle of a ticket takes nothing that was typed with it."""

import json

import pytest
from playwright.sync_api import expect

from infra.db import commit, session
from tests.agent_desk.sitting import Sitting

TYPED = "话务员很热情，请转告"

pytestmark = pytest.mark.browser


@pytest.fixture
def agent(sits) -> Sitting:
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    return agent


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
    assert page.evaluate("sessionStorage.getItem('unsaved-words')") is None


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
    assert page.evaluate("sessionStorage.getItem('unsaved-words')") is None


def test_another_agent_in_the_same_tab_finds_nothing_of_it(agent) -> None:
    page = agent.page
    kept = json.dumps({"by": "999999", "calls": {"1": {"summary": TYPED}}})
    page.evaluate("kept => sessionStorage.setItem('unsaved-words', kept)", kept)
    page.reload()
    expect(page.locator("#ticket")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('unsaved-words')") is None
    expect(page.locator("#summary")).not_to_have_value(TYPED)


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
    expect(told).to_contain_text("市民已挂断：工单号和查询码已交发短信")
    expect(told).not_to_contain_text("请告诉市民")
