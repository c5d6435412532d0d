"""A lead before the floor's page: by keys alone, in a real browser."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from analytics import watching
from emulator.caller import Caller
from infra import events
from infra.clock import now
from infra.db import commit, session
from models import Activity, Desired, Line, MonitorMode, Reskill, Seat
from seeds import plant
from tests.agent_desk.sitting import ARGUMENTS, PRETENDED_VOICE, becomes
from tests.agent_desk.talks import Agent, call_of, talking
from tests.analytics.leads import Lead
from tests.analytics.test_monitoring import energies
from tests.browsers import Browsers
from tests.opening import served

pytestmark = pytest.mark.browser


@pytest.fixture
def wang(city) -> Agent:
    plant.plant()
    general = session.scalars(select(Line).where(Line.code == "general")).one()
    return Agent.comes(city, "wang", general, level=5)


@pytest.fixture
def lead(city, wang) -> Lead:
    return Lead.comes(city, "班长甲")


@pytest.fixture
def floor(all_browsers: Browsers, city, lead, monkeypatch) -> Iterator[Page]:
    monkeypatch.setattr(events, "PING_SECONDS", 60.0)
    with served(city.app) as base:
        settings = replace(city.app.config["SETTINGS"], live_url=base)
        monkeypatch.setitem(city.app.config, "SETTINGS", settings)
        name = city.app.config["SESSION_COOKIE_NAME"]
        running = all_browsers.of(*ARGUMENTS)
        context = running.new_context(base_url=base, viewport={"width": 1366, "height": 768})
        cookie = lead.page.client.get_cookie(name)
        context.add_cookies([{"name": name, "value": cookie.value, "url": base}])
        tab = context.new_page()
        tab.route("**/twilio.min.js", lambda it: it.fulfill(body=PRETENDED_VOICE))
        commit()
        tab.goto("/floor")
        expect(tab.locator("#fresh")).to_contain_text("更新于")
        yield tab
        context.close()


def let_pass(city, seconds: float = 1) -> None:
    city.pass_time(seconds)
    commit()


def row_of(floor: Page, agent: Agent):
    return floor.locator(f'#seats tr[data-key="{agent.id}"]')


def test_by_keys_a_lead_listens_whispers_barges_in_and_takes_over(city, floor, wang, lead):
    citizen = city.citizen("+8613812345678")
    call = talking(citizen, wang)
    commit()
    expect(row_of(floor, wang)).to_contain_text("138****5678")
    row_of(floor, wang).focus()
    floor.keyboard.press("l")
    expect(floor.locator("#mine-note")).to_have_text("接入中…")
    becomes(floor, "window.legs?.length > 0")
    # What the browser's own leg would do.
    lead.connects(int(floor.evaluate("legs[0].params.monitor")))
    commit()
    parties = {"citizen": citizen, "agent": wang.phone.phone, "lead": lead.phone}
    talk = {"citizen": {"agent"}, "agent": {"citizen"}, "lead": {"citizen", "agent"}}
    expect(floor.locator("#mine-mode")).to_have_text("旁听：没有人听到您")
    expect(floor.locator("#mine-note")).to_have_text("")
    assert energies(city, parties) == talk
    floor.keyboard.press("w")
    expect(floor.locator("#mine-mode")).to_have_text("密语：只有座席听到您")
    let_pass(city)
    assert energies(city, parties) == talk | {"agent": {"citizen", "lead"}}
    floor.keyboard.press("b")
    expect(floor.locator("#mine-mode")).to_have_text("插话：双方都听到您")
    let_pass(city)
    all_hear = {"agent": {"citizen", "lead"}, "citizen": {"agent", "lead"}}
    assert energies(city, parties) == talk | all_hear
    expect(row_of(floor, wang)).to_contain_text("插话 班长甲")
    floor.keyboard.press("t")
    expect(floor.locator("#mine-mode")).to_have_text("已接管：您在与市民通话")
    let_pass(city)
    assert wang.activity is Activity.WRAP_UP and lead.hears(citizen)
    commit()
    floor.click("#mine-finish")
    expect(floor.locator("#mine")).to_be_hidden()
    let_pass(city, 2)
    assert call_of(citizen).agent_id == lead.id and call_of(citizen).id == call.id


def test_a_key_for_a_seat_without_a_talk_is_no_word_into_another(city, floor, wang, lead):
    talking(city.citizen(), wang)
    li = Agent.comes(city, "li")
    commit()
    expect(row_of(floor, wang)).to_contain_text("****")
    expect(row_of(floor, li)).to_be_visible()
    row_of(floor, wang).focus()
    floor.keyboard.press("l")
    becomes(floor, "window.legs?.length > 0")
    lead.connects(int(floor.evaluate("legs[0].params.monitor")))
    commit()
    expect(floor.locator("#mine-note")).to_have_text("")
    row_of(floor, li).focus()
    floor.keyboard.press("b")
    floor.wait_for_timeout(500)
    expect(floor.locator("#mine-mode")).to_have_text("旁听：没有人听到您")
    assert lead.monitor.mode is MonitorMode.LISTEN
    commit()


def test_two_keys_one_right_after_the_other_lead_into_the_second_talk(city, floor, wang, lead):
    general = session.scalars(select(Line).where(Line.code == "general")).one()
    li = Agent.comes(city, "li", general)
    for agent in (wang, li):
        talking(city.citizen(), agent)
    commit()
    for agent in (wang, li):
        expect(row_of(floor, agent)).to_contain_text("****")
    for agent in (wang, li):
        row_of(floor, agent).focus()
        floor.keyboard.press("l")
    expect(floor.locator("#mine-who")).to_contain_text("li")
    becomes(floor, "window.legs?.length === 2")
    live = lead.monitor
    assert live.call_id == li.shows["call"]["id"] and live.ended_at is None
    assert floor.evaluate("legs.map(({ params }) => Number(params.monitor))")[1] == live.id
    commit()


def test_a_caller_is_moved_and_an_agent_reskilled_by_keys(city, floor, wang):
    waiting = enters(city)
    tourism = session.scalars(select(Line).where(Line.code == "tourism")).one()
    Agent.comes(city, "li", tourism).seat.resting_until = now() + timedelta(hours=1)
    commit()
    callers = floor.locator("#callers tr[data-key]")
    expect(callers).to_have_count(1)
    expect(callers).to_contain_text("本专席")
    callers.first.focus()
    floor.keyboard.press("m")
    floor.select_option("#move-dialog [name=line]", label="文旅")
    floor.locator("#move-dialog [name=reason]").fill("问景区开放")
    floor.keyboard.press("Enter")
    expect(callers).to_contain_text("文旅")
    commit()
    assert call_of(waiting).line.code == "tourism"
    commit()
    row_of(floor, wang).focus()
    floor.keyboard.press("k")
    floor.select_option("#reskill-dialog [name=line]", label="文旅")
    floor.locator("#reskill-dialog [name=reason]").fill("支援文旅")
    floor.keyboard.press("Enter")
    expect(row_of(floor, wang)).to_contain_text("文旅 3")
    commit()
    assert session.scalars(select(Reskill)).one().level == 3
    commit()
    floor.keyboard.press("k")
    floor.locator("#reskills button").click()
    expect(floor.locator("#reskills li")).to_have_count(0)


def test_an_alert_comes_by_itself_and_is_acknowledged(city, floor, wang):
    enters(city)
    let_pass(city, 70)
    watching.watch()
    commit()
    told = floor.locator("#alert-list li")
    expect(told).to_contain_text("最久等待")
    floor.get_by_role("button", name="知悉").click()
    expect(told).to_contain_text("班长甲 已知悉")
    for width, height in ((1366, 768), (1920, 1080)):
        floor.set_viewport_size({"width": width, "height": height})
        assert floor.evaluate("document.documentElement.scrollWidth") <= width
        assert floor.locator(".top").bounding_box()["height"] < 50


def enters(city) -> Caller:
    citizen = city.citizen("+8613812345678")
    for seat in session.scalars(select(Seat)):
        seat.desired = Desired.BREAK
        seat.lease_until = now()
    commit()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("0")
    city.pass_time(9)
    commit()
    return citizen
