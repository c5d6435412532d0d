"""Words that were said while nobody took them leave a gap that everybody sees."""

import re

from playwright.sync_api import expect

from infra.db import commit

GAP = "此处有一段未能转写"


def test_the_desk_and_the_replay_show_what_was_not_written_down(sits, city, desk) -> None:
    agent = sits().is_here()
    agent.ready()
    offer = agent.is_rung_by("13812345678")
    agent.answers(offer)
    says(agent, "我家楼下的路灯坏了")
    shown = agent.page.locator("#transcript")
    expect(shown).to_contain_text("路灯坏了")
    expect(shown).not_to_contain_text(GAP)
    city.down = True
    says(agent, "在阳明路十二号")
    city.down = False
    says(agent, "请你们快点")
    expect(shown).to_have_text(re.compile(f"路灯坏了.*{GAP}.*请你们快点"))
    expect(shown.locator(".gap")).to_have_count(1)
    agent.page.reload()
    expect(shown).to_have_text(re.compile(f"路灯坏了.*{GAP}.*请你们快点"))
    replay = desk.get(f"/calls/{offer.call_id}").text
    assert replay.count(GAP) == 1
    assert replay.index("路灯坏了") < replay.index(GAP) < replay.index("请你们快点")


def says(agent, words: str) -> None:
    agent.citizen.says(words)
    agent.city.pass_time(3)
    commit()
