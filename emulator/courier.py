"""Webhooks: signed, timed, repeated as the address asks, and put through whatever faults are on."""

from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from urllib.parse import parse_qs, parse_qsl, urldefrag, urlencode, urlsplit
from uuid import uuid4

from twilio.request_validator import RequestValidator

from emulator.faults import Faults
from emulator.tasks import Signal, Task, first_of, moment
from emulator.timeline import Timeline

Params = Mapping[str, str]

LOG_LENGTH = 5000
# Which policy repeats which failure.
KINDS = {"connect": "ct", "dns": "ct", "tls": "ct", "timeout": "rt"}


@dataclass(frozen=True)
class Request:
    """One HTTP request to the customer; the fields are in ``params`` also when it is a GET."""

    method: str
    url: str
    params: dict[str, str]
    headers: dict[str, str]
    # How many seconds a connection may take to be made.
    connect: float = 5.0

    @property
    def address(self) -> str:
        """The URL that is really asked: a GET carries its fields in the query."""
        if self.method != "GET" or not self.params:
            return self.url
        return self.url + ("&" if urlsplit(self.url).query else "?") + urlencode(self.params)


@dataclass(frozen=True)
class Answer:
    """What came back; ``error`` is connect, dns, tls, redirects or timeout when nothing did."""

    status: int = 0
    body: str = ""
    content_type: str = "text/xml"
    error: str | None = None
    # Sound comes as bytes, with the headers that ask later whether it is still the same.
    content: bytes = b""
    validators: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.error is None and 200 <= self.status < 300


@dataclass
class Fault:
    """What a switch did to it; ``late`` are the seconds that it was held back."""

    lost: bool = False
    doubled: bool = False
    late: float = 0.0


@dataclass
class Entry:
    """A line of the log: what was asked, what came back, how long it took."""

    at: datetime
    leg: str
    request: Request
    attempt: int
    answer: Answer | None = None
    seconds: float = 0.0
    fault: Fault = field(default_factory=Fault)


# Carries a request out and tells the answer, now or later.
Port = Callable[[Request, Callable[[Answer], None]], None]
# The same for a line of the log, which may be marked by a fault on its way.
Way = Callable[[Entry, Callable[[Answer], None]], None]


@dataclass(frozen=True)
class Overrides:
    """What the fragment of an address says: ``#ct=…&rt=…&tt=…&rc=…&rp=…`` in milliseconds.

    ``sni`` and ``e`` are about encryption and the carrier's own places: nothing to do here."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, url: str) -> "Overrides":
        said = dict(parse_qsl(urldefrag(url).fragment))
        plain = cls()
        return cls(
            connect=_between(said.get("ct"), 0.1, 10.0, plain.connect),
            read=_between(said.get("rt"), 0.1, 15.0, plain.read),
            total=_between(said.get("tt"), 0.1, 15.0, plain.total),
            retries=min(5, int(said["rc"])) if said.get("rc", "").isdecimal() else plain.retries,
            policy=frozenset(said["rp"].split(",")) if said.get("rp") else plain.policy,
        )

    def repeats(self, answer: Answer) -> bool:
        if answer.ok:
            return False
        kind = KINDS.get(answer.error or "") or f"{answer.status // 100}xx"
        return bool(self.policy & {"all", kind})


@dataclass
class Courier:
    timeline: Timeline
    token: str
    port: Port
    faults: Faults = field(default_factory=Faults)
    log: deque[Entry] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    on_entry: Callable[[Entry], None] = lambda _entry: None

    def fetch(
        self, leg: str, url: str, method: str, params: Params, headers: Params | None = None
    ) -> Signal[Answer]:
        """Ask and wait: the answer of the last attempt, at the latest after the time allowed."""
        got: Signal[Answer] = Signal()
        request = self.signed(url, method, params)
        request.headers.update(headers or {})
        Task(self.timeline, self._attempts(leg, request, url, got, self._in_trouble))
        return got

    def report(self, leg: str, url: str, params: Params, method: str = "POST") -> None:
        """A status callback: nobody waits for it, and faults may do with it what they like."""
        request = self.signed(url, method, params)
        delays = self.faults.webhook(request.url)
        if not delays:
            self._lose(leg, request)
        for delay in delays:
            way = partial(self._straight, Fault(doubled=len(delays) > 1, late=delay))
            send = partial(self._attempts, leg, request, url, Signal(), way)
            self.timeline.after(delay, partial(self._begin, send))

    def _begin(self, send: Callable[[], Coroutine[object, object, None]]) -> None:
        Task(self.timeline, send())

    def _lose(self, leg: str, request: Request) -> None:
        """Nobody is asked, and the log says why."""
        lost = Entry(self.timeline.now, leg, request, 0, fault=Fault(lost=True))
        self.log.append(lost)
        self.on_entry(lost)

    def _straight(self, fault: Fault, entry: Entry, answered: Callable[[Answer], None]) -> None:
        entry.fault = fault
        self.port(entry.request, answered)

    def _in_trouble(self, entry: Entry, answered: Callable[[Answer], None]) -> None:
        """The port, for what a call waits for, with whatever faults are on."""
        delay = self.faults.document(entry.request.url)
        entry.fault = Fault(lost=delay is None, late=delay or 0.0)
        if delay is None:
            answered(Answer(error="connect"))
        elif delay:
            self.timeline.after(delay, lambda: self.port(entry.request, answered))
        else:
            self.port(entry.request, answered)

    async def _attempts(
        self, leg: str, request: Request, url: str, got: Signal[Answer], way: Way
    ) -> None:
        rules = Overrides.of(url)
        request = replace(request, connect=rules.connect)
        began = self.timeline.now
        answer = Answer(error="timeout")
        for attempt in range(rules.retries + 1):
            left = rules.total - (self.timeline.now - began).total_seconds()
            if left <= 0:
                break
            answer = await self._attempt(leg, request, attempt, min(rules.read, left), way)
            if not rules.repeats(answer):
                break
        got.resolve(answer)

    async def _attempt(
        self, leg: str, request: Request, attempt: int, seconds: float, way: Way
    ) -> Answer:
        entry = Entry(self.timeline.now, leg, request, attempt)
        self.log.append(entry)
        arrived: Signal[Answer] = Signal()
        way(entry, arrived.resolve)
        await first_of(arrived, moment(self.timeline, seconds))
        entry.answer = arrived.value if arrived.done else Answer(error="timeout")
        entry.seconds = (self.timeline.now - entry.at).total_seconds()
        self.on_entry(entry)
        return entry.answer

    def last_answer(self, leg: str, url: str) -> Answer | None:
        """What that address answered when this leg asked it the last time, lately."""
        bare = urldefrag(url).url
        for entry in islice(reversed(self.log), 50):
            if entry.leg == leg and entry.request.url == bare and entry.answer is not None:
                return entry.answer
        return None

    def signed(self, url: str, method: str, params: Params) -> Request:
        bare = urldefrag(url).url
        request = Request(method.upper(), bare, dict(params), {})
        signed = (
            RequestValidator(self.token).compute_signature(bare, dict(params))
            if request.method == "POST"
            else RequestValidator(self.token).compute_signature(request.address, {})
        )
        return replace(
            request,
            headers={
                "User-Agent": "TwilioProxy/1.1",
                "Accept": "*/*",
                "Cache-Control": "max-age=259200",
                "X-Twilio-Signature": signed,
                "I-Twilio-Idempotency-Token": str(uuid4()),
            },
        )


def _between(text: str | None, low: float, high: float, default: float) -> float:
    if text is None or not text.isdecimal():
        return default
    return max(low, min(high, int(text) / 1000))


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
