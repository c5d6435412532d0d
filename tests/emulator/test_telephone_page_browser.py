"""The telephone page in a browser far from the city: keys, faults, texts, a carrier that goes."""

import base64
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from infra import clock
from infra.localtime import local
from tests.browsers import Browsers
from tests.stories.conftest import ARGUMENTS, free_block
from web import vendor

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, TOKEN, NUMBER, OWN = "AC" + "c" * 32, "token", "12345", "+8613800000001"


class Customer(BaseHTTPRequestHandler):
    """Answers every call, greets and is silent."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.end_headers()
        self.wfile.write(b"<Response><Say>hi</Say><Pause length='120'/></Response>")

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Carrier:
    """The emulator as a process of its own, that can be stopped and started again."""

    def __init__(self, customer: str) -> None:
        self.port = free_block()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [
            *(sys.executable, "-m", "emulator", "--account", ACCOUNT, "--token", TOKEN),
            *("--port", str(self.port), "--signal-port", str(self.port + 1), "--number", NUMBER),
            *("--voice-url", f"{customer}/start", "--status-url", f"{customer}/status"),
        ]

    def begin(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=ROOT)
        for _ in range(100):
            with suppress(OSError):
                return urllib.request.urlopen(f"{self.url}/settings.json", timeout=2).close()
            time.sleep(0.2)
        raise AssertionError("the carrier does not start")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def post(self, path: str, body: bytes) -> None:
        key = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        headers = {"Authorization": f"Basic {key}"}
        request = urllib.request.Request(self.url + path, body, headers)
        urllib.request.urlopen(request, timeout=5).close()


@pytest.fixture(scope="module")
def carrier(chromium: str) -> Iterator[Carrier]:
    vendor.fetch()
    site = ThreadingHTTPServer(("127.0.0.1", 0), Customer)
    Thread(target=site.serve_forever, daemon=True).start()
    running = Carrier(f"http://127.0.0.1:{site.server_port}")
    running.begin()
    yield running
    running.end()
    site.shutdown()
    site.server_close()


@pytest.fixture(scope="module")
def context(all_browsers: Browsers, carrier: Carrier) -> Iterator[BrowserContext]:
    browser = all_browsers.of(*ARGUMENTS)
    with browser.new_context(permissions=["microphone"], timezone_id="America/New_York") as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, carrier: Carrier) -> Iterator[Page]:
    page = context.new_page()
    page.goto(f"{carrier.url}/?{urlencode({'number': OWN})}")
    expect(page.locator("#registered")).to_have_text("已连接", timeout=15_000)
    yield page
    page.close()


def test_the_first_key_begins_a_number_instead_of_the_one_that_stood_there(page):
    number = page.locator("#number")
    expect(number).to_have_text(NUMBER)
    page.keyboard.type("1239")
    expect(number).to_have_text("1239")
    page.get_by_role("button", name="删除").click()
    expect(number).to_have_text("123")
    page.keyboard.press("Backspace")
    expect(number).to_have_text("12")


def test_what_is_heard_stays_in_sight_when_a_text_takes_its_room(page):
    page.set_viewport_size({"width": 1366, "height": 768})
    page.click("#call")
    expect(page.locator("#state")).to_have_text("通话中", timeout=10_000)
    for nth in range(20):
        page.fill("#words", f"第 {nth} 句")
        page.keyboard.press("Enter")
    page.evaluate("document.querySelector('.screen').style.maxHeight = '160px'")
    below = "(one) => one.scrollHeight - one.scrollTop - one.clientHeight"
    page.wait_for_function(f"({below})(document.getElementById('heard')) < 2", timeout=3_000)
    page.click("#end")


def test_a_number_that_nobody_has_is_said_to_be_none(page):
    page.keyboard.type("999")
    page.click("#call")
    expect(page.locator("#state")).to_have_text("未接通：空号，请核对号码", timeout=10_000)


def test_keys_dial_again_after_something_was_said(page):
    page.click("#call")
    expect(page.locator("#state")).to_have_text("通话中", timeout=10_000)
    page.fill("#words", "你好")
    page.keyboard.press("Enter")
    page.keyboard.press("5")
    expect(page.locator("#heard .key")).to_have_text("5")
    expect(page.locator("#words")).to_have_value("")
    page.click("#end")


def test_keys_that_are_pressed_in_one_go_are_one_line(page):
    page.click("#call")
    expect(page.locator("#state")).to_have_text("通话中", timeout=10_000)
    expect(page.locator("#heard")).to_contain_text("hi")
    page.keyboard.type("4711#")
    expect(page.locator("#heard .key")).to_have_text(["4711#"])
    page.fill("#words", "你好")
    page.keyboard.press("Enter")
    page.keyboard.type("12")
    expect(page.locator("#heard .key")).to_have_text(["4711#", "12"])
    page.click("#end")


@pytest.mark.parametrize("width", [1366, 1280, 1024, 900])
def test_telephone_and_log_are_used_side_by_side(page, width):
    page.set_viewport_size({"width": width, "height": 768})
    page.click("#call")
    expect(page.locator("#state")).to_have_text("通话中", timeout=10_000)
    line = page.locator("#log tr", has_text="/start").first
    line.click()
    phone, log = page.locator(".phone").bounding_box(), page.locator(".log").bounding_box()
    assert phone["x"] + phone["width"] < log["x"]
    assert log["x"] + log["width"] <= width and log["y"] + log["height"] <= 768
    assert line.bounding_box()["height"] < 30
    # What is typed, folded, paused and cleared stands on one line.
    # Read at one moment: the row moves down when the call shows its digits above it.
    top = "one => one.getBoundingClientRect().y"
    tops = page.evaluate(f"[...document.querySelectorAll('#filter, #pause, #clear')].map({top})")
    assert len(tops) == 3
    assert max(tops) - min(tops) < 5
    assert page.locator("#detail").bounding_box()["height"] > 120
    assert page.evaluate("document.scrollingElement.scrollHeight") <= 768
    page.click("#end")


def test_each_page_shows_the_switches_that_are_on_and_the_log_what_they_did(page, context, carrier):
    other = context.new_page()
    other.goto(f"{carrier.url}/?number=%2B8613800000002")
    expect(other.locator("#registered")).to_have_text("已连接", timeout=15_000)
    page.click(".faults summary")
    page.fill("[name=drop]", "1")
    page.locator("[name=drop]").blur()
    for one in (page, other):
        expect(one.locator("#faulty")).to_contain_text("故障已开：丢失概率")
        expect(one.locator("[name=drop]")).to_have_value("1")
    page.click("#call")
    expect(page.locator("#state")).to_have_text("通话中", timeout=10_000)
    page.click("#end")
    expect(other.locator("#log .fault").first).to_have_text("⚠ 丢失")
    carrier.post("/faults", json.dumps({"drop": 0, "double": 1, "late": 1}).encode())
    expect(page.locator("#faulty")).not_to_contain_text("丢失")
    page.click("#call")
    expect(page.locator("#state")).to_have_text("通话中", timeout=10_000)
    page.click("#end")
    expect(page.locator("#log .fault", has_text="⚠ 重复").first).to_be_visible(timeout=10_000)
    expect(page.locator("#log .fault", has_text="⚠ 迟到 3.").first).to_be_visible()
    page.get_by_role("button", name="全部恢复").click()
    for one in (page, other):
        expect(one.locator("#faulty")).to_be_hidden()
    other.close()


def test_a_text_message_has_the_time_of_the_city(page, carrier):
    body = urlencode({"To": OWN, "From": NUMBER, "Body": "您好"}).encode()
    carrier.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", body)
    expect(page.locator("#inbox")).to_contain_text("您好")
    shown = page.locator("#inbox time").inner_text()
    here = local(clock.now())
    told = datetime.strptime(f"{here:%Y/%z} {shown.split(' · ')[1]}", "%Y/%z %m/%d %H:%M:%S")
    assert abs((here - told).total_seconds()) < 60


def test_a_carrier_that_goes_is_told_in_words_and_comes_back(page, carrier):
    carrier.end()
    expect(page.locator("#away")).to_contain_text("自动重连")
    expect(page.locator("#away")).to_be_visible()
    page.click("#call")
    # Whether the attempt or the connection is given up first is not ours to say.
    expect(page.locator("#state")).to_contain_text("与运营商的连接断了，请稍候再试", timeout=20_000)
    carrier.begin()
    expect(page.locator("#away")).to_be_hidden(timeout=10_000)


def test_a_call_that_was_up_is_said_to_be_broken_off_and_not_that_its_number_is_none(page, carrier):
    page.click("#call")
    expect(page.locator("#state")).to_have_text("通话中", timeout=10_000)
    carrier.end()
    expect(page.locator("#state")).to_have_text("通话中断", timeout=3_000)
    expect(page.locator("#away")).to_be_visible()
    carrier.begin()
    expect(page.locator("#away")).to_be_hidden(timeout=10_000)
    expect(page.locator("#registered")).to_have_text("已连接", timeout=30_000)
    page.wait_for_timeout(1_000)
    expect(page.locator("#state")).to_have_text("通话中断")
    assert json.load(urllib.request.urlopen(f"{carrier.url}/legs", timeout=5)) == []
    page.click("#call")
    expect(page.locator("#state")).to_have_text("通话中", timeout=10_000)
    page.click("#end")
