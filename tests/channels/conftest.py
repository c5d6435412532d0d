"""A unit with a ticket in its hands, and a system of its own that takes webhooks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from channels.outgoing import endpoints
from infra.db import commit, session
from models import About, Assignment, Endpoint, Scope, Ticket, Unit, UnitKind
from staff import keys
from tests.tickets.conftest import (  # noqa: F401
    a_call,
    a_complaint,
    agent,
    citizen,
    place,
    texts,
    wang,
)
from tickets import dispatch, lifecycle


@dataclass(frozen=True)
class Got:
    """One webhook as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """A unit's own system: keeps what it gets, and answers what the test wants."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], int] = lambda _got: 204
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    known = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            known.got.append(got)
            status = known.answer(got)
            if not status:
                return  # the line is cut
            self.send_response(status)
            for name, value in known.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    known.url = f"http://127.0.0.1:{server.server_port}/hook?from=12345"
    yield known
    server.shutdown()
    server.server_close()


@pytest.fixture
def urban(place, time) -> Unit:  # noqa: F811
    """The unit that lights belong to; with a station below it and a neighbour beside it."""
    unit = session.scalars(select(Unit).where(Unit.code == "urban")).one()
    session.add_all(
        [
            Unit(code="station", name="路灯所", kind=UnitKind.SERVICE, parent=unit),
            Unit(code="power", name="供电公司", kind=UnitKind.ENTERPRISE),
        ]
    )
    session.flush()
    return unit


@pytest.fixture
def power(urban) -> Unit:
    return session.scalars(select(Unit).where(Unit.code == "power")).one()


@pytest.fixture
def station(urban) -> Unit:
    return session.scalars(select(Unit).where(Unit.code == "station")).one()


@pytest.fixture
def endpoint(urban, receiver) -> Endpoint:
    made, _secret = endpoints.add(urban, receiver.url, list(About))
    commit()
    return made


@pytest.fixture
def ticket(a_call, wang, urban) -> Ticket:  # noqa: F811
    return lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())


@pytest.fixture
def assignment(ticket, urban) -> Assignment:
    given = dispatch.dispatch(ticket, urban, by=None)
    commit()
    return given


@dataclass
class System:
    """A unit's own system: asks the interface with its key."""

    client: FlaskClient
    key: str
    language: str = "zh-CN"

    def get(self, path: str, **query: object) -> TestResponse:
        return self.ask("GET", path, query_string=query)

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, json=body, headers=named)

    def ask(self, method: str, path: str, headers: dict | None = None, **known) -> TestResponse:
        known["headers"] = {
            "Authorization": f"Bearer {self.key}",
            "Accept-Language": self.language,
            **(headers or {}),
        }
        return self.client.open(f"/api/v1{path}", method=method, **known)


def system_of(app: Flask, unit: Unit, *scopes: Scope, **known: object) -> System:
    _key, whole = keys.make(
        unit, "业务系统", scopes or list(Scope), life=timedelta(days=30), **known
    )
    commit()
    return System(app.test_client(), whole)


@pytest.fixture
def system(app: Flask, urban: Unit) -> System:
    return system_of(app, urban)
