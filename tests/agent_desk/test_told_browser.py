"""What the desk tells its agent is so, and says what comes next."""

import pytest
from playwright.sync_api import expect

from infra.db import commit

pytestmark = pytest.mark.browser
STREAMS = """
window.streams = [];
window.EventSource = class extends EventSource {
  constructor(...how) { super(...how); window.streams.push(this); }
};
"""
UNTOUCHED = "通话不受影响"


def test_who_declines_is_told_what_becomes_of_the_caller_and_of_himself(sits):
    agent = sits().is_here()
    agent.ready()
    agent.is_rung_by("+8613812345678")
    agent.page.click("#decline")
    said = agent.page.locator("#said")
    expect(said).to_contain_text("已拒接，来电按原来的等待时间继续排队")
    expect(said).to_contain_text("您仍为示闲")
    agent.page.select_option("#break", "rest")
    expect(agent.page.locator("#seat")).to_have_text("小休")


def test_a_talk_is_called_unaffected_only_while_it_is(sits):
    agent = sits(STREAMS).is_here()
    agent.ready()
    notice = agent.page.locator("#notice")
    loses_its_server(agent.page)
    expect(notice).to_contain_text("正在重连")
    expect(notice).not_to_contain_text(UNTOUCHED)
    agent.answers(agent.is_rung_by("+8613812345678"))
    loses_its_server(agent.page)
    expect(notice).to_contain_text(UNTOUCHED)
    agent.page.evaluate("legs.at(-1).acts.reconnecting()")
    loses_its_server(agent.page)
    expect(notice).to_contain_text("语音也已中断")
    expect(notice).not_to_contain_text(UNTOUCHED)
    expect(agent.page.locator("#quality")).to_contain_text("请不要关闭页面")


def test_who_signs_out_in_a_talk_is_told_first_what_becomes_of_the_citizen(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page, asked = agent.page, agent.page.locator("#sign-out-asked")
    page.click("#sign-out button")
    expect(asked).to_contain_text("退出会中断通话，市民回到队列最前")
    page.click("#sign-out-stay")
    expect(asked).to_be_hidden()
    expect(page.locator("#call-state")).to_have_text("通话中")
    page.click("#sign-out button")
    page.click("#sign-out-anyway")
    page.wait_for_url("**/sign-in*")


def test_who_is_asked_and_loses_his_citizen_meanwhile_signs_out_unasked(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page, asked = agent.page, agent.page.locator("#sign-out-asked")
    page.click("#sign-out button")
    expect(asked).to_be_visible()
    agent.citizen.hangs_up()
    agent.city.pass_time(3)
    commit()
    expect(asked).to_be_hidden()
    page.click("#sign-out button")
    page.wait_for_url("**/sign-in*")


def loses_its_server(page) -> None:
    """Its stream reports an error, as when the network is cut."""
    page.evaluate("window.streams.at(-1).onerror()")
