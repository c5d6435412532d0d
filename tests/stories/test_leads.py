"""A lead in a talk, with real sound: who hears whom is measured by each one's own tone."""

import pytest
from playwright.sync_api import expect

from tests.stories.people import comes_to_hear

pytestmark = pytest.mark.browser


def test_listen_whisper_barge_and_take_over_by_ear(comes, hotline):
    agent, citizen = comes("agent1", tone=True), comes("citizen", tone=True)
    agent.ready()
    citizen.reaches("0")
    agent.answers()
    lead = comes("lead1")
    name = agent.page.locator(".who a").inner_text()
    comes_to_hear(citizen.page, "agent")
    comes_to_hear(agent.page, "citizen")

    lead.picks(name)
    lead.becomes("l", "旁听")
    comes_to_hear(lead.page, "citizen", "agent")
    comes_to_hear(citizen.page, "agent")
    comes_to_hear(agent.page, "citizen")
    expect(agent.page.locator("#monitors")).to_contain_text("旁听")

    lead.becomes("w", "密语")
    comes_to_hear(agent.page, "citizen", "lead")
    comes_to_hear(citizen.page, "agent")

    lead.becomes("b", "插话")
    comes_to_hear(agent.page, "citizen", "lead")
    comes_to_hear(citizen.page, "agent", "lead")

    lead.becomes("l", "旁听")
    comes_to_hear(agent.page, "citizen")
    comes_to_hear(citizen.page, "agent")

    lead.becomes("t", "已接管")
    expect(agent.page.locator("#seat")).to_contain_text("话后整理", timeout=10_000)
    comes_to_hear(citizen.page, "lead")
    comes_to_hear(lead.page, "citizen")
    lead.page.click("#mine-finish")
    citizen.hears("请对本次服务评价")
    citizen.presses("5")
    citizen.is_off()
    his = "agent_id = (SELECT id FROM staff WHERE login = 'lead1')"
    rated = f"SELECT rating = 5 AND {his} FROM call WHERE id = %s"
    hotline.until(rated, hotline.call_of(citizen.number))
