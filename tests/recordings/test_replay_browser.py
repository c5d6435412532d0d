"""The replay in a real browser: the wave is drawn, the transcript leads to the sound."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import ConsoleMessage, Page, expect
from sqlalchemy import select

from infra.db import commit, session
from models import AuditEntry, Call, CallEvent, Party, Recording, RecordingState, Role
from recordings.jobs import fetch
from tests.browsers import Browsers
from tests.opening import served
from tests.recordings.conftest import CarrierReports
from tests.recordings.sounds import MediaServer, wav
from tests.visitors import browser_of, somebody
from web import vendor

PATH = "/2010-04-01/Accounts/AC/Recordings/RE1"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    vendor.fetch()


@pytest.fixture
def call_id(
    a_call: Call,
    reports: CarrierReports,
    media: MediaServer,
    at_second: Callable[[float], datetime],
) -> int:
    media.files[PATH + ".wav"] = wav(10, [(1, 3), (7, 8)], [(4, 5)])
    reports.says(Party.CITIZEN, "阳明路的路灯坏了", 1, at=at_second(3.8))
    reports.says(Party.AGENT, "已经为您记下", 1, at=at_second(5.8), leg="CA-agent")
    reports.says(Party.CITIZEN, "谢谢", 2, at=at_second(8.8))
    reports.recording(media.url + PATH, status="in-progress")
    fetch(session.scalars(select(Recording.id)).one())
    return a_call.id


@pytest.fixture
def page(all_browsers: Browsers, app: Flask, call_id: int) -> Iterator[Page]:
    lead = browser_of(app, somebody("li", Role.LEAD))
    with served(app) as base:
        name = app.config["SESSION_COOKIE_NAME"]
        cookie = lead.client.get_cookie(name)
        running = all_browsers.of("--autoplay-policy=no-user-gesture-required")
        context = running.new_context(base_url=base, viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": name, "value": cookie.value, "url": base}])
        tab = context.new_page()
        tab.goto(f"/calls/{call_id}")
        yield tab
        context.close()


def test_the_transcript_and_the_sound_lead_to_each_other(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if _is_ours(said) else None)
    wave = page.locator("[data-wave] canvas")
    expect(wave.first).to_be_attached()
    page.get_by_role("button", name="已经为您记下").click()
    audio = page.locator("audio")
    expect(page.locator("li[aria-current]")).to_contain_text("已经为您记下")
    assert 3.9 <= audio.evaluate("audio => audio.currentTime") < 7
    page.get_by_role("button", name="2×").click()
    assert audio.evaluate("audio => audio.playbackRate") == 2
    expect(page.get_by_role("button", name="2×")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("li[aria-current]")).to_contain_text("谢谢", timeout=15000)
    assert complaints == []


def test_the_length_is_there_before_anything_is_heard(page: Page) -> None:
    transport = page.locator("[data-transport]")
    expect(transport).to_contain_text("0:00 / 0:10")
    assert "recording.heard" not in session.scalars(select(AuditEntry.action)).all()
    seek = transport.get_by_role("slider", name="播放位置")
    seek.fill("5")
    expect(transport).to_contain_text("0:05 / 0:10")
    transport.get_by_role("button", name="播放").click()
    expect(transport.get_by_role("button", name="暂停")).to_be_visible()
    expect(transport).to_contain_text("0:06 / 0:10", timeout=5000)
    transport.get_by_role("button", name="暂停").click()
    assert page.locator("audio").evaluate("audio => audio.paused")


def test_the_page_of_a_call_that_goes_on_brings_the_sound_by_itself(
    page: Page, call_id: int, reports: CarrierReports
) -> None:
    recording = session.scalars(select(Recording)).one()
    recording.state = RecordingState.FETCHING
    commit()
    page.reload()
    expect(page.get_by_text("正在取回录音")).to_be_visible()
    recording.state = RecordingState.STORED
    commit()
    expect(page.get_by_role("button", name="播放", exact=True)).to_be_visible(timeout=8000)


def test_what_the_queue_played_is_marked_on_the_wave(page: Page, call_id: int) -> None:
    for name, second in (("talking", 0), ("agent_lost", 3), ("talking", 6)):
        at = session.scalars(select(Recording.started_at)).one() + timedelta(seconds=second)
        session.add(CallEvent(call_id=call_id, name=name, at=at))
    commit()
    page.reload()
    mark = page.locator(".prompt")
    expect(mark).to_have_text("排队/提示")
    wave = page.locator("[data-wave]").bounding_box()
    box = mark.bounding_box()
    assert abs(box["x"] - wave["x"] - 0.3 * wave["width"]) < 4
    assert abs(box["width"] - 0.3 * wave["width"]) < 4


def _is_ours(said: ConsoleMessage) -> bool:
    """No live streams are served beside this page: a lead's bar may well say so."""
    return said.type == "error" and "/live" not in said.location["url"]
