"""Words that were said while nobody took them leave a gap that everybody sees."""

import re
from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from infra.db import commit, session
from models import Party, Utterance
from recordings import transcripts

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
    # From the last sentence before it to the first one after it.
    heard = shown.locator("li.citizen small").all_inner_texts()
    begun, over = (one.rsplit(" ", 1)[1] for one in heard)
    expect(shown.locator(".gap")).to_have_text(f"{GAP}（{begun} 至 {over}）")
    agent.page.reload()
    expect(shown).to_have_text(re.compile(f"路灯坏了.*{GAP}.*请你们快点"))
    replay = desk.get(f"/calls/{offer.call_id}").text
    assert replay.count(GAP) == 1
    assert re.search(GAP + r"（\d+:\d\d 至 \d+:\d\d）", replay)
    assert replay.index("路灯坏了") < replay.index(GAP) < replay.index("请你们快点")


def test_the_desk_has_sentences_in_the_order_of_the_replay(sits, city) -> None:
    agent = sits().is_here()
    agent.ready()
    offer = agent.is_rung_by("13812345678")
    agent.answers(offer)
    shown = agent.page.locator("#transcript li[data-id]")
    says(agent, "我家楼下的路灯坏了")
    expect(shown).to_have_count(1)
    first = session.scalars(select(Utterance)).one()
    # Both spoke at once: the agent's words are reported later, and were said earlier.
    late = Utterance(
        call_id=offer.call_id,
        party=Party.AGENT,
        transcription="GT-agent",
        sequence=2,
        at=first.at - timedelta(seconds=1),
        text="请讲",
    )
    session.add(late)
    commit()
    says(agent, "在阳明路十二号")
    ordered = [re.compile(one) for one in ("请讲", "路灯坏了", "阳明路")]
    expect(shown).to_have_text(ordered)
    agent.page.reload()
    expect(shown).to_have_text(ordered)
    # Where the recording has the start, that counts.
    session.refresh(first)
    first.offset_s, late.offset_s = 1.0, 2.0
    commit()
    agent.page.reload()
    expect(shown).to_have_text([ordered[1], ordered[0], ordered[2]])
    assert [one.text for one in transcripts.of_call(offer.call_id)][:2] == [first.text, "请讲"]


def says(agent, words: str) -> None:
    agent.citizen.says(words)
    agent.city.pass_time(3)
    commit()
