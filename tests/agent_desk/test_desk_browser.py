"""The desk in a real browser, with a voice that is only pretended: keys, sound, and what fails."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from infra import events
from infra.clock import now
from infra.db import commit, session
from models import (
    Call,
    CallStatus,
    Disposition,
    MissedContact,
    Offer,
    OfferState,
    Outgoing,
    Person,
    Seat,
)
from tests.agent_desk.conftest import again
from tests.carrier import Desk
from tests.tickets.conftest import a_person, ended
from tickets import completion

RING_MS = 12_000
A_LEG_TAKES = 600
ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=document-user-activation-required",
]
# The carrier's SDK as the desk uses it; a leg takes a moment, as a microphone does.
PRETENDED_VOICE = """
window.legs = [];
window.Twilio = { Device: class {
  constructor() { this.acts = {}; }
  on(name, act) { this.acts[name] = act; }
  destroy() {}
  async register() {
    if (window.noVoice) throw new Error("ConnectionError");
    this.acts.registered();
  }
  async connect({ params }) {
    await new Promise((go) => setTimeout(go, 300));
    const leg = { params, acts: {}, isMuted: () => false, mute() {} };
    leg.on = (name, act) => { leg.acts[name] = act; };
    leg.disconnect = () => leg.acts.disconnect();
    window.legs.push(leg);
    return leg;
  }
} };
"""
# He has heard himself before his first call of the day.
CHECKED = 'localStorage.setItem("microphone-checked", new Date().toDateString())'

pytestmark = pytest.mark.browser


@dataclass
class Sitting:
    """An agent before his open desk."""

    page: Page
    city: object
    seat: Seat
    phone: Desk

    def ready(self) -> None:
        self.page.click("#ready")
        expect(self.page.locator("#seat")).to_have_text("示闲")
        # The test's time leaps; the stream's pings, which prove that a desk is open, do not.
        again(self.seat).lease_until = now() + timedelta(hours=1)
        commit()

    def is_rung_by(self, number: str) -> Offer:
        citizen = self.city.citizen(number)
        citizen.dials("12345")
        self.city.until(lambda: rings() is not None, 60)
        return rings()

    def talks(self, offer: Offer) -> None:
        """What the browser's own leg would do."""
        self.phone.accepts(offer.id)
        call = session.get_one(Call, offer.call_id)
        self.city.until(lambda: session.refresh(call) or call.status is CallStatus.TALKING)
        expect(self.page.locator("#call-state")).to_have_text("通话中")


def rings() -> Offer | None:
    session.expire_all()
    return session.scalar(select(Offer).where(Offer.state == OfferState.RINGING))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def sits(city, wang, desk, browser, monkeypatch) -> Iterator[Callable[..., Sitting]]:
    monkeypatch.setattr(events, "PING_SECONDS", 60.0)
    server = make_server("127.0.0.1", 0, city.app, threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    settings = replace(city.app.config["SETTINGS"], live_url=base)
    monkeypatch.setitem(city.app.config, "SETTINGS", settings)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = city.app.config["SESSION_COOKIE_NAME"]
    context = browser.new_context(base_url=base, viewport={"width": 1366, "height": 768})
    context.add_cookies([{"name": name, "value": desk.client.get_cookie(name).value, "url": base}])

    def sit(script: str = "", address: str = "/desk") -> Sitting:
        page = context.new_page()
        page.route("**/twilio.min.js", lambda it: it.fulfill(body=PRETENDED_VOICE))
        page.add_init_script(CHECKED)
        page.add_init_script(script)
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("data-live", "on")
        sitting = Sitting(page, city, wang, Desk(city, wang.staff_id, wang.identity))
        commit()  # a browser is slow; nothing may stay open meanwhile
        return sitting

    yield sit
    context.close()
    server.shutdown()
    server.server_close()


def test_a_held_key_answers_once_and_does_not_end_the_talk(sits):
    agent = sits()
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
    page = sits().page
    expect(page.get_by_text("点击页面任意处以启用铃声")).to_be_visible()
    page.mouse.click(600, 600)
    expect(page.locator("#silent")).to_be_hidden()


def test_an_offer_that_was_not_fetched_is_asked_for_again(sits):
    agent = sits()
    agent.ready()
    failures = iter(range(3))

    def fail_at_first(route):
        return route.fulfill(status=503) if next(failures, None) is not None else route.continue_()

    agent.page.route("**/desk/state?*", fail_at_first)
    agent.is_rung_by("+8613812345678")
    expect(agent.page.locator("#said")).to_contain_text("正在重试")
    expect(agent.page.locator("#offer")).to_be_visible(timeout=RING_MS / 2)


def test_a_note_is_kept_for_the_caller_who_is_shown(sits):
    agent = sits()
    agent.ready()
    agent.talks(agent.is_rung_by("+8613812345678"))
    agent.page.keyboard.press("F2")
    agent.page.click("#wrapped")
    agent.is_rung_by("+8613987654321")
    expect(agent.page.locator("#who")).to_contain_text("139****4321")
    agent.page.fill("#caution-note", "听力不好，请说慢些")
    agent.page.keyboard.press("Enter")
    expect(agent.page.locator("#caution")).to_contain_text("听力不好")
    notes = dict(session.execute(select(Person.number_masked, Person.caution)).tuples().all())
    assert notes == {"138****5678": None, "139****4321": "听力不好，请说慢些"}


def test_a_desk_without_voice_cannot_be_ready_and_says_how_to_get_it(sits):
    page = sits("window.noVoice = true").page
    expect(page.locator("#device")).to_have_text("语音未连接")
    expect(page.locator("#voice-help")).to_contain_text("再点“重新连接”")
    expect(page.locator("#ready")).to_be_disabled()
    page.evaluate("window.noVoice = false")
    page.click("#voice-again")
    expect(page.locator("#device")).to_have_text("语音就绪")
    expect(page.locator("#ready")).to_be_enabled()


def test_a_desk_without_a_microphone_cannot_be_ready(sits):
    page = sits("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error())").page
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
    agent = sits(address=f"/desk?dial=missed-{contact}")
    page = agent.page
    expect(page.locator("#device")).to_have_text("语音就绪")
    expect(page.locator("#back")).to_contain_text("138****5678")
    page.keyboard.press("F4")
    expect(page.locator("#back")).to_be_hidden()
    allowed = session.scalars(select(Outgoing.id)).one()
    assert page.evaluate("legs.map(({ params }) => params)") == [{"dial": str(allowed)}]
    assert page.url.endswith("/desk")
