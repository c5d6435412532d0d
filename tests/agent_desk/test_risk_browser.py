"""The risk form of a minor's call, as its agent sees it."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from infra.db import commit, session
from models import Protection, RiskLevel
from queues import calls

pytestmark = pytest.mark.browser
NUMBER = "+8613812345678"


def test_what_is_ticked_decides_the_level_and_red_offers_110(sits):
    calls.person_of(NUMBER).minor = True
    commit()
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by(NUMBER))
    page = agent.page
    expect(page.locator("#risk-level")).to_be_hidden()
    page.check("#risk [name=runaway]")
    page.click("#risk button")
    expect(page.locator("#risk-level")).to_contain_text("橙色，班长应在")
    expect(page.locator("#police")).to_be_hidden()
    page.check("#risk [name=danger_now]")
    page.click("#risk button")
    expect(page.locator("#risk-level")).to_contain_text("红色")
    expect(page.locator("#police")).to_be_visible()
    session.expire_all()
    assert session.scalars(select(Protection.level)).all() == [RiskLevel.RED]
