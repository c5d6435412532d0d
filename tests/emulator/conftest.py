"""A customer of the carrier that answers from a table, and remembers what it was asked."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np
import pytest

from emulator.account import Account, Application, Number, Webhooks
from emulator.caller import Caller
from emulator.courier import Answer, Request
from emulator.exchange import Exchange
from emulator.rest.api import Api
from emulator.sound import RATE, wav
from emulator.timeline import Timeline

BASE = "http://customer.test"
HOTLINE = "+8679112345"
ACCOUNT, TOKEN = "AC" + "a" * 32, "token"
APPLICATION = "AP" + "b" * 32


@dataclass
class Customer:
    """What each path answers: TwiML, an Answer, or nothing at all (None: never)."""

    timeline: Timeline
    pages: dict[str, str | Answer | list[Answer] | Callable[[Request], str] | None] = field(
        default_factory=dict
    )
    asked: list[Request] = field(default_factory=list)
    exchange: Exchange = field(init=False)

    def __post_init__(self) -> None:
        hotline = Webhooks(
            voice_url=f"{BASE}/start",
            voice_fallback_url=f"{BASE}/fallback",
            status_callback=f"{BASE}/status",
        )
        account = Account(ACCOUNT, TOKEN)
        account.numbers[HOTLINE] = Number(HOTLINE, hotline)
        account.applications[APPLICATION] = Application(
            Webhooks(voice_url=f"{BASE}/app"), APPLICATION
        )
        self.exchange = Exchange(self.timeline, account, self._post)
        self.api = Api(self.exchange)

    def _post(self, request: Request, answered: Callable[[Answer], None]) -> None:
        self.asked.append(request)
        page = self.pages.get(urlsplit(request.url).path, Answer(404))
        if callable(page):
            page = page(request)
        if page is None:
            return
        if isinstance(page, list):  # one answer after the other, the last for ever
            page = page.pop(0) if len(page) > 1 else page[0]
        answer = page if isinstance(page, Answer) else Answer(200, f"<Response>{page}</Response>")
        self.timeline.after(0.01, lambda: answered(answer))

    def codes(self) -> list[int]:
        """What the carrier noted as wrong, in order."""
        return [one.code for one in self.exchange.notifications]

    def of(self, path: str) -> list[Request]:
        return [one for one in self.asked if urlsplit(one.url).path == path]

    def last(self, path: str) -> dict[str, str]:
        """The fields of the last request for that path."""
        return self.of(path)[-1].params

    @property
    def auth(self) -> str:
        return AUTH

    def rest(self, method: str, path: str, **fields: str):
        """A REST request as the account; returns the status and the body."""
        listed = {name: [value] for name, value in fields.items()}
        got = self.api.handle(method, f"/2010-04-01/Accounts/{ACCOUNT}{path}", listed, AUTH)
        return got.status, json.loads(got.body) if got.body else None


def sound(seconds: float, **more: object) -> Answer:
    """A WAV file of that length, as a web server gives it."""
    samples = np.full((round(seconds * RATE), 1), 1000)
    return Answer(200, "", "audio/x-wav", content=wav(samples), **more)


AUTH = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()


@pytest.fixture
def timeline() -> Timeline:
    return Timeline()


@pytest.fixture
def customer(timeline: Timeline) -> Customer:
    return Customer(timeline)


@pytest.fixture
def caller(customer: Customer) -> Caller:
    return Caller(customer.exchange, "+8613800000001")


@pytest.fixture
def call(customer: Customer, caller: Caller):
    """Dial the hotline, whose first document is this one, and let half a second pass."""

    def dial(document: str, **pages: str) -> Caller:
        customer.pages |= {"/start": document} | {f"/{name}": page for name, page in pages.items()}
        caller.dials(HOTLINE)
        customer.timeline.forward(0.5)
        return caller

    return dial


@pytest.fixture
def enter(customer, timeline):
    """Somebody calls and is put into the room with these attributes."""

    def come(attributes: str = "", after: str = "", action: str = "/out") -> Caller:
        wait = "" if "waitUrl" in attributes else "waitUrl=''"
        customer.pages["/start"] = (
            f"<Dial action='{action}'>"
            f"<Conference {wait} {attributes}>room</Conference></Dial>{after}"
        )
        customer.pages.setdefault("/out", "<Pause length='600'/>")
        one = Caller(customer.exchange)
        one.dials(HOTLINE)
        timeline.forward(0.5)
        return one

    return come
