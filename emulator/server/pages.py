"""HTTP: REST for the customer's programs, the telephone page and the log panel for people."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from emulator.courier import Entry
from emulator.exchange import Exchange, Notification
from emulator.inbox import Message
from emulator.legs import Leg
from emulator.rest.api import Api, TimedOut
from emulator.rest.wire import Json
from emulator.server.browsers import Device
from emulator.server.mixer import Mixer
from emulator.server.visitors import Visitors

log = structlog.get_logger(__name__)

STATIC = Path(__file__).parent / "static"
NEVER = 60.0
LOG_LINES = 300


class News:
    """Tells every open page what happens; a page that does not listen misses it."""

    def __init__(self) -> None:
        self._pages: set[web.WebSocketResponse] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, kind: str, **said: Any) -> None:
        for page in list(self._pages):
            task = asyncio.ensure_future(self._send(page, json.dumps({"kind": kind, **said})))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        page = web.WebSocketResponse(heartbeat=20)
        await page.prepare(request)
        self._pages.add(page)
        try:
            async for _ in page:
                pass
        finally:
            self._pages.discard(page)
        return page

    async def _send(self, page: web.WebSocketResponse, text: str) -> None:
        try:
            await page.send_str(text)
        except ConnectionError:
            self._pages.discard(page)


class Pages:
    def __init__(
        self,
        exchange: Exchange,
        mixer: Mixer | None,
        sdk: Path,
        signal: str,
        lag: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.exchange = exchange
        self.mixer = mixer
        self.news = News()
        self._api = Api(exchange)
        self._sdk = sdk
        self._signal = signal
        self._visitors = Visitors(exchange, lag)
        exchange.courier.on_entry = lambda entry: self.news.tell("webhook", **show_entry(entry))
        exchange.on_message = lambda message: self.news.tell("message", **show_message(message))
        exchange.on_note = lambda note: self.news.tell("note", **show_note(note))
        exchange.on_ignored = lambda words: log.warning("without effect here", words=words)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=1 << 20)
        app.add_routes(
            [
                web.get("/", self.page),
                web.get("/settings.json", self.settings),
                web.get("/sdk.js", self.sdk),
                web.get("/news", self.news.listen),
                web.get("/legs", self.legs),
                web.post("/legs/{sid}/say", self.say),
                web.post("/legs/{sid}/press", self.press),
                web.post("/legs/{sid}/hang-up", self.hang_up),
                web.get("/log", self.log),
                web.get("/inbox/{number}", self.inbox),
                web.get("/faults", self.faults),
                web.post("/faults", self.set_faults),
                *self._visitors.routes(),
                web.static("/static", STATIC),
                web.route("*", "/2010-04-01/{rest:.*}", self.rest),
            ]
        )
        return app

    def signalling(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/signal", self.signal)])
        return app

    async def signal(self, request: web.Request) -> web.WebSocketResponse:
        if self.mixer is None:
            raise web.HTTPServiceUnavailable(text="started without sound")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await Device(self.exchange, self.mixer, socket, self._caption).serve()
        return socket

    async def rest(self, request: web.Request) -> web.Response:
        fields: dict[str, list[str]] = {}
        for source in (request.query, await request.post()):
            for name, value in source.items():
                fields.setdefault(name, []).append(str(value))
        authorization = request.headers.get("Authorization")
        try:
            got = self._api.handle(request.method, request.path, fields, authorization)
        except TimedOut:
            await asyncio.sleep(NEVER)
            raise web.HTTPGatewayTimeout from None
        body = got.media or got.body.encode()
        return web.Response(status=got.status, body=body, content_type=got.content_type)

    async def page(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "phone.html")

    async def sdk(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(self._sdk)

    async def settings(self, _request: web.Request) -> web.Response:
        numbers = list(self.exchange.account.numbers)
        return web.json_response({"signal": self._signal, "numbers": numbers})

    async def legs(self, _request: web.Request) -> web.Response:
        live = [show_leg(leg) for leg in self.exchange.legs.values() if leg.live]
        return web.json_response(live)

    async def say(self, request: web.Request) -> web.Response:
        return await self._with_leg(request, lambda leg, text: leg.speak(text))

    async def press(self, request: web.Request) -> web.Response:
        return await self._with_leg(request, lambda leg, text: leg.press(text))

    async def hang_up(self, request: web.Request) -> web.Response:
        return await self._with_leg(request, lambda leg, _text: leg.end())

    async def log(self, _request: web.Request) -> web.Response:
        lines = [show_entry(entry) for entry in list(self.exchange.courier.log)[-LOG_LINES:]]
        notes = [show_note(note) for note in list(self.exchange.notifications)[-LOG_LINES:]]
        return web.json_response(sorted(lines + notes, key=lambda one: str(one["at"])))

    async def inbox(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        found = [show_message(one) for one in self.exchange.messages if one.called == number]
        return web.json_response(found)

    async def faults(self, _request: web.Request) -> web.Response:
        return web.json_response(self.exchange.faults.shown())

    async def set_faults(self, request: web.Request) -> web.Response:
        try:
            self.exchange.faults.set(await request.json())
        except (ValueError, TypeError, AttributeError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        self.news.tell("faults", now=self.exchange.faults.shown())
        return await self.faults(request)

    async def _with_leg(
        self, request: web.Request, act: Callable[[Leg, str], object]
    ) -> web.Response:
        leg = self.exchange.legs.get(request.match_info["sid"])
        if leg is None or not leg.live:
            raise web.HTTPNotFound(text="this leg is over")
        text = (await request.text()).strip()
        act(leg, text)
        return web.json_response(show_leg(leg))

    def _caption(self, leg: Leg, words: str, kind: str) -> None:
        self.news.tell("heard", leg=leg.sid, words=words, source=kind)


def show_leg(leg: Leg) -> Json:
    return {
        "sid": leg.sid,
        "from": leg.caller,
        "to": leg.called,
        "status": leg.status,
        "seconds": leg.seconds,
        "room": leg.room.name if leg.room else None,
        "waiting": leg.queue is not None,
    }


def show_entry(entry: Entry) -> Json:
    got = entry.answer
    return {
        "at": entry.at.isoformat(),
        "leg": entry.leg,
        "method": entry.request.method,
        "url": entry.request.url,
        "params": entry.request.params,
        "attempt": entry.attempt,
        "status": (got.error or got.status) if got else None,
        "body": got.body if got else "",
        "sound": len(got.content) if got else 0,
        "token": entry.request.headers.get("I-Twilio-Idempotency-Token", ""),
        "ms": round(entry.seconds * 1000),
        "fault": asdict(entry.fault),
    }


def show_note(note: Notification) -> Json:
    return {
        "at": note.at.isoformat(),
        "leg": note.leg.sid,
        "code": note.code,
        "words": note.words,
        "url": note.request.url,
        "warning": note.warning,
    }


def show_message(message: Message) -> Json:
    return {
        "from": message.caller,
        "to": message.called,
        "body": message.body,
        "at": message.at.isoformat(),
    }
