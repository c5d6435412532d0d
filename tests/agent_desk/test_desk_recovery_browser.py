"""What goes wrong in a shift, in a real browser: pages reload, tabs multiply, voices fail."""

import re

import pytest
from playwright.sync_api import expect

from infra.clock import now
from infra.db import commit, session
from models import Article, ArticleState, Desired, Seat
from tests.agent_desk.conftest import again
from tests.agent_desk.sitting import becomes, rings

NUMBER = "+8613812345678"
PATIENCE_MS = 11_000
TOKEN_LASTS_MS = 3_600_000

pytestmark = pytest.mark.browser


@pytest.fixture
def talking(sits):
    """An agent in the middle of a call."""
    agent = sits().is_here()
    agent.ready()
    agent.page.on("dialog", lambda it: it.accept())
    offer = agent.is_rung_by(NUMBER)
    expect(agent.page.locator("#offer")).to_be_visible()
    agent.page.keyboard.press("F2")
    becomes(agent.page, "legs.length === 1")
    agent.talks(offer)
    return agent


def rings_again(page) -> None:
    """His citizen rings at him by himself; no wrap-up has to be sat out."""
    expect(page.locator("#offer-line")).to_have_text("刚才中断的通话，请接回")
    expect(page.locator("#offer-who")).to_contain_text("138****5678")
    expect(page.locator("#accept")).to_be_focused()
    expect(page.locator("#seat")).to_have_text("振铃")


def takes_back(agent, page) -> None:
    """By one key; his new leg then claims the citizen."""
    page.keyboard.press("F2")
    becomes(page, "legs.length === 1")
    agent.talks(rings())


def _knows(line, title: str, answer: str) -> None:
    article = Article(
        code=title,
        title=title,
        question=title,
        answer=answer,
        line_id=line.id,
        state=ArticleState.APPROVED,
        valid_from=now(),
        updated_at=now(),
    )
    session.add(article)


def test_after_a_reload_one_key_brings_everything_back(lines, talking):
    page = talking.page
    _knows(lines["general"], "小区路灯不亮报修", "路灯不亮由市城管局在三个工作日内修复。")
    for nth in range(9):  # a word that stands in every article tells nothing
        _knows(lines["tourism"], f"景区 {nth}", "景区每日九点开门。")
    commit()
    talking.citizen.says("八一大道的路灯不亮")
    talking.city.pass_time(3)
    expect(page.locator("#transcript")).to_contain_text("路灯不亮")
    expect(page.locator("#suggestions")).to_contain_text("三个工作日")
    page.fill("#demand", "尽快修复")
    expect(page.locator("#saved")).to_contain_text("草稿已保存")
    page.reload()
    talking.is_here()
    talking.call_breaks_off()
    rings_again(page)
    takes_back(talking, page)
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#transcript")).to_contain_text("路灯不亮")
    expect(page.locator("#suggestions")).to_contain_text("三个工作日")
    expect(page.locator("#demand")).to_have_value("尽快修复")


def test_a_page_without_the_voice_of_its_call_says_so_and_takes_it_back(talking):
    page = talking.page
    page.reload()
    talking.is_here()
    # The carrier still believes in the old leg.
    expect(page.locator("#take-back")).to_be_visible(timeout=8000)
    expect(page.locator("#lost")).to_contain_text("不在此页面")
    page.keyboard.press("F2")
    for _ in range(30):
        talking.city.pass_time(0.5)
        commit()
        page.wait_for_timeout(100)
        if page.evaluate("legs.length"):
            break
    becomes(page, "legs.length === 1")
    talking.talks(rings())
    expect(page.locator("#lost")).to_be_hidden()


def test_when_its_own_voice_has_just_ended_a_page_says_that_it_is_being_confirmed(talking):
    page = talking.page
    # The carrier's reports are lost: nothing but the end of the leg is known.
    page.evaluate("legs[0].disconnect()")
    page.evaluate("{ const now = Date.now; window.leap = 6000; Date.now = () => now() + leap; }")
    expect(page.locator("#lost-what")).to_be_visible()
    expect(page.locator("#lost-what")).to_have_text("通话已断开，正在确认…")
    expect(page.locator("#take-back")).to_be_hidden()
    page.keyboard.press("F2")
    expect(page.locator("#call-state")).to_have_text("通话中")
    page.evaluate("leap = 18000")
    expect(page.locator("#lost-what")).to_contain_text("语音已断开")
    expect(page.locator("#take-back")).to_be_visible()
    # While it is at work it is read all the same.
    page.evaluate("document.getElementById('take-back').disabled = true")
    ink = page.locator("body").evaluate("(one) => getComputedStyle(one).color")
    expect(page.locator("#take-back")).to_have_css("color", ink)
    expect(page.locator("#take-back")).to_have_css("opacity", "1")


def test_a_second_tab_is_told_of_the_talk_and_the_first_gives_way(context, sits, talking):
    second = sits().page
    expect(second.locator("#taken")).to_be_visible()
    expect(second.locator("#taken-talks")).to_be_visible()
    second.click("#take-over")
    expect(talking.page.locator("#taken")).to_be_visible()
    becomes(talking.page, "desk.phone.call === null")
    talking.call_breaks_off()
    rings_again(second)


def test_who_waits_for_his_lost_citizen_sees_danger_and_no_countdown(sits):
    agent = sits().is_here()
    agent.ready()
    agent.page.on("dialog", lambda it: it.accept())
    agent.talks(agent.is_rung_by(NUMBER, says="我家着火了"))
    page = agent.page
    page.reload()
    agent.is_here()
    page.evaluate("noVoice = true; device.acts.unregistered()")
    agent.call_breaks_off()
    expect(page.locator("#lost")).to_contain_text("138****5678")
    expect(page.locator("#lost-danger")).to_have_text("紧急：着火")
    expect(page.locator("#take-back")).to_be_focused()
    expect(page.locator("#seat")).to_have_text("通话中断")
    expect(page.locator("#since")).not_to_contain_text("秒")
    page.evaluate("noVoice = false; device.acts.registered()")
    rings_again(page)
    expect(page.locator("#offer-danger")).to_have_text("紧急：着火")
    page.keyboard.press("Enter")
    becomes(page, "legs.length === 1")


def test_a_call_back_is_handed_to_the_tab_that_is_the_desk(sits, talking):
    talking.page.keyboard.press("F2")
    talking.page.click("#wrapped")
    talking.page.evaluate("legs[0].disconnect()")
    other = sits(address="/desk?dial=call-1").page
    expect(other.locator("#taken-what")).to_contain_text("已在座席页面准备好")
    expect(talking.page.locator("#back")).to_contain_text("138****5678")
    talking.is_here()


def test_a_reload_is_the_same_desk(sits):
    page = sits().is_here().page
    page.reload()
    expect(page.locator("#seat")).to_have_text("离线")
    expect(page.locator("#taken")).to_be_hidden()


def test_a_ready_seat_without_voice_rests_until_it_is_back(sits, wang):
    agent = sits()
    agent.page.clock.install()
    agent.page.reload()
    agent.is_here().ready()
    agent.page.evaluate("noVoice = true; device.acts.unregistered()")
    expect(agent.page.locator("#voice-help")).to_contain_text("语音没有连接上")
    expect(agent.page.locator("#voice-when")).to_contain_text("秒后自动重连")
    agent.page.clock.run_for(PATIENCE_MS)
    expect(agent.page.locator("#seat")).to_have_text("小休 · 设备故障")
    assert again(wang).desired is Desired.BREAK
    commit()
    agent.page.evaluate("noVoice = false")
    agent.page.clock.run_for(PATIENCE_MS)
    expect(agent.page.locator("#seat")).to_have_text("示闲")


def test_the_token_of_the_voice_is_renewed_long_before_its_end(sits):
    page = sits().page
    page.clock.install()
    page.reload()
    expect(page.locator("#device")).to_have_text("语音就绪")
    page.clock.fast_forward(TOKEN_LASTS_MS * 0.7)
    becomes(page, "window.renewed === true")


@pytest.mark.parametrize(
    ("error", "words", "remedy"),
    [
        ("NotAllowedError", "没有麦克风权限", "允许使用麦克风"),
        ("NotFoundError", "没有麦克风", "插好耳麦"),
        ("NotReadableError", "麦克风被占用", "关闭会议"),
    ],
)
def test_why_a_microphone_fails_is_said_in_words(sits, error, words, remedy):
    fails = f"Promise.reject(new DOMException('', '{error}'))"
    page = sits(f"navigator.mediaDevices.getUserMedia = () => {fails}").is_here().page
    expect(page.locator("#device")).to_have_text(words)
    expect(page.locator("#voice-help")).to_contain_text(remedy)


def test_before_the_first_call_of_a_day_an_agent_hears_himself(sits):
    page = sits(checked=False).is_here().page
    page.click("#ready")
    expect(page.locator("#check-heard")).to_contain_text("听到您的声音了", timeout=8000)
    page.click("#check-record")
    expect(page.locator("#check-said")).to_contain_text("正在回放", timeout=8000)
    expect(page.locator("#seat")).to_have_text("离线")
    page.click("#check-done")
    expect(page.locator("#seat")).to_have_text("示闲")
    page.click("#offline")
    expect(page.locator("#seat")).to_have_text("离线")
    page.keyboard.press("Alt+1")
    expect(page.locator("#check")).to_be_hidden()
    expect(page.locator("#seat")).to_have_text("示闲")


def test_who_skips_the_check_is_not_asked_again_that_day(sits):
    page = sits(checked=False).is_here().page
    page.click("#check-open")
    page.click("#check-skip")
    page.click("#ready")
    page.click("#check-skip")
    expect(page.locator("#seat")).to_have_text("示闲")
    page.click("#offline")
    expect(page.locator("#seat")).to_have_text("离线")
    page.click("#ready")
    expect(page.locator("#seat")).to_have_text("示闲")
    expect(page.locator("#check")).to_be_hidden()


def test_the_chosen_microphone_is_kept_and_used(sits):
    page = sits().is_here().page
    page.click("#check-open")
    wanted = page.locator("#microphone option").last.get_attribute("value")
    page.select_option("#microphone", wanted)
    page.click("#check-skip")
    page.reload()
    expect(page.locator("#device")).to_have_text("语音就绪")
    assert page.locator("#microphone").input_value() == wanted
    assert page.evaluate("desk.phone.chosen.microphone") == wanted


def test_danger_stands_on_the_desk_from_the_first_ring_to_the_end(sits):
    agent = sits().is_here()
    agent.ready()
    offer = agent.is_rung_by(NUMBER, says="我家着火了")
    page = agent.page
    expect(page.locator("#offer-danger")).to_have_text("紧急：着火")
    expect(page.locator("#alert")).to_contain_text("紧急：着火")
    expect(page).to_have_title(re.compile("^● 来电"))
    agent.talks(offer)
    expect(page.locator("#call-danger")).to_have_text("紧急：着火")
    expect(page.locator("#advice")).to_contain_text("119")
    assert page.title().startswith("座席")


def test_what_became_of_an_unanswered_call_is_told(sits):
    agent = sits().is_here()
    agent.ready()
    agent.is_rung_by(NUMBER)
    expect(agent.page.locator("#offer")).to_be_visible()
    agent.city.pass_time(13)
    commit()
    expect(agent.page.locator("#said")).to_contain_text("来电继续排队")
    agent.city.until(lambda: rings() is not None)
    commit()
    expect(agent.page.locator("#offer")).to_be_visible()
    agent.citizen.hangs_up()
    agent.city.pass_time(1)
    commit()
    expect(agent.page.locator("#said")).to_contain_text("市民已挂断")


def test_the_next_state_is_told_during_a_call(talking, wang):
    talking.page.select_option("#break", "meal")
    expect(talking.page.locator("#after")).to_have_text("之后：小休 · 用餐")
    expect(talking.page.locator("#break-none")).to_have_text("小休 · 用餐")
    assert session.get_one(Seat, wang.staff_id).activity == "talking"


def test_danger_that_is_spoken_of_in_mid_call_stands_beside_the_caller(talking):
    page = talking.page
    expect(page.locator("#known")).to_be_visible()
    expect(page.locator("#emergency")).to_be_hidden()
    talking.citizen.says("我家着火了")
    talking.city.pass_time(3)
    commit()
    expect(page.locator("#emergency")).to_have_text("紧急：着火")


def submits(page) -> str:
    """The query code that the agent reads out."""
    page.select_option("#kind", "praise")
    page.fill("#summary", "话务员很热情")
    page.keyboard.press("F9")
    expect(page.locator("#query-code")).to_have_text(re.compile(r"\d{6}"))
    return page.locator("#query-code").inner_text()


def is_shown_as_nobodys(page) -> None:
    """Somebody else was rung for him for a moment."""

    def nobody(route):
        answer = route.fetch()
        seen = answer.json()
        seen |= {"lost": None, "call": None, "offer": None}
        seen["seat"]["activity"] = "idle"
        route.fulfill(response=answer, json=seen)

    page.route("**/desk/state?*", nobody)
    page.evaluate("document.dispatchEvent(new CustomEvent('live:open'))")
    expect(page.locator("#ticket-empty")).to_be_visible()
    page.unroute("**/desk/state?*")
    page.evaluate("document.dispatchEvent(new CustomEvent('live:open'))")


def test_who_comes_back_after_his_ticket_is_submitted_still_hears_his_query_code(talking):
    page = talking.page
    code = submits(page)
    page.evaluate("noVoice = true; device.acts.unregistered(); legs.pop().disconnect()")
    talking.call_breaks_off()
    expect(page.locator("#lost")).to_contain_text("138****5678")
    is_shown_as_nobodys(page)
    page.evaluate("noVoice = false; device.acts.registered()")
    rings_again(page)
    takes_back(talking, page)
    expect(page.locator("#query-code")).to_have_text(code)
    expect(page.locator("#ticket-told")).to_contain_text("请告诉市民")


def test_a_page_that_never_had_the_query_code_says_where_it_went(talking):
    page = talking.page
    submits(page)
    page.reload()
    talking.is_here()
    talking.call_breaks_off()
    rings_again(page)
    takes_back(talking, page)
    expect(page.locator("#ticket-done")).to_be_visible()
    expect(page.locator("#query-code-line")).to_be_hidden()
    expect(page.locator("#ticket-told")).to_contain_text("已随短信发给市民")
    expect(page.locator("#text-again")).to_be_visible()


def test_who_missed_two_calls_reads_why_he_rests_and_how_to_go_on(sits):
    agent = sits().is_here()
    agent.ready()
    agent.is_rung_by(NUMBER)
    for _ in range(2):
        agent.city.until(lambda: rings() is not None)
        commit()
        expect(agent.page.locator("#offer")).to_be_visible()
        agent.city.pass_time(13)
        commit()
        expect(agent.page.locator("#said")).to_contain_text("连续两次未接会自动小休")
    expect(agent.page.locator("#seat")).to_contain_text("小休 · 两次未接")
    expect(agent.page.locator("#call-line")).to_contain_text("连续两次来电未接，已自动小休")
    expect(agent.page.locator("#call-line")).to_contain_text("Alt+1")
    agent.citizen.hangs_up()
    agent.city.pass_time(1)
    commit()
    agent.page.keyboard.press("Alt+1")
    expect(agent.page.locator("#seat")).to_have_text("示闲")
    expect(agent.page.locator("#call-line")).to_contain_text("等待来电")
