"""A busy hour: calls that last as long as talks do, agents at desks over HTTP, then a rush.

Every process of the hotline is the real one; the carrier has no sound.  An agent is a signed-in
desk with its stream of events: it answers what it is offered, wraps up, and is ready again."""

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, CookieJar
from sqlalchemy import create_engine, text

from benchmarks import running, voice
from benchmarks.figures import Report, percentile
from benchmarks.memory import family, proportional_kb
from emulator.caller import Caller
from emulator.legs import Leg
from emulator.server.clockwork import stopped

AGENTS = 200
# Talk and wrap-up take half a minute together.
TALK, WRAP_UP = 22.0, 8.0
WARM_SECONDS = 60
# New calls a second, and for how many seconds.
SUSTAINED, RUSH = (5.0, 300), (15.0, 30)
STEPS = ((8.0, 30), (11.0, 30))
# The rush leaves a queue behind: so long may it take to be served.
SERVED_WITHIN = 180.0
# Memory may breathe; what grows by more than this in five minutes does not come back.
MOST_GROWTH = 1.05
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
# A password is dear to check, on purpose.
OPENED_AT_ONCE = 2


def run(report: Report) -> None:
    with running.hotline() as hotline:
        asyncio.run(_bench(report, hotline))


async def _bench(report: Report, hotline: running.Running) -> None:
    _hire(hotline)
    async with voice.carrier(hotline) as load, _floor(load) as floor:
        await load.run(SUSTAINED[0], WARM_SECONDS, wait=False)
        held = _held_mb()
        load.port.taken.clear()
        entries = await load.run(*SUSTAINED, wait=False)
        grown = _held_mb() / held
        times = load.port.times()
        load.port.tell_doors()
        most = await _most(load, percentile(times, 0.99))
        lost = await _lost(load)
        # Of the rush above all: before it there is a free agent for everybody.
        waits = await asyncio.to_thread(floor.offered_within)
        failed = {"webhooks": load.port.failed, "desks": floor.failed, "callers": lost}
        print(f"# failed: {failed}", file=sys.stderr)
        with running.bare(hotline, hotline.port + running.STEP) as base:
            per_second = len(entries) / SUSTAINED[1]
            bare = (await voice.ask_bare(load, base, entries, per_second, 60)).taken
            bare_most = await voice.most_bare(load, base, entries)
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        reference = percentile(bare, share)
        report.say(f"webhook_{name}_s", percentile(times, share), "s", reference=reference)
        report.say(f"ready_to_offer_{name}_s", percentile(waits or [0.0], share), "s")
    report.say("ready_to_offer_seen", len(waits), "offers")
    report.say("max_calls_per_s", most, "1/s", reference=bare_most)
    report.say("errors", sum(failed.values()), "", at_most=0)
    report.say("memory_growth", grown, "x", at_most=MOST_GROWTH)


async def _most(load: voice.Load, p99: float) -> float:
    """The highest rate at which webhooks were answered in time; the sustained one was the first."""
    held, most = p99 <= voice.GOAL_P99, 0.0
    for before, (rate, seconds) in pairwise((SUSTAINED, *STEPS, RUSH)):
        most = before[0] if held else most
        load.port.taken.clear()
        await load.run(rate, seconds, wait=False)
        p99 = percentile(load.port.times(), 0.99)
        print(f"# {rate} calls/s p99={p99:.3f}", file=sys.stderr)
        held = held and p99 <= voice.GOAL_P99
    return RUSH[0] if held else most


async def _lost(load: voice.Load) -> int:
    """Callers whom the rush has left neither talked to nor rung off, when all must be over."""
    ends = time.monotonic() + SERVED_WITHIN
    while time.monotonic() < ends and any(_goes_on(one) for one in load.callers):
        await asyncio.sleep(1)
    return sum(not one.talked for one in load.callers)


def _goes_on(one: voice.Visitor) -> bool:
    return one.leg is None or one.leg.live


@dataclass
class Floor:
    """The desks; what they were refused, and how soon who became ready was offered a caller."""

    load: voice.Load
    failed: int = 0
    # Call, when the agent had said that he is ready, and when he heard of the offer.
    offers: list[tuple[int, datetime, datetime]] = field(default_factory=list)

    def offered_within(self) -> list[float]:
        """Of those offers only for which somebody waited already when the agent became ready."""
        engine = create_engine(self.load.hotline.env["DATABASE_URL"])
        with engine.connect() as connection:
            rows = connection.execute(
                text("SELECT call_id, min(entered_at) AS at FROM place GROUP BY call_id")
            )
            entered: dict[int, datetime] = {row.call_id: row.at for row in rows}
        engine.dispose()
        return [
            (heard - ready).total_seconds()
            for call, ready, heard in self.offers
            if call in entered and entered[call] < ready
        ]


@dataclass
class Desk:
    """One agent: his session, his stream, his telephone."""

    floor: Floor
    http: ClientSession
    login: str
    staff: int
    name: str = field(default_factory=lambda: str(uuid4()))
    token: str = ""
    ready_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    at_work: set[int] = field(default_factory=set)

    async def open(self) -> None:
        form = {"login": self.login, "password": "demo", "csrf_token": await self._csrf("/sign-in")}
        async with self.http.post("/sign-in", data=form) as answer:
            answer.raise_for_status()
        self.token = await self._csrf("/password")
        await self.post("/desk/open", take_over=True)

    async def sit(self) -> None:
        """Listens until he is sent home; a stream that breaks off ends it before."""
        live = f"http://127.0.0.1:{self.floor.load.hotline.port + 1}/live?desk={self.name}"
        async with self.http.get(live, timeout=ClientTimeout(total=None)) as stream:
            stream.raise_for_status()
            await self._ready("/desk/choose", desired="ready")
            async for line in stream.content:
                if line.startswith(b"event: offered"):
                    await self._offered()
                elif line.startswith(b"event: call-ended"):
                    self.floor.load.exchange.timeline.after(WRAP_UP, self._wrap_up)

    async def post(self, path: str, **body: object) -> None:
        headers = {"X-CSRFToken": self.token, "Accept": "application/json"}
        try:
            async with self.http.post(
                path, json={"desk": self.name, **body}, headers=headers
            ) as got:
                self.floor.failed += got.status >= 500
        except (ClientError, TimeoutError):
            self.floor.failed += 1

    async def _ready(self, path: str, **body: object) -> None:
        self.ready_at = datetime.now(UTC)
        await self.post(path, **body)

    async def _offered(self) -> None:
        heard = datetime.now(UTC)
        async with self.http.get("/desk/state", params={"desk": self.name}) as got:
            self.floor.failed += got.status >= 500
            offer: dict[str, Any] | None = (await got.json())["offer"] if got.ok else None
        if offer is None or offer["id"] in self.at_work:
            return
        self.at_work.add(offer["id"])
        self.floor.offers.append((offer["call"]["id"], self.ready_at, heard))
        load = self.floor.load
        phone = Caller(load.exchange, f"client:agent_{self.staff}")
        leg = phone.connects(load.hotline.env["TWILIO_APP_SID"], offer=str(offer["id"]))
        load.exchange.timeline.after(TALK, lambda: _good_bye(leg))

    def _wrap_up(self) -> None:
        task = asyncio.ensure_future(self._ready("/desk/wrapped"))
        self.at_work.add(id(task))
        task.add_done_callback(lambda one: self.at_work.discard(id(one)))

    async def _csrf(self, path: str) -> str:
        async with self.http.get(path) as page:
            found = TOKEN.search(await page.text())
        return found[1] if found else ""


def _good_bye(leg: Leg) -> None:
    """The citizen hangs up: his exit ends the talk."""
    for other in leg.hears():
        if isinstance(other.party, voice.Visitor):
            other.party.talked = True
            other.end()


@asynccontextmanager
async def _floor(load: voice.Load) -> AsyncIterator[Floor]:
    floor, few = Floor(load), asyncio.Semaphore(OPENED_AT_ONCE)

    async def open_one(desk: Desk) -> None:
        async with few:
            await desk.open()

    async with AsyncExitStack() as stack:
        desks = []
        for login, staff in _agents(load.hotline):
            jar = CookieJar(unsafe=True)
            http = ClientSession(load.hotline.base, cookie_jar=jar, timeout=ClientTimeout(total=30))
            desks.append(Desk(floor, await stack.enter_async_context(http), login, staff))
        await asyncio.gather(*(open_one(desk) for desk in desks))
        sitting = [asyncio.ensure_future(desk.sit()) for desk in desks]
        yield floor
        # Who still sits is sent home; who left before says why.
        floor.failed += sum(one.done() for one in sitting)
        for one in sitting:
            await stopped(one)


def _hire(hotline: running.Running) -> None:
    """Agents of the bench for every line, with the demo people's password."""
    engine = create_engine(hotline.env["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff (login, name, password_hash, roles, must_change_password,"
                " session_epoch, created_at) SELECT 'bench' || n, 'bench' || n, password_hash,"
                " '{agent}', false, 0, now() FROM staff, generate_series(1, :agents) n"
                " WHERE login = 'agent1'"
            ),
            {"agents": AGENTS},
        )
        connection.execute(
            text(
                "INSERT INTO skill (staff_id, line_id, level) SELECT staff.id, line.id, 3"
                " FROM staff, line WHERE login LIKE 'bench%'"
            )
        )
    engine.dispose()


def _agents(hotline: running.Running) -> list[tuple[str, int]]:
    engine = create_engine(hotline.env["DATABASE_URL"])
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT login, id FROM staff WHERE login LIKE 'bench%'"))
        found = [(row.login, row.id) for row in rows]
    engine.dispose()
    return found


def _held_mb() -> float:
    """All processes of the hotline, which are this one's children; its databases' as well."""
    mine = family(os.getpid()) - {os.getpid()}
    return sum(proportional_kb(one) for one in mine) / 1024
