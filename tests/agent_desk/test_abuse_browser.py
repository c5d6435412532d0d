"""An agent reports his call as abusive from the desk, once he has asked the caller to stop."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from infra.db import session
from models import Strike, StrikeReason

pytestmark = pytest.mark.browser


def test_he_says_what_was_said_and_that_he_asked_to_stop(sits):
    agent = sits().is_here()
    agent.ready()
    expect(agent.page.locator("#abuse")).to_be_hidden()
    agent.answers(agent.is_rung_by("+8613812345678"))
    page = agent.page
    page.click("#abuse summary")
    page.select_option("#strike select", "insult")
    page.fill("#strike textarea", "接通就骂人")
    page.click("#strike button")
    # The browser itself asks for the tick that is missing.
    assert session.scalars(select(Strike)).all() == []
    page.check("#strike [name=persuaded]")
    page.click("#strike button")
    expect(page.locator("#said")).to_contain_text("已报告为骚扰来电")
    session.expire_all()
    strike = session.scalars(select(Strike)).one()
    assert (strike.reason, strike.words) == (StrikeReason.INSULT, "接通就骂人")
    assert strike.by_id == agent.seat.staff_id
