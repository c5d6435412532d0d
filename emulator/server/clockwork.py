"""Lets the carrier's timeline follow the wall clock, and carries its webhooks out over HTTP."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlencode

import structlog
from aiohttp import ClientConnectionError, ClientSession, ClientTimeout, TooManyRedirects
from yarl import URL

from emulator.courier import Answer, Request
from emulator.server.mixer import Mixer
from emulator.timeline import Timeline

log = structlog.get_logger(__name__)

FRAME_SECONDS = 0.02
LONGEST_WEBHOOK = 20.0


def wall() -> datetime:
    return datetime.now(UTC)


class Clockwork:
    """Moves the timeline on every 20 ms, and the sound with it."""

    def __init__(self, timeline: Timeline, mixer: Mixer | None) -> None:
        self._timeline = timeline
        self._mixer = mixer

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        frame = loop.time()
        while True:
            frame += FRAME_SECONDS
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
                timeout=ClientTimeout(total=LONGEST_WEBHOOK),
                max_redirects=10,
            ) as got:
                return Answer(got.status, await got.text(), got.content_type, url=str(got.url))
        except TooManyRedirects:
            return Answer(error="redirects")
        except TimeoutError:
            return Answer(error="timeout")
        except ClientConnectionError:
            return Answer(error="connect")


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
