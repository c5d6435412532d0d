"""Lets the carrier's timeline follow the wall clock, and carries its webhooks out over HTTP."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlencode

import structlog
from aiohttp import (
    ClientConnectorDNSError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
    TooManyRedirects,
)
from yarl import URL

from emulator.courier import Answer, Request
from emulator.server.mixer import Mixer
from emulator.timeline import Timeline

log = structlog.get_logger(__name__)

FRAME_SECONDS = 0.02
LONGEST_WEBHOOK = 20.0
MOST_REDIRECTS = 10
MOST_BYTES = 32 * 1024 * 1024
# The first that fits names a failure; all others are failed connections.
FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (TooManyRedirects, "redirects"),
    (ClientConnectorDNSError, "dns"),
    (ClientSSLError, "tls"),
    (ConnectionTimeoutError, "connect"),
    (TimeoutError, "timeout"),
)
# What an answer says of itself, and how one asks later whether that is still so.
VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


def wall() -> datetime:
    return datetime.now(UTC)


class Clockwork:
    """Moves the timeline on every 20 ms, and the sound with it."""

    def __init__(self, timeline: Timeline, mixer: Mixer | None) -> None:
        self._timeline = timeline
        self._mixer = mixer
        self._latest = 0.0

    def lag(self) -> float:
        """How many seconds the clock was behind at the worst since it was asked last."""
        latest, self._latest = self._latest, 0.0
        return latest

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        frame = loop.time()
        while True:
            frame += FRAME_SECONDS
            self._latest = max(self._latest, loop.time() - frame)
            self._move()
            await asyncio.sleep(max(0.0, frame - loop.time()))
            if loop.time() - frame > 1.0:
                frame = loop.time()  # the machine slept; do not play a second at once

    def _move(self) -> None:
        try:
            self._timeline.move_to(wall())
            if self._mixer is not None:
                self._mixer.tick()
        except Exception:
            log.exception("the carrier stumbled and goes on")


class HttpPort:
    """Carries requests to the customer; the answer comes back on the timeline's own thread."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, request: Request, answered: Callable[[Answer], None]) -> None:
        task = asyncio.ensure_future(self._carry(request, answered))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _carry(self, request: Request, answered: Callable[[Answer], None]) -> None:
        answered(await self._ask(request))

    async def _ask(self, request: Request) -> Answer:
        form = request.method == "POST"
        headers = dict(request.headers)
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            async with self._session.request(
                request.method,
                URL(request.address, encoded=True),
                data=urlencode(request.params) if form else None,
                headers=headers,
                timeout=ClientTimeout(total=LONGEST_WEBHOOK, sock_connect=request.connect),
                max_redirects=MOST_REDIRECTS,
            ) as got:
                return await _read(got)
        except (ClientError, TimeoutError) as error:
            kinds = (name for kind, name in FAILURES if isinstance(error, kind))
            return Answer(error=next(kinds, "connect"))


async def _read(got: ClientResponse) -> Answer:
    """Sound as bytes, all else as text; neither without a bound."""
    content = await got.content.read(MOST_BYTES)
    while not got.content.at_eof() and len(content) < MOST_BYTES:
        content += await got.content.read(MOST_BYTES - len(content))
    sound = got.content_type.startswith("audio/")
    return Answer(
        got.status,
        "" if sound else _text(content, got.charset or "utf-8"),
        got.content_type,
        content=content if sound else b"",
        validators={
            asks: got.headers[tells] for tells, asks in VALIDATORS.items() if tells in got.headers
        },
        cookies={name: morsel.value for name, morsel in got.cookies.items()},
    )


def _text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except LookupError:  # a charset that nobody knows
        return content.decode("utf-8", "replace")


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
