"""The real application on a real database, with time held still, for every test."""

from collections.abc import Callable, Iterator
from contextlib import closing
from contextvars import Context
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from playwright.sync_api import sync_playwright
from rq import Queue, SimpleWorker
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from werkzeug.test import TestResponse

import telephony.fallback
from app import create_app
from assist import hands
from config import Settings
from emulator.timeline import Timeline
from infra import bell, clock, db, seldom
from infra.jobs import QUEUES
from models import Base
from staff import passwords
from tests import browsers, services
from tests.browsers import Browsers
from tests.carrier import City
from tests.emptying import Emptying


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are given to the processes one after the other, in this order: whoever got a story of
    minutes last would work alone at the end.  Long is what needs a browser, then what holds
    many tests."""
    by_file: dict[Path, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.path, []).append(item)

    def length(tests: list[pytest.Item]) -> tuple[bool, int]:
        return any("chromium" in getattr(one, "fixturenames", ()) for one in tests), len(tests)

    ordered = sorted(by_file.values(), key=length, reverse=True)
    items[:] = [one for tests in ordered for one in tests]


class Visitor(FlaskClient):
    """A client whose requests have a context and a session of their own, as in production."""

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        if has_app_context():
            db.commit()  # what the test has prepared must be there for others
        answer = Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.expire_all()
        return answer


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    with services.running() as found:
        yield found


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """A hash is dear on purpose, a fifth of a second.  What a story tells of
    passwords is as true of a cheap one; tests/staff/test_passwords.py looks at the real one."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", cheap)
        patch.setattr(passwords, "_nobody", cheap.hash("nobody's"))
        yield


@pytest.fixture(scope="session")
def whole_app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.testing = True
    app.test_client_class = Visitor
    event.listen(app.extensions["engine"], "connect", _be_patient)
    Base.metadata.create_all(app.extensions["engine"])
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="session")
def empty(whole_app: Flask, settings: Settings) -> Iterator[Emptying]:
    emptying = Emptying(settings.database_url)
    yield emptying
    emptying.close()


@pytest.fixture
def app(whole_app: Flask, empty: Emptying) -> Iterator[Flask]:
    """The application, with a context for the test itself; all rows are gone afterwards."""
    with whole_app.app_context():
        yield whole_app
        db.roll_back()
        db.session.remove()
    empty()
    whole_app.extensions["redis"].flushdb()
    seldom.forget()
    hands.forget()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def time() -> Iterator[Timeline]:
    """The time, held still: it moves when a test says ``time.forward(seconds)``."""
    timeline = Timeline()
    clock.use(lambda: timeline.now)
    yield timeline
    clock.use(None)


@pytest.fixture
def city(app: Flask, client: FlaskClient, time: Timeline) -> City:
    """The hotline with its carrier; the fallback process needs no database, so none is given."""
    fallback = telephony.fallback.create_app(app.config["SETTINGS"])
    fallback.extensions["health"] = telephony.fallback.Health(lambda: True)
    made = City(app, client, fallback.test_client(), time)
    fallback.extensions["health"] = telephony.fallback.Health(lambda: not made.down)
    return made


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser; a test that asks for it is skipped, or in CI fails, without one."""
    return browsers.insist(browsers.installed())


@pytest.fixture(scope="session")
def all_browsers(chromium: str) -> Iterator[Browsers]:
    # One for everybody: a second could not begin in this process while it is there.
    with sync_playwright() as playwright:
        found = Browsers(playwright, chromium)
        yield found
        found.close()


@pytest.fixture
def work(app: Flask) -> Callable[[], None]:
    """Let a real worker do every job that is queued now."""

    def until_idle() -> None:
        db.commit()
        lanes = [Queue(name, connection=bell.connection()) for name in QUEUES]
        SimpleWorker(lanes, connection=bell.connection()).work(burst=True)
        db.session.expire_all()

    return until_idle


def _be_patient(connection: DBAPIConnection, _record: object) -> None:
    """A story on a busy machine may think longer between two statements than a request may."""
    with closing(connection.cursor()) as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '2min'")
    connection.commit()
