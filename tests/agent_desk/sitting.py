"""An agent before his open desk in a real browser, with a voice that is only pretended."""

from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import select

from emulator.caller import Caller
from infra.clock import now
from infra.db import commit, session
from models import Call, CallStatus, Offer, OfferState, Seat
from tests.carrier import City, Desk

ARGUMENTS = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=document-user-activation-required",
]
# The carrier's SDK as the desk uses it; a leg takes a moment, as a microphone does.
PRETENDED_VOICE = """
window.legs = [];
window.Twilio = { Device: class {
  constructor() { this.acts = {}; window.device = this; }
  on(name, act) { this.acts[name] = act; }
  destroy() {}
  updateToken() { window.renewed = true; }
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


@dataclass
class Sitting:
    """An agent before his open desk."""

    page: Page
    city: City
    seat: Seat
    phone: Desk
    citizen: Caller | None = None

    def is_here(self) -> "Sitting":
        expect(self.page.locator("html")).to_have_attribute("data-live", "on")
        expect(self.page.locator("#device")).not_to_have_text("检查中")
        return self

    def ready(self) -> None:
        self.page.click("#ready")
        expect(self.page.locator("#seat")).to_have_text("示闲")
        # The test's time leaps; the stream's pings, which prove that a desk is open, do not.
        session.expire_all()
        session.get_one(Seat, self.seat.staff_id).lease_until = now() + timedelta(hours=1)
        commit()

    def is_rung_by(self, number: str, says: str = "") -> Offer:
        self.citizen = self.city.citizen(number)
        self.citizen.dials("12345")
        if says:
            self.city.until(lambda: self.citizen.hears("请直接说出"))
            self.citizen.says(says)
        self.city.until(lambda: rings() is not None, 60)
        return rings()

    def talks(self, offer: Offer) -> None:
        """What the browser's own leg would do."""
        self.phone.accepts(offer.id)
        call = session.get_one(Call, offer.call_id)
        self.city.until(lambda: session.refresh(call) or call.status is CallStatus.TALKING)
        commit()  # a browser is slow; nothing may stay open meanwhile
        expect(self.page.locator("#call-state")).to_have_text("通话中")

    def answers(self, offer: Offer) -> None:
        """By the key, so that the voice is in this page, and F2 ends the talk."""
        expect(self.page.locator("#offer")).to_be_visible()
        legs = self.page.evaluate("legs.length")
        self.page.keyboard.press("F2")
        becomes(self.page, f"legs.length > {legs}")
        self.talks(offer)

    def call_breaks_off(self) -> None:
        """His leg is gone, as after a reload; the citizen is back in the queue."""
        self.phone.phone.hangs_up()
        self.city.pass_time(8)
        commit()


def rings() -> Offer | None:
    session.expire_all()
    return session.scalar(select(Offer).where(Offer.state == OfferState.RINGING))


def becomes(page: Page, expression: str) -> None:
    """Wait until a script's value is so; pages forbid what Playwright's own waiting needs."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(expression)
