"""The carrier over real HTTP: documents, sound, faults, callers, and answers that never come."""

import asyncio
import base64
import io
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from emulator.account import Account, Number, Webhooks
from emulator.caller import Caller, NoSuchStep, Step
from emulator.courier import Answer, Request
from emulator.exchange import Exchange
from emulator.server.clockwork import Clockwork, HttpPort, stopped, wall
from emulator.server.mixer import FRAME, Mixer
from emulator.server.pages import Pages
from emulator.sound import RATE, Sound, wav
from emulator.timeline import Timeline

NUMBER, ACCOUNT, TOKEN = "+8679112345", "AC" + "a" * 32, "token"
AUTH = {"Authorization": "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()}


class Site:
    """A customer's web server; its handlers may be exchanged while it runs."""

    def __init__(self) -> None:
        self.pages: dict[str, object] = {}
        self.asked: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        page = self.pages[request.path]
        return twiml(page) if isinstance(page, str) else await page(request)

    def of(self, path: str) -> list[web.Request]:
        return [one for one in self.asked if one.path == path]


def twiml(document: str) -> web.Response:
    return web.Response(text=f"<Response>{document}</Response>", content_type="text/xml")


def moved(to: str):
    async def page(_request: web.Request) -> web.Response:
        raise web.HTTPFound(to)

    return page


@asynccontextmanager
async def carrier(silent: bool = True):
    """A running carrier, a browser at its pages, and its customer."""
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.handle)
    async with TestServer(app) as customer, ClientSession(cookie_jar=DummyCookieJar()) as session:
        url = str(customer.make_url("/"))
        account = Account(ACCOUNT, TOKEN)
        account.numbers[NUMBER] = Number(NUMBER, Webhooks(voice_url=url + "start"))
        timeline = Timeline(wall())
        exchange = Exchange(timeline, account, HttpPort(session))
        clockwork = Clockwork(timeline, None)
        pages = Pages(exchange, None, Path("none"), "", clockwork.lag)
        ticking = asyncio.ensure_future(clockwork.run())
        async with TestClient(TestServer(pages.application())) as browser:
            try:
                yield exchange, browser, site, url
            finally:
                await stopped(ticking)


async def until(condition, within: float = 5.0) -> None:
    for _ in range(int(within / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not so in time")


def run(story) -> None:
    """In a thread of its own: in the tests' own a browser's loop may be running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, asyncio.wait_for(story(), 30)).result()


def test_sound_is_fetched_played_for_its_length_and_not_sent_twice():
    samples = wav(np.full((RATE // 2, 1), 900))

    async def music(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        return web.Response(body=samples, content_type="audio/x-wav", headers={"ETag": '"v1"'})

    async def story() -> None:
        async with carrier() as (exchange, _, site, _url):
            site.pages = {
                "/start": "<Play>/m.wav</Play><Play>/m.wav</Play><Say>done</Say>",
                "/m.wav": music,
            }
            caller = Caller(exchange)
            began = time.monotonic()
            caller.dials(NUMBER)
            await until(lambda: caller.hears("done"))
            assert 1.0 <= time.monotonic() - began < 2.5
            assert len(site.of("/m.wav")) == 2
            assert "X-Twilio-Signature" in site.of("/m.wav")[0].headers

    run(story)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:1/", "connect"),
        ("http://no-such-host.invalid/", "dns"),
        ("https://127.0.0.1:{port}/", "tls"),
        ("http://127.0.0.1:{port}/loop", "redirects"),
        ("nonsense", "connect"),
    ],
)
def test_each_way_to_fail_is_told_apart(url, error):
    async def story() -> None:
        async with carrier() as (exchange, _, site, base):
            site.pages["/loop"] = moved("/loop")
            port = base.rpartition(":")[2].strip("/")
            got = exchange.courier.fetch("CA1", url.format(port=port) + "#rc=0", "POST", {})
            await until(lambda: got.done, 10)
            assert got.value.error == error

    run(story)


def test_a_redirect_is_followed_by_get_without_the_fields():
    async def story() -> None:
        async with carrier() as (exchange, _, site, _url):
            site.pages = {"/start": moved("/other"), "/other": "<Say>a</Say>"}
            caller = Caller(exchange)
            caller.dials(NUMBER)
            await until(lambda: caller.hears("a"))
            assert site.of("/other")[0].method == "GET"
            assert not site.of("/other")[0].query

    run(story)


def test_cookies_of_one_call_are_not_those_of_another():
    async def start(request: web.Request) -> web.Response:
        answer = twiml("<Redirect>/next</Redirect>")
        answer.set_cookie("visit", "1")
        return answer

    async def story() -> None:
        async with carrier() as (exchange, _, site, _url):
            site.pages = {"/start": start, "/next": "<Say>a</Say>"}
            for _ in range(2):
                caller = Caller(exchange)
                caller.dials(NUMBER)
                await until(lambda caller=caller: caller.hears("a"))
            assert [dict(one.cookies) for one in site.of("/start")] == [{}, {}]
            assert [dict(one.cookies) for one in site.of("/next")] == [{"visit": "1"}] * 2

    run(story)


def test_the_time_a_connection_may_take_is_kept(monkeypatch):
    """An address that swallows packets must not hold a caller for longer than he was promised."""
    seen = []

    async def story() -> None:
        async with ClientSession() as session:
            port = HttpPort(session)
            real = session.request

            def request(*args, **more):
                seen.append(more["timeout"].sock_connect)
                return real(*args, **more)

            monkeypatch.setattr(session, "request", request)
            answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            port(Request("GET", "http://127.0.0.1:1/", {}, {}, connect=0.7), answered.set_result)
            assert (await answered).error == "connect"

    run(story)
    assert seen == [0.7]


def test_a_request_that_times_out_is_left_without_an_answer(monkeypatch):
    monkeypatch.setattr("emulator.server.pages.NEVER", 0.3)

    async def story() -> None:
        async with carrier() as (exchange, browser, _, _url):
            await browser.post("/faults", json={"rest": 1, "rest_kind": "unanswered"})
            path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
            fields = {"To": "+861", "From": NUMBER, "Body": "a"}
            got = await browser.post(path, data=fields, headers=AUTH)
            assert got.status == 504 and len(exchange.messages) == 1

    run(story)


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"drop": 0.5, "double": "1"}, 200),
        ({"rest_kind": "429"}, 200),
        ({"rest_kind": "418"}, 400),
        ({"drop": 2}, 400),
        ({"late": -1}, 400),
        ({"shuffle_seconds": "soon"}, 400),
        ({"gremlins": 1}, 400),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wanted, status):
    async def story() -> None:
        async with carrier() as (_exchange, browser, _, _url):
            before = await (await browser.get("/faults")).json()
            got = await browser.post("/faults", json=wanted)
            assert got.status == status, await got.text()
            if status == 400:
                assert await (await browser.get("/faults")).json() == before

    run(story)


def test_recordings_are_served_whole_and_by_range():
    async def story() -> None:
        async with carrier() as (exchange, browser, site, _url):
            site.pages["/start"] = "<Start><Recording/></Start><Say>hello there</Say>"
            Caller(exchange).dials(NUMBER)
            done = exchange.recordings.all
            await until(lambda: done and next(iter(done.values())).status == "completed")
            sid = next(iter(done))
            path = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}.wav"
            got = await browser.get(path, headers=AUTH)
            body = await got.read()
            with wave.open(io.BytesIO(body)) as file:
                assert file.getframerate() == RATE and file.getnchannels() == 2
            assert (await browser.get(path)).status == 401

    run(story)


def test_a_crowd_calls_follows_its_script_and_is_forgotten():
    async def story() -> None:
        async with carrier() as (exchange, browser, site, _url):
            site.pages |= {
                "/start": "<Gather numDigits='1' action='/got'><Say>1?</Say></Gather>",
                "/got": "<Gather input='speech' speechTimeout='auto' action='/said'/>",
                "/said": "<Pause length='600'/>",
            }
            script = ["wait 0.3", "press 1", "wait 0.3", "say 你好", "wait 2", "hang up"]
            wanted = {"to": NUMBER, "count": 30, "per_second": 300, "script": script}
            got = await browser.post("/callers", json=wanted)
            assert got.status == 202
            await until(lambda: len(site.of("/said")) == 30, 10)
            await until(lambda: not any(leg.live for leg in exchange.legs.values()), 10)
            seen = await (await browser.get("/callers")).json()
            assert seen["dialled"] == seen["answered"] == seen["ended"] == 30
            assert seen["live"] == seen["to_come"] == 0 and seen["memory_mb"] > 0
            assert exchange.parties == {}

    run(story)


def test_a_crowd_can_be_sent_home():
    async def story() -> None:
        async with carrier() as (exchange, browser, site, _url):
            site.pages["/start"] = "<Pause length='600'/>"
            await browser.post("/callers", json={"to": NUMBER, "count": 5, "per_second": 500})
            await until(lambda: len(site.of("/start")) == 5)
            await browser.delete("/callers")
            assert not any(leg.live for leg in exchange.legs.values())

    run(story)


@pytest.mark.parametrize(
    "wanted",
    [
        {}, {"to": "+1"}, {"to": NUMBER, "count": 0}, {"to": NUMBER, "count": 999_999},
        {"to": NUMBER, "per_second": 0}, {"to": NUMBER, "script": ["dance"]}, [],
    ],
)  # fmt: skip
def test_a_crowd_that_cannot_come_is_refused(wanted):
    async def story() -> None:
        async with carrier() as (exchange, browser, _, _url):
            assert (await browser.post("/callers", json=wanted)).status == 400
            assert not exchange.legs

    run(story)


@pytest.mark.parametrize("text", ["wait", "wait long", "press", "say", "hang", "hang on", "", "x"])
def test_a_step_that_nobody_can_take_says_what_can_be_done(text):
    with pytest.raises(NoSuchStep, match="wait|say"):
        Step.of(text)


class Voice:
    """A speech engine that says everything as half a second of the same sample."""

    def speak(self, text: str, language: str) -> np.ndarray:
        return np.full(RATE // 2, 2000, dtype=np.int16)


@pytest.fixture
def mixed(customer, caller, call):
    """A telephone with sound and one without, in one conference."""
    mixer = Mixer(customer.timeline, Voice())
    customer.exchange.media = mixer
    room = "<Dial><Conference beep='false' waitUrl=''>room</Conference></Dial>"
    call(room)
    mixer.port(caller.leg)
    silent = Caller(customer.exchange)
    silent.dials(NUMBER)
    customer.timeline.forward(0.5)
    return mixer, caller, silent


def test_a_leg_that_nobody_listens_to_costs_nothing(customer, mixed):
    mixer, real, silent = mixed
    assert set(mixer._ports) == {real.leg.sid}
    assert mixer.utter(silent.leg, "你好", "zh-CN") == pytest.approx(0.4)
    assert set(mixer._ports) == {real.leg.sid}


def test_what_a_program_says_is_spoken_aloud_to_whoever_listens(customer, mixed):
    mixer, real, silent = mixed
    silent.says("你好")
    heard = []
    mixer.port(real.leg).deliver = heard.append
    mixer.tick()
    assert heard[0].max() == 2000 and len(heard[0]) == FRAME


def test_prompts_are_cut_short_and_music_comes_back(customer, mixed):
    mixer, real, _ = mixed
    port = mixer.port(real.leg)
    assert mixer.play(real.leg, Sound(np.full(RATE, 3000, dtype=np.int16))) == 1.0
    mixer.tick()
    assert port.heard.max() == 3000
    mixer.hush(real.leg)
    mixer.tick()
    assert port.heard.max() == 0
    mixer.music(real.leg, True)
    for _ in range(10):
        mixer.tick()
    assert 0 < np.abs(port.heard).max() < 10_000


@pytest.mark.parametrize("kind", ["text/xml", "text/xml; charset=utf-8", "text/xml; charset=x"])
def test_a_document_may_say_how_it_is_written_or_not(kind):
    async def start(_request: web.Request) -> web.Response:
        body = "<Response><Say>您好</Say></Response>".encode()
        return web.Response(body=body, headers={"Content-Type": kind})

    async def story() -> None:
        async with carrier() as (exchange, _, site, _url):
            site.pages["/start"] = start
            caller = Caller(exchange)
            caller.dials(NUMBER)
            await until(lambda: caller.hears("您好"))

    run(story)
