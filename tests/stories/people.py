"""An agent at his desk and a citizen with a telephone, each in a browser page of their own."""

import re
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

from playwright.sync_api import Browser, Page, expect

from tests.stories.hotline import Hotline

numbers = count(13870001000, 7)

# Of a page in the background Chromium lets timers run once a minute; headless pages are never in
# the background, so the rule is applied to the page by hand.
THROTTLED = """
for (const name of ["setTimeout", "setInterval"]) {
  const real = window[name].bind(window);
  window[name] = (act, ms, ...more) => real(act, Math.max(ms ?? 0, ms > 100 ? 60000 : 0), ...more);
}
Object.defineProperty(document, "hidden", { get: () => true });
Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
"""
# He has heard himself before his first call of the day.
CHECKED = 'localStorage.setItem("microphone-checked", new Date().toDateString())'


# His voice is a tone of his own, and which tones reach him can be asked: ``tones()`` says how loud.
TONE = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  tone.frequency.value = PITCH;
  // Two of them together must not be too loud for the line: what is cut off sounds like others.
  const quiet = context.createGain();
  quiet.gain.value = 0.2;
  tone.connect(quiet).connect(out);
  tone.start();
  return out.stream;
};
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...given) {
    super(...given);
    this.addEventListener("track", ({ streams, track }) => {
      const context = new AudioContext();
      const known = { fftSize: 8192, smoothingTimeConstant: 0 };
      window.analyser = Object.assign(context.createAnalyser(), known);
      const heard = streams[0] ?? new MediaStream([track]);
      context.createMediaStreamSource(heard).connect(window.analyser);
    });
  }
};
window.tones = (pitches) => {
  const bins = new Float32Array(window.analyser.frequencyBinCount);
  window.analyser.getFloatFrequencyData(bins);
  const width = window.analyser.context.sampleRate / window.analyser.fftSize;
  const at = (pitch) => Math.round(pitch / width);
  return pitches.map((pitch) => Math.max(...bins.slice(at(pitch) - 2, at(pitch) + 3)));
};
"""
PITCHES = {"citizen": 600, "agent": 1100, "lead": 1900}
# In dB: a tone that is sent is far above it, what is left of another far below.
AUDIBLE = -65.0


def sounds_as(page: Page, who: str) -> None:
    page.add_init_script(TONE.replace("PITCH", str(PITCHES[who]), 1))


def heard_at(page: Page) -> set[str]:
    """Whose tones this browser is sent, by their energy."""
    loud = page.evaluate("(pitches) => tones(pitches)", list(PITCHES.values()))
    return {who for who, level in zip(PITCHES, loud, strict=True) if level > AUDIBLE}


def comes_to_hear(page: Page, *whom: str, within: float = 8) -> None:
    for _ in range(int(within * 5)):
        if heard_at(page) == set(whom):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"hears {heard_at(page)}, not {set(whom)}")


@dataclass
class Lead:
    page: Page

    @classmethod
    def comes(cls, browser: Browser, hotline: Hotline, login: str):
        """Sign in and open the floor; his voice is a tone."""
        context = browser.new_context(
            viewport={"width": 1366, "height": 768}, permissions=["microphone"]
        )
        page = context.new_page()
        sounds_as(page, "lead")
        page.goto(hotline.desk + "/floor")
        page.fill("[name=login]", login)
        page.fill("[name=password]", "demo")
        page.get_by_role("button", name="登录").click()
        page.goto(hotline.desk + "/floor")
        expect(page.locator("#fresh")).to_contain_text("更新于", timeout=15_000)
        return cls(page)

    def picks(self, agent: str) -> None:
        row = self.page.locator("#seats tr", has_text=agent)
        expect(row).to_contain_text("通话中", timeout=10_000)
        row.focus()

    def becomes(self, key: str, words: str) -> None:
        self.page.keyboard.press(key)
        expect(self.page.locator("#mine-mode")).to_contain_text(words, timeout=10_000)
        expect(self.page.locator("#mine-note")).to_have_text("", timeout=15_000)


@dataclass
class Agent:
    page: Page
    login: str

    @classmethod
    def comes(
        cls,
        browser: Browser,
        hotline: Hotline,
        login: str,
        *,
        hidden: bool = False,
        tone: bool = False,
    ):
        """Sign in, open the desk, wait until the voice is there."""
        context = browser.new_context(
            viewport={"width": 1440, "height": 900},
            permissions=["microphone", "notifications", "clipboard-write"],
        )
        page = context.new_page()
        page.add_init_script(CHECKED)
        if hidden:
            page.add_init_script(THROTTLED)
        if tone:
            sounds_as(page, "agent")
        page.goto(hotline.desk + "/")
        page.fill("[name=login]", login)
        page.fill("[name=password]", "demo")
        page.get_by_role("button", name="登录").click()
        if page.locator("#taken").is_visible():
            page.click("#take-over")
        expect(page.locator("#device")).to_have_text("语音就绪", timeout=15_000)
        return cls(page, login)

    def ready(self) -> None:
        if self.page.locator("#ready").is_enabled():
            self.page.click("#ready")
        # Somebody who waits rings at once.
        expect(self.page.locator("#seat")).to_have_text(re.compile("示闲|振铃"), timeout=10_000)

    def rings(self, within: float = 45) -> None:
        expect(self.page.locator("#offer")).to_be_visible(timeout=within * 1000)

    def answers(self) -> None:
        self.rings()
        self.page.keyboard.press("F2")
        expect(self.page.locator("#call-state")).to_have_text("通话中", timeout=15_000)

    def answers_a_colleague(self) -> None:
        self.rings()
        self.page.keyboard.press("F2")
        expect(self.page.locator("#call-state")).to_have_text("咨询中", timeout=15_000)

    def finishes(self) -> None:
        self.page.keyboard.press("F2")
        expect(self.page.locator("#call-state")).to_have_text("话后整理", timeout=10_000)

    def is_done(self) -> None:
        """Through with wrap-up."""
        self.page.click("#wrapped")
        expect(self.page.locator("#wrapped")).to_be_hidden()

    def goes(self) -> None:
        self.page.click("#offline")
        expect(self.page.locator("#seat")).to_have_text("离线")
        self.page.context.close()


@dataclass
class Citizen:
    page: Page
    number: str
    # Every number that rang and every word that was said, of all citizens.
    told: ClassVar[set[str]] = set()

    @classmethod
    def comes(cls, browser: Browser, hotline: Hotline, *, tone: bool = False):
        context = browser.new_context(permissions=["microphone"])
        page = context.new_page()
        if tone:
            sounds_as(page, "citizen")
        number = f"+86{next(numbers)}"
        cls.told.add(number[3:])
        page.goto(f"{hotline.phone}/?number=%2B{number[1:]}")
        expect(page.locator("#registered")).to_have_text("已连接", timeout=15_000)
        return cls(page, number)

    def dials(self) -> None:
        self.page.click("#call")
        expect(self.page.locator("#state")).to_have_text("通话中", timeout=10_000)

    def hears(self, words: str | re.Pattern[str], within: float = 30) -> None:
        expect(self.page.locator("#heard")).to_contain_text(words, timeout=within * 1000)

    def presses(self, key: str) -> None:
        self.page.click(f'[data-key="{key}"]')

    def says(self, words: str) -> None:
        self.told.add(words)
        self.page.fill("#words", words)
        self.page.keyboard.press("Enter")

    def reaches(self, line: str) -> None:
        """Dial and choose a line as soon as the menu is heard."""
        self.dials()
        self.hears("请直接说出")
        self.presses(line)

    def hangs_up(self) -> None:
        self.page.click("#end")
        self.is_off()

    def is_on(self) -> None:
        expect(self.page.locator("#state")).to_have_text("通话中")

    def is_off(self, within: float = 15) -> None:
        expect(self.page.locator("#state")).to_have_text("已结束", timeout=within * 1000)

    def goes(self) -> None:
        self.page.context.close()
