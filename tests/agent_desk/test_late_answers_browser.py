"""Answers that overtake each other on a slow network, at a real desk: the page ends where the work
ended, whatever arrives last."""

import re

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from infra.db import commit, session
from models import Person
from tests.agent_desk.sitting import Sitting

LONG_ENOUGH_TO_DRAW = 300

pytestmark = pytest.mark.browser


class Late:
    """The server does at once what it is asked; its answer arrives when the test lets it."""

    def __init__(self, page: Page, address: str, method: str, *, most: int = 1):
        self.page, self.method, self.most, self.held = page, method, most, []
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method != self.method or len(self.held) >= self.most:
            return route.fallback()
        self.held.append((route, route.fetch()))

    def is_answered(self) -> None:
        for _ in range(100):
            if self.held:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("nothing was asked")

    def arrives(self) -> None:
        for route, answer in self.held:
            route.fulfill(response=answer)
        self.most = 0
        self.page.wait_for_timeout(LONG_ENOUGH_TO_DRAW)


@pytest.fixture
def agent(sits) -> Sitting:
    """He talks, and has written what a ticket needs."""
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by("+8613812345678"))
    agent.page.select_option("#kind", "praise")
    agent.page.fill("#summary", "话务员很热情")
    return agent


def is_submitted(page: Page) -> None:
    """With the number and the code in sight."""
    expect(page.locator("#ticket-done")).to_be_visible()
    expect(page.locator("#query-code")).to_have_text(re.compile(r"\d{6}"))


def test_a_draft_that_arrives_late_does_not_undo_the_submit(agent):
    page = agent.page
    draft = Late(page, "**/calls/*/ticket", "GET")
    page.evaluate("document.dispatchEvent(new CustomEvent('live:open'))")
    draft.is_answered()
    page.keyboard.press("F9")
    is_submitted(page)
    draft.arrives()
    is_submitted(page)
    expect(page.locator("#saved")).to_contain_text("已提交")
    expect(page.locator("#summary")).to_be_disabled()


def test_a_saving_that_is_confirmed_late_does_not_undo_the_submit(agent):
    page = agent.page
    saved = Late(page, "**/calls/*/ticket", "POST")
    page.fill("#summary", "话务员很热情，也很耐心")
    saved.is_answered()
    page.keyboard.press("F9")
    is_submitted(page)
    saved.arrives()
    is_submitted(page)
    expect(page.locator("#saved")).to_contain_text("已提交")


def test_an_end_of_the_talk_that_arrives_late_does_not_bring_the_wrap_up_back(agent):
    page = agent.page
    page.keyboard.press("F9")
    is_submitted(page)
    finished = Late(page, "**/desk/finish", "POST")
    page.keyboard.press("F2")
    finished.is_answered()
    # The stream tells of it meanwhile.
    expect(page.locator("#wrapped-key")).to_be_visible()
    page.keyboard.press("F9")
    expect(page.locator("#ticket-done")).to_be_hidden()
    finished.arrives()
    expect(page.locator("#seat")).to_have_text("示闲")
    expect(page.locator("#ticket-done")).to_be_hidden()


def test_a_submit_of_mid_talk_that_is_confirmed_late_leaves_the_code_in_sight(agent):
    page = agent.page
    submitted = Late(page, "**/calls/*/ticket/submit", "POST")
    page.keyboard.press("F9")
    submitted.is_answered()
    page.keyboard.press("F2")
    expect(page.locator("#wrapped")).to_be_visible()
    submitted.arrives()
    is_submitted(page)
    expect(page.locator("#wrapped-key")).to_be_visible()
    expect(page.locator("#seat")).to_have_text("话后整理")


def test_who_rings_while_the_end_of_the_wrap_up_is_on_its_way_is_not_overlooked(agent):
    """Asked after it and answered after it: neither answer is the older one."""
    page = agent.page
    page.keyboard.press("F9")
    is_submitted(page)
    page.keyboard.press("F2")
    expect(page.locator("#wrapped-key")).to_be_visible()
    wrapped = Late(page, "**/desk/wrapped", "POST")
    page.click("#wrapped")
    wrapped.is_answered()
    shown = Late(page, "**/desk/state*", "GET", most=100)
    agent.is_rung_by("+8613900000002")
    shown.is_answered()
    wrapped.arrives()
    shown.arrives()
    expect(page.locator("#offer")).to_be_visible(timeout=1000)


def test_nothing_is_typed_while_a_submit_is_under_way(agent):
    page = agent.page
    page.locator("#demand").focus()
    submitted = Late(page, "**/calls/*/ticket/submit", "POST")
    page.keyboard.press("F9")
    submitted.is_answered()
    page.keyboard.type("尽快")
    page.keyboard.press("F9")
    expect(page.locator("#demand")).to_be_disabled()
    expect(page.locator("#demand")).to_have_value("")
    submitted.arrives()
    is_submitted(page)
    expect(page.locator("#saved")).to_contain_text("已提交")


def test_after_a_refused_submit_he_types_on_where_he_was(agent):
    page = agent.page
    page.locator("#demand").focus()
    page.route(
        "**/calls/*/ticket/submit", lambda it: it.fulfill(status=503, json={"error": "太忙"})
    )
    page.keyboard.press("F9")
    expect(page.locator("#saved")).to_contain_text("未提交：太忙")
    expect(page.locator("#demand")).to_be_focused()
    page.keyboard.type("尽快")
    expect(page.locator("#saved")).to_contain_text("草稿已保存")


def test_a_draft_that_arrives_late_does_not_take_back_what_was_saved_meanwhile(agent):
    page = agent.page
    draft = Late(page, "**/calls/*/ticket", "GET")
    page.evaluate("document.dispatchEvent(new CustomEvent('live:open'))")
    draft.is_answered()
    page.fill("#summary", "话务员很热情，也很耐心")
    page.locator("#demand").focus()
    expect(page.locator("#saved")).to_contain_text("草稿已保存")
    draft.arrives()
    expect(page.locator("#summary")).to_have_value("话务员很热情，也很耐心")


def test_of_two_notes_the_one_that_was_typed_last_stands(agent):
    page = agent.page
    held = []
    page.route("**/desk/caution/*", lambda it: it.fallback() if held else held.append(it))
    page.fill("#caution-note", "听力不好")
    page.wait_for_timeout(1500)
    page.fill("#caution-note", "听力不好，请说慢些")
    page.wait_for_timeout(1500)
    held[0].continue_()
    expect(page.locator("#caution")).to_contain_text("请说慢些")
    page.wait_for_timeout(LONG_ENOUGH_TO_DRAW)
    assert session.scalars(select(Person.caution)).one() == "听力不好，请说慢些"
    commit()
