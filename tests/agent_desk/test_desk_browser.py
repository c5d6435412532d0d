"""The desk in a real browser, with a voice that is only pretended: keys, sound, and what fails."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from models import Call, CallStatus, Disposition, MissedContact, Outgoing, Person, Ticket
from tests.places import an_agent
from tests.tickets.conftest import a_person, ended
from tickets import completion, lifecycle

RING_MS = 12_000
A_LEG_TAKES = 600

pytestmark = pytest.mark.browser


def test_a_held_key_answers_once_and_does_not_end_the_talk(sits):
    agent = sits().is_here()
    agent.ready()
    offer = agent.is_rung_by("+8613812345678")
    expect(agent.page.locator("#offer")).to_be_visible()
    for _ in range(3):
        agent.page.keyboard.down("F2")
    agent.page.keyboard.up("F2")
    agent.page.keyboard.press("F2")
    agent.page.wait_for_timeout(A_LEG_TAKES)
    agent.page.keyboard.down("F2")
    agent.talks(offer)
    agent.page.keyboard.down("F2")
    agent.page.wait_for_timeout(A_LEG_TAKES)
    expect(agent.page.locator("#call-state")).to_have_text("通话中")
    assert agent.page.evaluate("legs.map(({ params }) => params)") == [{"offer": str(offer.id)}]


def test_a_page_that_must_not_sound_yet_says_what_to_do(sits):
    page = sits().is_here().page
    expect(page.get_by_text("点击页面任意处以启用铃声")).to_be_visible()
    page.mouse.click(600, 600)
    expect(page.locator("#silent")).to_be_hidden()


def test_an_offer_that_was_not_fetched_is_asked_for_again(sits):
    agent = sits().is_here()
    agent.ready()
    failures = iter(range(3))

    def fail_at_first(route):
        return route.fulfill(status=503) if next(failures, None) is not None else route.continue_()

    agent.page.route("**/desk/state?*", fail_at_first)
    agent.is_rung_by("+8613812345678")
    expect(agent.page.locator("#said")).to_contain_text("正在重试")
    expect(agent.page.locator("#offer")).to_be_visible(timeout=RING_MS / 2)


def test_a_note_is_kept_for_the_caller_who_is_shown(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    agent.page.keyboard.press("F2")
    agent.page.click("#wrapped")
    agent.is_rung_by("+8613987654321")
    expect(agent.page.locator("#who")).to_contain_text("139****4321")
    agent.page.fill("#caution-note", "听力不好，请说慢些")
    agent.page.keyboard.press("Enter")
    expect(agent.page.locator("#caution")).to_contain_text("听力不好")
    notes = dict(session.execute(select(Person.number_masked, Person.caution)).all())
    assert notes == {"138****5678": None, "139****4321": "听力不好，请说慢些"}


def test_a_note_that_was_only_typed_is_kept_for_its_own_caller(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    agent.page.fill("#caution-note", "听力不好")
    expect(agent.page.locator("#caution")).to_contain_text("听力不好")
    agent.page.fill("#caution-note", "听力不好，请说慢些")
    agent.page.keyboard.press("F2")
    agent.page.click("#wrapped")
    expect(agent.page.locator("#nobody")).to_be_visible()
    agent.is_rung_by("+8613987654321")
    expect(agent.page.locator("#who")).to_contain_text("139****4321")
    expect(agent.page.locator("#caution-note")).to_have_value("")
    notes = dict(session.execute(select(Person.number_masked, Person.caution)).all())
    assert notes == {"138****5678": "听力不好，请说慢些", "139****4321": None}


def test_a_desk_without_voice_cannot_be_ready_and_says_how_to_get_it(sits):
    page = sits("window.noVoice = true").is_here().page
    expect(page.locator("#device")).to_have_text("语音未连接")
    expect(page.locator("#voice-help")).to_contain_text("再点“重新连接”")
    expect(page.locator("#ready")).to_be_disabled()
    page.evaluate("window.noVoice = false")
    page.click("#voice-again")
    expect(page.locator("#device")).to_have_text("语音就绪")
    expect(page.locator("#ready")).to_be_enabled()


def test_a_desk_without_a_microphone_cannot_be_ready(sits):
    page = (
        sits("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error())")
        .is_here()
        .page
    )
    expect(page.locator("#device")).to_have_text("麦克风不可用")
    expect(page.locator("#ready")).to_be_disabled()
    page.keyboard.press("Alt+1")
    expect(page.locator("#said")).to_contain_text("语音就绪后才能示闲")


def test_a_call_back_is_prepared_and_one_key_confirms_it(sits):
    person = a_person("13812345678")
    call = ended(person, Disposition.ABANDONED)
    completion.remember_missed(call)
    contact = session.scalars(select(MissedContact.id)).one()
    commit()
    agent = sits(address=f"/desk?dial=missed-{contact}").is_here()
    page = agent.page
    expect(page.locator("#device")).to_have_text("语音就绪")
    expect(page.locator("#back")).to_contain_text("138****5678")
    page.keyboard.press("F4")
    expect(page.locator("#back")).to_be_hidden()
    allowed = session.scalars(select(Outgoing.id)).one()
    assert page.evaluate("legs.map(({ params }) => params)") == [{"dial": str(allowed)}]
    assert page.url.endswith("/desk")


def test_whom_the_agent_calls_is_called_until_he_answers(sits):
    agent = sits().is_here()
    citizen = agent.city.citizen("+8613812345678")
    citizen.answers = False
    allowed = Outgoing(
        agent_id=agent.seat.staff_id,
        number="+8613812345678",
        number_masked="138****5678",
        created_at=now(),
    )
    session.add(allowed)
    commit()
    agent.phone.dials(allowed.id)
    agent.city.pass_time(3)
    commit()
    page = agent.page
    for place in ("#call-state", "#seat", "#transcript"):
        expect(page.locator(place)).to_have_text("正在呼叫…")
    citizen.rung[0].answer()
    agent.city.pass_time(3)
    commit()
    for place in ("#call-state", "#seat"):
        expect(page.locator(place)).to_have_text("对方已接听，正在听录音提示…")
    expect(page.locator("#call-clock")).to_have_text("")
    agent.city.pass_time(8)
    commit()
    page.evaluate("document.dispatchEvent(new CustomEvent('live:open'))")
    for place in ("#call-state", "#seat"):
        expect(page.locator(place)).to_have_text("通话中")
    expect(page.locator("#transcript")).to_contain_text("请开始通话")


def test_a_ticket_that_was_just_submitted_is_among_the_open_ones(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    expect(page.locator("#open-tickets")).to_contain_text("没有在办工单")
    page.select_option("#kind", "praise")
    page.fill("#summary", "话务员很热情")
    page.keyboard.press("F9")
    expect(page.locator("#ticket-done")).to_be_visible()
    expect(page.locator("#open-tickets")).not_to_contain_text("没有在办工单")


def test_the_keys_are_told_by_a_sheet_and_typed_letters_are_not_keys(sits):
    page = sits().is_here().page
    page.locator("#dial-number").press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.locator("h2").first.click()
    page.keyboard.press("?")
    expect(page.locator("#keys-list")).to_contain_text("F9")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_a_key_of_the_input_method_is_no_key_of_the_desk(sits):
    agent = sits().is_here()
    agent.ready()
    agent.is_rung_by("+8613812345678")
    expect(agent.page.locator("#offer")).to_be_visible()
    agent.page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'F2', isComposing: true }))"
    )
    agent.page.wait_for_timeout(A_LEG_TAKES)
    assert agent.page.evaluate("legs") == []


def test_what_is_missing_leads_to_its_field_and_is_no_longer_said_when_it_is_there(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.keyboard.press("F9")
    expect(page.locator("#missing li")).to_have_count(2)
    page.get_by_role("link", name="诉求内容").click()
    expect(page.locator("#summary")).to_be_focused()
    page.keyboard.type("路灯不亮")
    expect(page.locator("#missing li")).to_have_count(1)
    page.select_option("#kind", "praise")
    page.keyboard.press("F9")
    expect(page.locator("#query-code")).to_be_visible()
    expect(page.locator("#missing li")).to_have_count(0)


def demand() -> str | None:
    session.expire_all()
    found = session.scalars(select(Ticket.demand)).one()
    commit()
    return found


def demand_within(page, seconds: int) -> str | None:
    """What is saved once the desk has let go of it."""
    for _ in range(seconds * 10):
        if demand():
            break
        page.wait_for_timeout(100)
    return demand()


def test_what_was_typed_is_saved_also_when_the_ticket_was_refused(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.fill("#demand", "尽快修复")
    page.keyboard.press("F9")
    expect(page.locator("#missing li")).to_have_count(2)
    expect(page.locator("#saved")).to_contain_text("草稿已保存")
    assert demand() == "尽快修复"


def test_a_save_that_does_not_get_through_is_tried_again_in_sight(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    page = agent.page
    expect(page.locator("#ticket")).to_be_visible()
    failures = iter(range(3))

    def fail_at_first(route):
        gone = next(failures, None)
        if gone is None or route.request.method == "GET":
            return route.continue_()
        return route.abort() if gone else route.fulfill(status=503, json={"error": "太忙"})

    page.route("**/calls/*/ticket", fail_at_first)
    page.fill("#demand", "尽快修复")
    expect(page.locator("#saved")).to_have_text("未保存：太忙；1 秒后自动重试")
    expect(page.locator("#saved")).to_have_text("未保存：网络不通；2 秒后自动重试")
    expect(page.locator("#saved")).to_have_text("未保存：网络不通；4 秒后自动重试")
    expect(page.locator("#saved")).to_contain_text("草稿已保存", timeout=8000)
    assert demand() == "尽快修复"


def test_a_submission_that_does_not_get_through_is_sent_again(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.select_option("#kind", "praise")
    page.fill("#summary", "话务员很热情")
    expect(page.locator("#saved")).to_contain_text("草稿已保存")
    failures = iter(range(1))
    page.route(
        "**/ticket/submit",
        lambda it: it.abort() if next(failures, None) is not None else it.continue_(),
    )
    page.keyboard.press("F9")
    expect(page.locator("#saved")).to_have_text("未提交：网络不通；1 秒后自动重试")
    expect(page.locator("#query-code")).to_be_visible()


def test_what_the_server_refuses_is_said_and_not_sent_again(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    page = agent.page
    expect(page.locator("#ticket")).to_be_visible()
    sent = []
    page.on("request", lambda it: sent.append(it) if it.method == "POST" else None)
    page.evaluate("document.getElementById('demand').maxLength = 9999")
    page.fill("#demand", "修" * 501)
    expect(page.locator("#saved")).to_have_text("未保存：这些内容不符合要求，请修改：市民期望")
    page.wait_for_timeout(2500)
    assert len([it for it in sent if it.url.endswith("/ticket")]) == 1
    expect(page.locator("#saved")).to_contain_text("未保存")


def test_a_ticket_that_was_submitted_elsewhere_says_so(sits, wang):
    agent = sits().is_here()
    agent.ready()
    offer, page = agent.is_rung_by("+8613812345678"), agent.page
    # The form is there before its draft is, which the page begins by asking for it.
    with page.expect_response(lambda it: it.url.endswith("/ticket")):
        agent.talks(offer)
    ticket = lifecycle.of_call(offer.call_id)
    ticket.kind, ticket.summary = "praise", "话务员很热情"
    number = lifecycle.submit(ticket, by=wang.staff).number
    commit()
    page.fill("#demand", "尽快修复")
    expect(page.locator("#saved")).to_have_text(f"未保存：工单 {number} 已提交，不能再改草稿")
    expect(page.locator("#ticket-number")).to_have_text(number)
    expect(page.locator("#query-code-line")).to_be_hidden()
    expect(page.locator("#demand")).to_be_disabled()


def test_nothing_of_a_citizen_stays_once_his_wrap_up_is_over(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    agent.citizen.says("八一大道的路灯不亮")
    agent.city.pass_time(3)
    commit()
    expect(page.locator("#transcript")).to_contain_text("路灯不亮")
    page.keyboard.press("F2")
    expect(page.locator("#call-state")).to_have_text("话后整理")
    page.fill("#demand", "尽快修复")
    page.click("#wrapped")
    expect(page.locator("#said")).to_contain_text("已存为草稿")
    for gone in ("#ticket", "#known", "#duplicate"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator("#transcript")).not_to_contain_text("路灯不亮")
    expect(page.locator("#ticket-empty")).to_be_visible()
    expect(page.locator("#recent")).to_contain_text("草稿")
    assert demand_within(page, 6) == "尽快修复"
    offer = agent.is_rung_by("+8613987654321")
    expect(page.locator("#who")).to_contain_text("139****4321")
    expect(page.locator("#ticket")).to_be_hidden()
    agent.talks(offer)
    expect(page.locator("#ticket")).to_be_visible()
    expect(page.locator("#demand")).to_have_value("")
    expect(page.locator("#ticket")).not_to_contain_text("路灯不亮")


def test_what_was_not_saved_when_its_citizen_left_the_desk_is_saved_later(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    expect(page.locator("#ticket")).to_be_visible()
    failures = iter(range(2))

    def fail_at_first(route):
        if route.request.method == "GET" or next(failures, None) is None:
            return route.continue_()
        return route.abort()

    page.route("**/calls/*/ticket", fail_at_first)
    page.keyboard.press("F2")
    expect(page.locator("#call-state")).to_have_text("话后整理")
    page.fill("#demand", "尽快修复")
    page.click("#wrapped")
    expect(page.locator("#ticket")).to_be_hidden()
    assert demand_within(page, 12) == "尽快修复"


def test_f9_stands_on_the_one_button_that_it_presses(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.select_option("#kind", "praise")
    page.fill("#summary", "话务员很热情")
    page.keyboard.press("F2")
    expect(page.locator("#wrapped")).to_be_visible()
    expect(page.locator("kbd:visible", has_text="F9")).to_have_count(1)
    expect(page.locator("#submit-key")).to_be_visible()
    page.keyboard.press("F9")
    expect(page.locator("#said")).to_contain_text("已提交：工单号")
    expect(page.locator("#query-code")).to_have_text("")
    expect(page.locator("#seat")).to_have_text("示闲")


def test_once_the_ticket_is_submitted_f9_completes_the_wrap_up(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.select_option("#kind", "praise")
    page.fill("#summary", "话务员很热情")
    page.keyboard.press("F9")
    expect(page.locator("#query-code")).to_be_visible()
    page.keyboard.press("F2")
    expect(page.locator("#wrapped-key")).to_be_visible()
    expect(page.locator("kbd:visible", has_text="F9")).to_have_count(1)
    page.keyboard.press("F9")
    expect(page.locator("#ticket-done")).to_be_hidden()
    expect(page.locator("#query-code")).to_have_text("")


def test_a_question_is_answered_without_leaving_the_form(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.select_option("#kind", "complaint")
    page.fill("#summary", "路灯几点亮")
    expect(page.locator("#answer")).to_be_hidden()
    page.select_option("#way", "answer")
    expect(page.locator("#reason")).to_be_hidden()
    page.keyboard.press("F9")
    expect(page.locator("#missing")).to_contain_text("只有咨询和表扬可以直接解答")
    page.select_option("#kind", "praise")
    page.fill("#answer", "谢谢，夏季 19:30 亮灯。")
    page.keyboard.press("F9")
    expect(page.locator("#query-code")).to_be_visible()
    session.expire_all()
    assert session.scalars(select(Ticket.state)).one() == "answered"


def test_a_minor_is_marked_by_key_and_the_mark_stands_in_the_call_bar(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    page = agent.page
    expect(page.locator("#ticket")).to_be_visible()
    page.locator("#summary").focus()
    page.keyboard.press("Alt+2")
    expect(page.locator("#call-minor")).to_be_visible()
    session.expire_all()
    assert session.scalars(select(Person.minor)).one()
    commit()
    page.keyboard.press("Alt+2")
    expect(page.locator("#call-minor")).to_be_hidden()


def test_what_was_typed_last_is_saved_though_the_page_is_left_at_once(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    expect(agent.page.locator("#ticket")).to_be_visible()
    agent.page.fill("#demand", "尽快修复")
    agent.page.goto("about:blank")
    agent.page.wait_for_timeout(1000)
    assert demand() == "尽快修复"


def test_the_form_of_a_call_that_went_to_somebody_else_says_so(sits, lines):
    agent = sits().is_here()
    agent.ready()
    offer = agent.is_rung_by("+8613812345678")
    agent.talks(offer)
    expect(agent.page.locator("#ticket")).to_be_visible()
    session.get_one(Call, offer.call_id).agent_id = an_agent("zhao", *lines.values()).staff_id
    commit()
    agent.page.fill("#demand", "尽快修复")
    expect(agent.page.locator("#saved")).to_contain_text("已不在您手中")


def test_a_ring_moves_nothing_on_the_desk_and_no_focus(sits):
    agent = sits().is_here()
    agent.ready()
    page = agent.page
    page.locator("#dial-number").focus()
    before = page.locator(".regions").bounding_box()
    agent.is_rung_by("+8613812345678")
    expect(page.locator("#offer")).to_be_visible()
    assert page.locator(".regions").bounding_box() == before
    expect(page.locator("#dial-number")).to_be_focused()


def test_who_says_much_makes_the_bar_no_higher_when_he_rings(sits):
    person = a_person("13812345678")
    person.caution = "听力不好，请说慢些，声音大一点；说话常常绕弯，要有耐心"
    commit()
    agent = sits().is_here()
    agent.ready()
    before = agent.page.locator(".regions").bounding_box()
    said = "八一大道三百二十号门口的路灯不亮，已经半个月了，晚上老人出门很危险"
    agent.is_rung_by("+8613812345678", says=said)
    expect(agent.page.locator("#offer-said")).to_contain_text(said)
    assert agent.page.locator(".regions").bounding_box() == before


def test_what_is_missing_is_in_sight_however_long_the_form(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.set_viewport_size({"width": 1366, "height": 560})
    page.select_option("#kind", "help")
    page.keyboard.press("F9")
    expect(page.locator("#missing li")).to_have_count(5)
    for one in page.locator("#missing li").all():
        expect(one).to_be_in_viewport(ratio=1)


def test_at_twice_the_size_nothing_is_cut_off_and_the_call_bar_stays(sits):
    agent = sits().is_here()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.set_viewport_size({"width": 683, "height": 384})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#recent").scroll_into_view_if_needed()
    expect(page.locator("#finish")).to_be_in_viewport()


def test_a_page_that_has_no_query_code_any_more_sends_it_to_the_citizen_again(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.select_option("#kind", "praise")
    page.fill("#summary", "话务员很热情")
    page.keyboard.press("F9")
    expect(page.locator("#query-code")).to_be_visible()
    expect(page.locator("#text-again")).to_be_hidden()
    page.on("dialog", lambda it: it.accept())
    page.reload()
    expect(page.locator("#ticket-done")).to_contain_text("-000001")
    expect(page.locator("#query-code")).to_be_hidden()
    expect(page.locator("#ticket-told")).to_contain_text("已随短信发给市民")
    agent.city.pass_time(60)
    commit()
    page.click("#text-again")
    expect(page.locator("#said")).to_contain_text("已重新交发")


def test_what_is_missing_is_listed_in_the_order_of_the_form(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.select_option("#kind", "help")
    page.keyboard.press("F9")
    expect(page.locator("#missing li")).to_have_text(
        ["请填写事项类别", "请填写所属区县", "请填写详细地址", "请填写诉求内容", "请填写市民期望"]
    )
    expect(page.get_by_role("combobox", name="事项类别")).to_be_focused()


def test_recording_is_said_only_while_the_citizen_is_there(sits):
    agent = sits().is_here()
    agent.ready()
    offer = agent.is_rung_by("+8613812345678")
    agent.phone.accepts(offer.id)
    call = session.get_one(Call, offer.call_id)
    for _ in range(500):
        if session.refresh(call) or call.status is CallStatus.CONNECTING:
            break
        agent.city.pass_time(0.01)
    commit()
    expect(agent.page.locator("#call-state")).to_have_text("接通中")
    expect(agent.page.locator("#recording")).to_be_hidden()
    agent.city.pass_time(3)
    commit()
    expect(agent.page.locator("#recording")).to_be_visible()


def test_where_a_value_came_from_is_read_in_full_in_its_field_and_nothing_moves(sits):
    agent = sits().is_here()
    agent.ready()
    offer, page = agent.is_rung_by("+8613812345678"), agent.page
    with page.expect_response(lambda it: it.url.endswith("/ticket")):
        agent.talks(offer)
    said = "我住在东湖区八一大道三百二十号那个老小区，就是邮局对面的那个院子，" * 3
    ticket = lifecycle.of_call(offer.call_id)
    ticket.address = "八一大道320号"
    ticket.origins = {"address": {"by": "software", "sentence": said}}
    commit()
    page.evaluate("document.dispatchEvent(new CustomEvent('live:open'))")
    source = page.locator("label:has(#address) small span")
    expect(source).to_have_text(f"依据：“{said}”")
    cut_off = "(one) => one.scrollWidth > one.clientWidth"
    assert source.evaluate(cut_off)
    below = page.locator("#summary").bounding_box()
    page.locator("#unit").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#address")).to_be_focused()
    assert not source.evaluate(cut_off)
    assert page.locator("#summary").bounding_box() == below
    page.locator("#demand").focus()
    assert source.evaluate(cut_off)
    page.locator("#address").hover()
    assert not source.evaluate(cut_off)


def test_who_types_in_wrap_up_keeps_his_form_and_sees_until_when(sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.keyboard.press("F2")
    expect(page.locator("#call-state")).to_have_text("话后整理")
    agent.city.pass_time(25)
    commit()
    page.fill("#demand", "尽快修复")
    expect(page.locator("#saved")).to_contain_text("草稿已保存")
    expect(page.locator("#call-clock")).to_have_text(re.compile("还剩 (2[5-9]|30) 秒"))
    agent.city.pass_time(20)
    commit()
    expect(page.locator("#ticket")).to_be_visible()
    expect(page.locator("#wrapped")).to_be_visible()
    agent.city.pass_time(15)
    commit()
    expect(page.locator("#seat")).to_have_text("示闲")


def test_how_many_are_to_be_rung_back_moves_above_the_open_desk(sits):
    page = sits().is_here().page
    count = page.locator("nav a[href='/missed'] .count")
    expect(count).to_have_count(0)
    person = a_person("13812345678")
    for _ in range(2):
        completion.remember_missed(ended(person, Disposition.ABANDONED))
    commit()
    expect(count).to_have_text("2")
    expect(count).to_have_attribute("title", "2 位市民等待回电")
    completion.settle_missed(ended(person))
    commit()
    expect(count).to_have_count(0)
