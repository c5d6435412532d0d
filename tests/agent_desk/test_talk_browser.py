"""Hold, consult and transfer with the keys of the desk, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from infra.db import commit
from models import CallStatus
from tests.agent_desk.sitting import Sitting, becomes
from tests.agent_desk.talks import Agent, call_of
from tests.analytics.leads import Lead

pytestmark = pytest.mark.browser

WHY = "公积金异地提取，请帮忙解释"


def let_pass(city, seconds: float = 1) -> None:
    city.pass_time(seconds)
    commit()


@pytest.fixture
def talks(sits, city, lines) -> Sitting:
    sitting = sits().is_here()
    sitting.ready()
    sitting.answers(sitting.is_rung_by("+8613812345678"))
    return sitting


@pytest.fixture
def li(city, lines, talks) -> Agent:
    return Agent.comes(city, "li", *lines.values())


def test_f6_holds_the_citizen_and_lets_him_go_on(city, talks):
    page = talks.page
    page.keyboard.press("F6")
    expect(page.locator("#call-state")).to_have_text("保持中")
    expect(page.locator("#hold-clock")).to_have_text(re.compile(r"已保持 \d\d:\d\d"))
    expect(page.locator("#hold")).to_have_attribute("aria-pressed", "true")
    let_pass(city)
    assert talks.citizen.connected_with() == []
    page.keyboard.press("F6")
    expect(page.locator("#call-state")).to_have_text("通话中")
    expect(page.locator("#hold-clock")).to_be_hidden()
    let_pass(city)
    assert talks.citizen.connected_with() != []


def test_f7_asks_a_colleague_and_hands_the_citizen_over(city, talks, li):
    page = talks.page
    page.keyboard.press("F7")
    expect(page.locator("#targets-question")).to_be_focused()
    page.keyboard.type(WHY)
    expect(page.locator("#targets-lines tr")).to_have_count(2)
    page.locator("#targets-agents").get_by_role("button", name="咨询").click()
    expect(page.locator("#targets")).to_be_hidden()
    expect(page.locator("#consult-mode")).to_have_text("振铃")
    expect(page.locator("#transfer")).to_be_hidden()
    assert li.shows["offer"]["consult"]["question"] == WHY
    commit()
    li.answers()
    commit()
    expect(page.locator("#consult-mode")).to_have_text("在与同事通话，市民听音乐")
    expect(page.locator("#call-state")).to_have_text("咨询中")
    page.click("#consult-swap")
    expect(page.locator("#consult-mode")).to_have_text("在与市民通话，同事听音乐")
    page.click("#consult-three")
    expect(page.locator("#call-state")).to_have_text("三方通话")
    let_pass(city)
    assert len(talks.citizen.connected_with()) == 2
    page.click("#consult-complete")
    expect(page.locator("#seat")).to_have_text("话后整理")
    let_pass(city)
    assert talks.citizen.connected_with() == [li.phone.phone.number]
    assert call_of(talks.citizen).agent_id == li.id


def test_lead_hand_and_an_emergency_that_waits_are_seen_in_one_row(city, talks):
    lead, page = Lead.comes(city, "班长甲"), talks.page
    call = call_of(talks.citizen).id
    commit()
    lead.enters(call, "whisper")
    commit()
    expect(page.locator("#monitors")).to_have_text("班长甲 密语")
    page.keyboard.press("Alt+3")
    expect(page.locator("#hand")).to_have_attribute("aria-pressed", "true")
    other = city.citizen()
    other.dials("12345")
    city.until(lambda: other.hears("请直接说出"))
    other.says("家里着火了")
    let_pass(city, 5)
    expect(page.locator("#danger-waits-too")).to_have_text("一个紧急来电正在等待")
    assert page.locator("#callbar").bounding_box()["height"] < 60
    assert page.locator(".top").bounding_box()["height"] < 50


def test_110_is_rung_from_the_desk_and_stays_when_the_citizen_hangs_up(city, talks):
    page = talks.page
    police = city.citizen("110")
    page.keyboard.press("F7")
    row = page.locator("#targets-outside tr", has_text="110")
    row.get_by_role("button", name="三方通话").click()
    expect(page.locator("#outside-mode")).to_have_text("呼叫中")
    expect(page.locator("#transfer")).to_be_hidden()
    let_pass(city, 8)
    expect(page.locator("#outside-mode")).to_have_text("三方通话")
    assert police.connected
    page.keyboard.press("Alt+4")
    expect(page.locator("#digits")).to_be_focused()
    with page.expect_response("**/desk/keys"):
        page.keyboard.type("1")
        page.locator("#pad-keys").get_by_role("button", name="#").click()
    let_pass(city, 3)
    assert police.heard[-2:] == ["1", "#"]
    page.keyboard.press("Escape")
    talks.citizen.hangs_up()
    let_pass(city, 2)
    expect(page.locator("#outside-mode")).to_have_text("市民已挂断，对方还在线")
    expect(page.locator("#hold")).to_be_disabled()
    page.click("#outside-end")
    expect(page.locator("#seat")).to_have_text("话后整理")
    let_pass(city)
    assert not police.connected


def test_the_recording_is_paused_with_a_reason(city, talks):
    page = talks.page
    expect(page.locator("#recording")).to_be_visible()
    page.select_option("#pause", "card")
    expect(page.locator("#paused")).to_contain_text("秒后自动恢复")
    expect(page.locator("#recording")).to_be_hidden()
    page.click("#record")
    expect(page.locator("#recording")).to_be_visible()
    expect(page.locator("#paused")).to_be_hidden()


def test_a_desk_that_is_asked_shows_who_asks_and_leaves_by_f2(sits, city, lines, li_asks):
    page, asker, call = li_asks
    expect(page.locator("#offer-line")).to_have_text(re.compile("li .* 咨询您"))
    expect(page.locator("#offer-said")).to_contain_text(WHY)
    page.keyboard.press("F2")
    becomes(page, "legs.length > 0")
    offer = page.evaluate("legs[0].params.offer")
    asker.colleague.accepts(int(offer))
    let_pass(city)
    expect(page.locator("#consult-mode")).to_have_text("在与同事通话，市民听音乐")
    expect(page.locator("#finish-what")).to_have_text("退出咨询")
    expect(page.locator("#hold")).to_be_hidden()
    expect(page.locator("#ticket")).to_be_hidden()
    page.keyboard.press("F2")
    expect(page.locator("#seat")).to_have_text("示闲")
    let_pass(city)
    assert call_of(call).status is CallStatus.TALKING


@pytest.fixture
def li_asks(sits, city, lines, wang):
    """Li talks with a citizen and asks Wang, whose desk this is."""
    sitting = sits().is_here()
    other = Agent.comes(city, "li", *lines.values())
    citizen = city.citizen("+8613812345678")
    citizen.dials("12345")
    other.answers()
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING)
    sitting.ready()
    other.colleague = sitting.phone
    other.does("consult", call=call_of(citizen).id, to=f"agent-{wang.staff_id}", question=WHY)
    commit()
    return sitting.page, other, citizen
