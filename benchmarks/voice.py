"""Full calls through the running web process: every webhook of each is timed by the carrier.

The carrier is the emulator without sound, in this process, on the wall clock: it sends signed
webhooks over HTTP and answers the hotline's REST calls at the address the hotline knows."""

import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace
from urllib.parse import urlsplit

from aiohttp import ClientSession, TCPConnector, web
from sqlalchemy import create_engine, text

from benchmarks import running
from benchmarks.figures import Report, percentile
from emulator.__main__ import account
from emulator.caller import Caller
from emulator.courier import Answer, Entry, Request
from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.server.clockwork import LONGEST_WEBHOOK, Clockwork, HttpPort, stopped, wall
from emulator.server.pages import Pages
from emulator.timeline import Timeline

# Not counted: a server that has just begun compiles each statement once.
WARM_SECONDS = 10
SECONDS = 60
CALLS_PER_SECOND = 5.0
# As many as are never short: a talk of four seconds is followed by thirty of wrap-up.
AGENTS = 240
TALK = 4.0
# Greeting, menu, waiting and talk, with a good margin.
FINISHED_WITHIN = 45.0
GOAL_P99 = 0.150
# Of the calls that come, so many must reach an agent and be talked to their end.
COMPLETED = 0.99
# Load is raised by these steps until a promise breaks; the bare server's by its own.
STEPS = (5.0, 8.0, 11.0, 14.0, 18.0, 24.0)
BARE_STEPS = (5.0, 8.0, 11.0, 14.0, 18.0, 24.0, 32.0, 43.0, 57.0, 76.0, 100.0)
STEP_SECONDS = 20
BARE_STEP_SECONDS = 5
MOST_WEBHOOKS = 12
LOOK_EVERY = 0.1


def run(report: Report) -> None:
    with running.hotline() as hotline:
        asyncio.run(_bench(report, hotline))


async def _bench(report: Report, hotline: running.Running) -> None:
    _hire(hotline)
    async with carrier(hotline) as load:
        desks = asyncio.ensure_future(load.cast_agents())
        await load.run(CALLS_PER_SECOND, WARM_SECONDS)
        warm = len(load.callers)
        load.port.taken.clear()
        entries = await load.run(CALLS_PER_SECOND, SECONDS)
        times = load.port.times()
        load.port.tell_doors()
        done = _completed(load.callers[warm:])
        with running.bare(hotline, hotline.port + running.STEP) as base:
            bare = (await ask_bare(load, base, entries, len(entries) / SECONDS, SECONDS)).taken
            bare_most = await most_bare(load, base, entries)
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            report.say(
                f"webhook_{name}_s",
                percentile(times, share),
                "s",
                reference=percentile(bare, share),
                at_most=GOAL_P99 if name == "p99" else None,
            )
        report.say("requests_per_s", len(entries) / SECONDS, "1/s")
        report.say("calls_completed", done, "share", at_least=COMPLETED)
        report.say("webhooks_per_call", _per_call(load), "", at_most=MOST_WEBHOOKS)
        report.say("max_calls_per_s", await _most(load), "1/s", reference=bare_most)
        await stopped(desks)


def _completed(callers: Sequence["Visitor"]) -> float:
    return fmean(caller.talked for caller in callers)


def _per_call(load: "Load") -> float:
    """Webhooks of a whole call: of the citizen's leg from first to last, and of his agent's.

    The sound that he waits by is fetched, not asked of us: the carrier may keep it."""
    posted = (entry for entry in load.entries if entry.request.method == "POST")
    counted = Counter(entry.leg for entry in posted)
    talked = [one.leg for one in load.callers if one.talked and one.leg is not None]
    citizens = [counted[leg.sid] for leg in talked if not leg.live]
    agents = [
        counted[leg.sid]
        for leg in load.exchange.legs.values()
        if leg.custom.get("offer") and not leg.live
    ]
    return fmean(citizens or [0]) + fmean(agents or [0])


async def _most(load: "Load") -> float:
    """The highest rate of calls at which webhooks are answered in time and calls come through."""
    held = 0.0
    for rate in STEPS:
        before = len(load.callers)
        load.port.taken.clear()
        await load.run(rate, STEP_SECONDS)
        done = _completed(load.callers[before:])
        p99 = percentile(load.port.times(), 0.99)
        print(f"# {rate} calls/s p99={p99:.3f} completed={done:.3f}", file=sys.stderr)
        if p99 > GOAL_P99 or done < COMPLETED:
            break
        held = rate
    return held


async def most_bare(load: "Load", base: str, entries: list[Entry]) -> float:
    """The same for the server that does nothing: as many webhooks a call, no call lost."""
    held = 0.0
    for rate in BARE_STEPS:
        asked = await ask_bare(load, base, entries, rate * MOST_WEBHOOKS, BARE_STEP_SECONDS)
        if asked.failed or percentile(asked.taken, 0.99) > GOAL_P99:
            break
        held = rate
    return held


@dataclass
class Asked:
    """What a server that does nothing made of a stream of webhooks."""

    taken: list[float] = field(default_factory=list)
    failed: int = 0

    def note(self, began: float, answer: Answer) -> None:
        self.taken.append(time.perf_counter() - began)
        self.failed += not answer.ok


async def ask_bare(
    load: "Load", base: str, entries: list[Entry], per_second: float, seconds: float
) -> Asked:
    """The same requests in the same order, at a steady rate; every answer is waited for."""
    asked, sent, began = Asked(), 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        while sent < passed * per_second:
            _ask(load, base, entries[sent % len(entries)], asked)
            sent += 1
        await asyncio.sleep(0.002)
    ends = time.perf_counter() + LONGEST_WEBHOOK
    while len(asked.taken) < sent and time.perf_counter() < ends:
        await asyncio.sleep(0.05)
    asked.failed += sent - len(asked.taken)
    return asked


def _ask(load: "Load", base: str, entry: Entry, asked: Asked) -> None:
    parts = urlsplit(entry.request.url)
    url = base + parts.path + (f"?{parts.query}" if parts.query else "")
    began = time.perf_counter()
    signed = load.exchange.courier.signed(url, "POST", entry.request.params)
    load.port(signed, lambda answer: asked.note(began, answer))


@dataclass
class Visitor(Caller):
    """A citizen: presses a key over the menu, talks for a while, rates."""

    key: str = "0"
    talked: bool = False

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        self.heard.append(words)
        timeline = self.exchange.timeline
        if "请直接说出" in words:
            timeline.after(0.2, lambda: leg.press(self.key) if leg.live else None)
        elif "请对本次服务评价" in words:
            timeline.after(0.2, lambda: leg.press("5") if leg.live else None)


class Stopwatch(HttpPort):
    """Times each webhook from sending to the answer's last byte; the timeline's own clock moves
    by ticks of 20 ms, which is too coarse here."""

    def __init__(self, session: ClientSession) -> None:
        super().__init__(session)
        self.taken: list[tuple[str, float]] = []
        self.failed = 0

    async def _ask(self, request: Request) -> Answer:
        began = time.perf_counter()
        answer = await super()._ask(request)
        self.taken.append((urlsplit(request.url).path, time.perf_counter() - began))
        if answer.error or answer.status >= 400:
            self.failed += 1
            print(f"# {request.url} {answer.status} {answer.error}", file=sys.stderr)
        return answer

    def times(self) -> list[float]:
        return [seconds for _, seconds in self.taken]

    def tell_doors(self) -> None:
        """Which door is slow, for whoever wants to make it faster; no figure of the report."""
        doors: dict[str, list[float]] = defaultdict(list)
        for path, seconds in self.taken:
            doors[path].append(seconds)
        for path, all_of in sorted(doors.items(), key=lambda door: -percentile(door[1], 0.99)):
            p50, p99 = percentile(all_of, 0.5), percentile(all_of, 0.99)
            print(f"# {path} n={len(all_of)} p50={p50:.3f} p99={p99:.3f}", file=sys.stderr)


@dataclass
class Load:
    """Calls at a steady rate, and agents who answer whatever they are offered."""

    hotline: running.Running
    exchange: Exchange
    port: Stopwatch
    callers: list[Visitor] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    _answered: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        url = self.hotline.env["DATABASE_URL"]
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_size=2)
        self.exchange.courier.on_entry = self.entries.append

    async def cast_agents(self) -> None:
        """Desks: offers are answered as soon as they are seen, talks finished after a while."""
        while True:
            # In a thread: the carrier must not stand still while the database thinks.
            for offer, agent in await asyncio.to_thread(self._ringing):
                if offer not in self._answered:
                    self._answered.add(offer)
                    self._answer(offer, agent)
            await asyncio.sleep(LOOK_EVERY)

    async def run(self, rate: float, seconds: float, *, wait: bool = True) -> list[Entry]:
        """New calls at ``rate`` per second; the webhooks that were answered meanwhile.

        ``wait``: for the end of those that are then on the line."""
        begin, before = len(self.entries), len(self.callers)
        ends = time.monotonic() + seconds
        number = self.hotline.env["HOTLINE_NUMBER"]
        while time.monotonic() < ends:
            visitor = Visitor(self.exchange, key=str(len(self.callers) % 5))
            self.callers.append(visitor)
            visitor.dials(number)
            await asyncio.sleep(1 / rate)
        entries = self.entries[begin:]
        if wait:
            await self._let_finish(self.callers[before:])
        return entries

    async def _let_finish(self, callers: Sequence[Visitor]) -> None:
        """Those who are on the line talk to their end, if anybody answers them."""
        ends = time.monotonic() + FINISHED_WITHIN
        while time.monotonic() < ends:
            if all(one.talked or (one.leg is not None and not one.leg.live) for one in callers):
                return
            await asyncio.sleep(0.5)

    def _ringing(self) -> list[tuple[int, int]]:
        with self._engine.connect() as connection:
            rows = connection.execute(
                text("SELECT id, agent_id FROM offer WHERE state = 'ringing'")
            )
            return [(row.id, row.agent_id) for row in rows]

    def _answer(self, offer: int, agent: int) -> None:
        desk = Caller(self.exchange, f"client:agent_{agent}")
        application = self.hotline.env["TWILIO_APP_SID"]
        leg = desk.connects(application, offer=str(offer))
        self.exchange.timeline.after(TALK, lambda: self._finish(leg))

    def _finish(self, leg: Leg) -> None:
        """The citizen says good-bye: his exit ends the talk."""
        for other in leg.hears():
            if isinstance(other.party, Visitor):
                other.party.talked = True
                other.end()


def _hire(hotline: running.Running) -> None:
    """Agents of the bench, skilled for every line, ready from now on, with no rest after a talk."""
    engine = create_engine(hotline.env["DATABASE_URL"])
    with engine.begin() as connection:
        for n in range(AGENTS):
            staff = connection.scalar(
                text(
                    "INSERT INTO staff (login, name, password_hash, roles, must_change_password,"
                    " session_epoch, created_at) VALUES (:login, :login, '-', '{agent}', false, 0,"
                    " now()) RETURNING id"
                ),
                {"login": f"bench{n}"},
            )
            connection.execute(
                text(
                    "INSERT INTO seat (staff_id, number, languages, desired, desired_since,"
                    " activity, activity_since, idle_since, missed, lease_until) VALUES (:id, :no,"
                    " '{zh}', 'ready', now(), 'idle', now(), now(), 0, now() + interval '1 day')"
                ),
                {"id": staff, "no": f"b{n}"},
            )
            connection.execute(
                text("INSERT INTO skill (staff_id, line_id, level) SELECT :id, id, 3 FROM line"),
                {"id": staff},
            )
    engine.dispose()


@asynccontextmanager
async def carrier(hotline: running.Running) -> AsyncIterator[Load]:
    """The emulator without sound at the address where the hotline expects its carrier."""
    env = hotline.env
    given = SimpleNamespace(
        account=env["TWILIO_ACCOUNT_SID"],
        token=env["TWILIO_AUTH_TOKEN"],
        key="",
        secret="",
        application=env["TWILIO_APP_SID"],
        number=env["HOTLINE_NUMBER"],
        voice_url=hotline.base + "/voice/incoming",
        agent_url=hotline.base + "/voice/agent",
        status_url=hotline.base + "/voice/status",
        fallback_url=f"http://127.0.0.1:{hotline.port + 4}/voice/failed",
    )
    timeline = Timeline(wall())
    async with ClientSession(connector=TCPConnector(limit=200)) as client:
        port = Stopwatch(client)
        exchange = Exchange(timeline, account(given), port, base_url=env["TWILIO_API_URL"])  # type: ignore[arg-type]
        pages = Pages(exchange, None, Path("unused"), "")
        load = Load(hotline, exchange, port)
        runner = web.AppRunner(pages.application(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", hotline.port + 2).start()
        ticking = asyncio.ensure_future(Clockwork(timeline, None).run())
        try:
            yield load
        finally:
            await stopped(ticking)
            await runner.cleanup()
