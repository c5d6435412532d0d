"""A citizen who wanted a person in a follow-up, at a real desk: what the agent writes down is lost
neither with the wrap-up nor with the session."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from infra.db import commit, session
from models import FollowUpState, Offer, OfferState, Seat
from tests.agent_desk.sitting import Sitting
from tests.followups.conftest import Hotline, follow_up_of
from tests.followups.test_spoken import IDENTITY

pytestmark = pytest.mark.browser


@pytest.fixture
def hotline(city) -> Hotline:
    return Hotline(city)


@pytest.fixture
def wang(hotline) -> Seat:
    return hotline.agent


@pytest.fixture
def ticket(hotline):
    return hotline.answered()


@pytest.fixture
def agent(hotline, ticket, sits) -> Sitting:
    """He talks with the citizen, has heard two answers and is writing the reason."""
    agent = sits().is_here()
    agent.ready()
    agent.citizen = hotline.citizen(*IDENTITY, "hear 联系过您吗", "press 0")
    rings = select(Offer).where(Offer.state == OfferState.RINGING)
    hotline.until(lambda: session.scalar(rings) is not None)
    offer = session.scalars(rings).one()
    agent.answers(offer)
    page = agent.page
    page.check("#follow-up [name=contacted][value=true]")
    page.check("#follow-up [name=solved] >> nth=0")
    page.fill("#follow-up [name=reason]", "等了很久才来修")
    return agent


def ends_the_talk_and_the_wrap_up(page: Page) -> None:
    page.keyboard.press("F2")
    expect(page.locator("#wrapped")).to_be_visible()
    page.click("#wrapped")
    expect(page.locator("#seat")).to_have_text("示闲")


def test_answers_that_are_not_saved_outlive_the_wrap_up(agent, ticket):
    page = agent.page
    ends_the_talk_and_the_wrap_up(page)
    expect(page.locator("#follow-up .left-over")).to_contain_text("回访还没有保存")
    expect(page.locator("#follow-up .left-over")).to_be_in_viewport()
    expect(page.locator("#follow-up [name=reason]")).to_have_value("等了很久才来修")
    page.check("#follow-up [name=satisfied][value='2']")
    page.get_by_role("button", name="保存结果").click()
    expect(page.locator("#said")).to_contain_text("回访结果已保存")
    expect(page.locator("#follow-up")).to_be_hidden()
    assert follow_up_of(ticket).final_rating == 2
    commit()


def test_answers_that_are_left_over_do_not_stand_in_the_way_of_the_next_ticket(agent):
    page = agent.page
    ends_the_talk_and_the_wrap_up(page)
    page.evaluate("legs.at(-1).disconnect()")
    agent.answers(agent.is_rung_by("+8613987654321"))
    expect(page.locator("#kind")).to_be_in_viewport()
    expect(page.locator("#follow-up [name=reason]")).to_have_value("等了很久才来修")
    above = page.locator("#ticket").bounding_box()["y"]
    assert page.locator("#follow-up").bounding_box()["y"] > above


def test_answers_that_are_not_wanted_are_dropped_by_a_button(agent, ticket):
    page = agent.page
    ends_the_talk_and_the_wrap_up(page)
    page.get_by_role("button", name="不保存").click()
    expect(page.locator("#follow-up")).to_be_hidden()
    assert follow_up_of(ticket).state is FollowUpState.PERSON
    commit()


def test_a_panel_in_which_nothing_was_written_goes_with_its_citizen(agent):
    page = agent.page
    page.check("#follow-up [name=satisfied][value='2']")
    page.get_by_role("button", name="保存结果").click()
    expect(page.locator("#follow-up")).to_contain_text("已回访")
    ends_the_talk_and_the_wrap_up(page)
    expect(page.locator("#follow-up")).to_be_hidden()


def test_the_sign_in_page_is_no_panel(agent, wang):
    page = agent.page
    page.check("#follow-up [name=satisfied][value='2']")
    session.expire_all()
    wang.staff.session_epoch += 1
    commit()
    page.get_by_role("button", name="保存结果").click()
    expect(page.locator("#said")).to_contain_text("登录已过期")
    expect(page.locator("#follow-up [name=reason]")).to_have_value("等了很久才来修")
    expect(page.locator("#follow-up [name=password]")).to_have_count(0)


def test_a_page_that_another_address_gave_is_no_panel(agent):
    page = agent.page
    page.check("#follow-up [name=satisfied][value='2']")
    page.route("**/answers", lambda it: it.fulfill(status=302, headers={"Location": "/sign-in"}))
    page.get_by_role("button", name="保存结果").click()
    expect(page.locator("#said")).to_contain_text("登录已过期")
    expect(page.locator("#follow-up [name=reason]")).to_have_value("等了很久才来修")
