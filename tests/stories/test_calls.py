"""What citizens and agents live through, in real browsers with real sound."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ENDED = "SELECT status = 'ended' FROM call WHERE id = %s"
SILENCE = -60


def test_from_dialling_to_a_ticket_and_its_replay(comes, hotline):
    agent, citizen = comes("agent1"), comes("citizen")
    agent.ready()
    citizen.reaches("1")
    agent.answers()
    citizen.says("你好，我住在东湖区八一大道，路灯不亮")
    expect(agent.page.locator("#transcript")).to_contain_text("路灯不亮", timeout=15_000)
    page = agent.page
    page.fill("[name=summary]", "八一大道路灯不亮")
    page.select_option("[name=kind]", "help")
    page.select_option("[name=topic]", "street_light")
    page.select_option("[name=district]", "donghu")
    page.fill("[name=address]", "八一大道12号")
    page.fill("[name=demand]", "尽快修复")
    expect(page.locator("#saved")).to_contain_text("草稿已保存")
    call = hotline.call_of(citizen.number)
    agent.finishes()
    citizen.hears("请对本次服务评价")
    citizen.presses("5")
    citizen.is_off()
    page.keyboard.press("F9")
    # The wrap-up is over with it, and nothing of the citizen stays on the desk.
    expect(page.locator("#said")).to_contain_text(re.compile(r"已提交：工单号 \d{8}-\d{6}"))
    number = re.search(r"\d{8}-\d{6}", page.locator("#said").inner_text())[0]
    expect(page.locator("#ticket")).to_be_hidden()
    expect(citizen.page.locator("#inbox")).to_contain_text(number, timeout=15_000)
    hotline.until(ENDED, call)
    hotline.until("SELECT state = 'stored' FROM recording WHERE call_id = %s", call)
    assert hotline.one("SELECT rating FROM call WHERE id = %s", call) == 5
    # Both sides were heard: the fake microphones beep into both channels.
    assert min(hotline.loudness(call)) > SILENCE
    _replay_plays(page, hotline, call)


def _replay_plays(page, hotline, call) -> None:
    hotline.until("SELECT transcript_state = 'done' FROM recording WHERE call_id = %s", call)
    page.goto(f"{hotline.desk}/calls/{call}")
    page.get_by_role("button", name="路灯不亮").click()
    page.wait_for_timeout(2500)
    assert page.locator("audio").evaluate("audio => audio.currentTime") > 1
    heard = "SELECT count(*) > 0 FROM audit_entry WHERE action = 'recording.heard'"
    assert hotline.one(heard)


def test_free_speech_reaches_the_right_seat(comes, hotline):
    agent, citizen = comes("agent4"), comes("citizen")
    agent.ready()
    citizen.dials()
    citizen.hears("请直接说出")
    citizen.says("公积金怎么提取")
    agent.rings()
    expect(agent.page.locator("#offer-line")).to_have_text("公积金来电")
    expect(agent.page.locator("#offer-said")).to_contain_text("公积金怎么提取")
    agent.answers()
    citizen.says("公积金怎么提取，我在租房子")
    suggestion = agent.page.locator("#suggestions li").first
    expect(suggestion).to_contain_text("公积金提取", timeout=15_000)
    expect(suggestion).to_contain_text("示例，未经核实")
    suggestion.get_by_role("button", name="采用").click()
    hotline.until("SELECT count(*) FROM article_shown WHERE used_at IS NOT NULL", wanted=1)
    citizen.hangs_up()


def test_nobody_is_free_and_then_somebody(comes, hotline):
    citizen = comes("citizen")
    citizen.reaches("8")
    # Whoever answered in the story before may still be signed on.
    citizen.hears(re.compile("您是下一位|座席暂时不在"))
    agent = comes("agent18")
    agent.ready()
    agent.answers()
    agent.finishes()
    citizen.hears("请对本次服务评价")


def test_an_agent_who_does_not_answer(comes, hotline):
    first, citizen = comes("agent18"), comes("citizen")
    first.ready()
    citizen.reaches("8")
    first.rings()
    second = comes("agent19")
    second.ready()
    expect(first.page.locator("#offer")).to_be_hidden(timeout=16_000)
    second.answers()
    citizen.is_on()


def test_a_caller_who_hangs_up_while_it_rings(comes, hotline):
    agent, citizen = comes("agent18"), comes("citizen")
    agent.ready()
    citizen.reaches("8")
    agent.rings()
    citizen.hangs_up()
    expect(agent.page.locator("#offer")).to_be_hidden(timeout=5_000)
    expect(agent.page.locator("#seat")).to_have_text("示闲")
    call = hotline.call_of(citizen.number)
    hotline.until("SELECT disposition FROM call WHERE id = %s", call, wanted="abandoned")


def test_a_desk_in_a_hidden_tab_still_rings(comes, hotline):
    agent = comes("agent18", hidden=True)
    agent.ready()
    # Longer than the lease: only the stream's own ping can have kept it.
    agent.page.wait_for_timeout(25_000)
    citizen = comes("citizen")
    citizen.reaches("8")
    agent.answers()
    citizen.hangs_up()


def test_an_agent_who_reloads_his_page_takes_his_citizen_back(comes, hotline):
    agent, citizen = comes("agent18"), comes("citizen")
    agent.page.on("dialog", lambda it: it.accept())
    agent.ready()
    citizen.reaches("8")
    agent.answers()
    citizen.says("滕王阁的门票怎么买")
    expect(agent.page.locator("#transcript")).to_contain_text("滕王阁", timeout=15_000)
    agent.page.reload()
    citizen.hears("座席的线路中断了")
    expect(agent.page.locator("#lost")).to_be_visible(timeout=15_000)
    agent.page.click("#take-back")
    expect(agent.page.locator("#call-state")).to_have_text("通话中", timeout=30_000)
    expect(agent.page.locator("#transcript")).to_contain_text("滕王阁")
    call = hotline.call_of(citizen.number)
    citizen.says("听得到了")
    expect(agent.page.locator("#transcript")).to_contain_text("听得到了", timeout=15_000)
    citizen.hangs_up()
    hotline.until("SELECT disposition FROM call WHERE id = %s", call, wanted="answered")


def test_a_citizen_is_handed_over_after_a_word_between_colleagues(comes, hotline):
    """Three desks and telephones: who asks, who is asked, and who hears music meanwhile."""
    agent, colleague, citizen = comes("agent18"), comes("agent19"), comes("citizen")
    agent.ready()
    citizen.reaches("8")
    agent.answers()
    call = hotline.call_of(citizen.number)
    colleague.ready()
    page = agent.page
    page.keyboard.press("F7")
    page.fill("#targets-question", "景区退票规则，请帮忙解释")
    page.locator("#targets-agents").get_by_role("button", name="咨询").first.click()
    citizen.hears("请稍候，座席正在为您查询")
    colleague.rings()
    expect(colleague.page.locator("#offer-said")).to_contain_text("景区退票规则")
    colleague.answers_a_colleague()
    expect(page.locator("#call-state")).to_have_text("咨询中", timeout=15_000)
    citizen.says("我跟家里人说句话")
    page.wait_for_timeout(4_000)
    page.click("#consult-complete")
    expect(page.locator("#seat")).to_have_text("话后整理", timeout=10_000)
    expect(colleague.page.locator("#call-state")).to_have_text("通话中", timeout=15_000)
    citizen.is_on()
    citizen.says("你好，我想退门票")
    expect(colleague.page.locator("#transcript")).to_contain_text("我想退门票", timeout=15_000)
    expect(colleague.page.locator("#transcript")).not_to_contain_text("家里人")
    page.wait_for_timeout(3_000)
    agent.is_done()
    colleague.finishes()
    citizen.hears("请对本次服务评价")
    citizen.presses("5")
    hotline.until(ENDED, call)
    hotline.until("SELECT state = 'stored' FROM recording WHERE call_id = %s", call)
    assert min(hotline.loudness(call)) > SILENCE
    taken = "SELECT login FROM call JOIN staff ON staff.id = call.agent_id WHERE call.id = %s"
    assert hotline.one(taken, call) == "agent19"
