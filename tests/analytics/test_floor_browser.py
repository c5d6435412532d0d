"""The floor in a real browser: it moves by itself, sounds in danger and says when it is old."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from emulator.caller import Caller
from infra import events
from infra.clock import now
from infra.db import commit, session
from models import Call, CallStatus, Disposition, Line, Role, Unit
from seeds import plant
from tests.analytics.conftest import an_assignment
from tests.browsers import Browsers
from tests.opening import served
from tests.visitors import browser_of, somebody
from tickets import ladder

PROMPTLY_MS = 2000
# Counts the notes that are played, and plays them.
COUNT_NOTES = """
window.notes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...given) {
  window.notes += 1;
  start.apply(this, given);
};
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def floor(all_browsers: Browsers, city, monkeypatch) -> Iterator[Page]:
    # Nothing but what happens is heard: a stream without pings is as silent as a dead one.
    monkeypatch.setattr(events, "PING_SECONDS", 60.0)
    plant.plant()
    lead = browser_of(city.app, somebody("floor-lead", Role.LEAD))
    with served(city.app) as base:
        settings = replace(city.app.config["SETTINGS"], live_url=base)
        monkeypatch.setitem(city.app.config, "SETTINGS", settings)
        name = city.app.config["SESSION_COOKIE_NAME"]
        running = all_browsers.of("--autoplay-policy=no-user-gesture-required")
        context = running.new_context(base_url=base, viewport={"width": 1366, "height": 768})
        cookie = lead.client.get_cookie(name)
        context.add_cookies([{"name": name, "value": cookie.value, "url": base}])
        tab = context.new_page()
        tab.add_init_script(COUNT_NOTES)
        tab.clock.install()
        tab.goto("/floor")
        expect(tab.locator("#fresh")).to_contain_text("更新于")
        expect(tab.locator("html")).to_have_attribute("data-live", "on")
        yield tab
        context.close()


def test_a_caller_who_waits_is_seen_at_once_and_his_wait_ticks(city, floor):
    expect(floor.locator("#level")).to_have_text("—")
    enters(city, lambda citizen: citizen.presses("0"))
    expect(floor.locator("#waiting")).to_have_text("1", timeout=PROMPTLY_MS)
    expect(floor.locator("tr.deserted")).to_have_count(1)
    before = floor.locator("#longest").inner_text()
    expect(floor.locator("#longest")).not_to_have_text(before, timeout=PROMPTLY_MS)
    assert floor.evaluate("window.notes") == 0


def test_a_line_with_callers_and_nobody_signed_in_looks_so(city, floor):
    row = floor.locator("#lines tr").first
    expect(row.locator("td").nth(1)).to_have_text("0")
    enters(city, lambda citizen: citizen.presses("0"))
    deserted = floor.locator("tr.deserted")
    expect(deserted).to_have_count(1, timeout=PROMPTLY_MS)
    expect(deserted).to_contain_text("有人排队，无座席在线")
    # The server's clock does not leap with the page's: its next figures would take the leap back.
    floor.route("**/floor/figures", lambda asked: asked.abort())
    floor.clock.fast_forward(16_000)
    expect(deserted.locator("td.late")).to_have_count(1)
    expect(floor.locator("#longest")).to_have_class(re.compile("late"))


def test_danger_is_shown_in_words_and_sounds(city, floor):
    enters(city, lambda citizen: citizen.says("家里着火了"))
    alarm = floor.get_by_role("alert")
    expect(alarm).to_contain_text("着火", timeout=PROMPTLY_MS)
    expect(alarm).to_contain_text("138****5678 · 等待 · 自 ")
    assert floor.evaluate("window.notes") == 6


def test_who_was_in_danger_and_gave_up_stays_before_the_lead(city, floor):
    citizen = enters(city, lambda citizen: citizen.says("家里着火了"))
    expect(floor.get_by_role("link", name="紧急来电：着火")).to_be_visible(timeout=PROMPTLY_MS)
    citizen.hangs_up()
    city.pass_time(1)
    commit()
    missed = floor.get_by_role("link", name="紧急未接：着火")
    expect(missed).to_be_visible(timeout=PROMPTLY_MS)
    missed.click()
    expect(floor.locator("h1")).to_have_text("未接来电")


def test_a_missed_target_is_seen_at_once_and_seen_to(city, floor):
    """No calls and no seats move meanwhile: the lead is told by the event of its own."""
    unit = session.scalars(select(Unit).order_by(Unit.id)).first()
    one = an_assignment(unit, now() - timedelta(minutes=90))
    ladder.climb()
    commit()
    told = floor.locator("#late-tickets li")
    expect(told).to_contain_text("超时未签收", timeout=PROMPTLY_MS)
    expect(told).to_contain_text(unit.name)
    floor.get_by_role("button", name=f"已查看 {one.ticket.number}").click()
    expect(floor.locator("#escalations")).to_be_hidden()


def test_a_silent_stream_makes_the_page_say_how_old_it_is(city, floor):
    floor.clock.fast_forward(13_000)
    expect(floor.locator("#fresh")).to_contain_text("数据停更于")
    expect(floor.locator("html")).to_have_attribute("data-live", "stale")
    enters(city, lambda citizen: citizen.presses("0"))
    expect(floor.locator("#fresh")).to_contain_text("更新于 ")
    expect(floor.locator("html")).to_have_attribute("data-live", "on")
    expect(floor.locator("#waiting")).to_have_text("1", timeout=PROMPTLY_MS)


def enters(city, act) -> Caller:
    commit()
    citizen = city.citizen("+8613812345678")
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    act(citizen)
    city.pass_time(2)
    return citizen


def test_a_lead_hears_of_danger_on_whatever_page_he_is(city, floor):
    floor.goto("/tickets")
    expect(floor.locator("html")).to_have_attribute("data-live", "on")
    expect(floor.locator("#danger")).to_be_hidden()
    enters(city, lambda citizen: citizen.says("家里着火了"))
    expect(floor.locator("#danger")).to_contain_text("着火", timeout=PROMPTLY_MS)
    assert floor.evaluate("window.notes") == 6
    floor.set_viewport_size({"width": 1024, "height": 768})
    heights = "(all) => all.map((one) => one.offsetHeight)"
    assert max(floor.locator(".top nav a").evaluate_all(heights)) < 45
    assert floor.locator(".top").bounding_box()["height"] < 90


def test_the_share_says_how_it_was_reckoned_and_leads_to_the_calls_that_it_lacks(city, floor):
    line = session.scalars(select(Line).where(Line.code == "general")).one()
    for serial, waited in enumerate((5, 40)):
        due = now() - timedelta(minutes=5)
        session.add(
            Call(
                sid=f"CA{serial}",
                number_masked=f"138****000{serial}",
                line_id=line.id,
                started_at=due,
                person_due_at=due,
                answered_at=due + timedelta(seconds=waited),
                ended_at=now(),
                status=CallStatus.ENDED,
                disposition=Disposition.ANSWERED,
            )
        )
    commit()
    floor.reload()
    share = floor.locator("#lines tr", has_text="综合").locator("td").nth(3)
    expect(share).to_have_text("50%")
    expect(share).to_have_attribute("title", "15 秒内接听 1 ÷（接听 2 + 放弃 0）")
    share.get_by_role("link").click()
    expect(floor.locator("table[data-list] tbody tr")).to_have_count(1)
    expect(floor.locator("table[data-list]")).to_contain_text("138****0001")
    expect(floor.get_by_label("15 秒接通")).to_have_value("no")
