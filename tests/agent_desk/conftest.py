"""An agent at his desk, with the pages' own doors and the carrier's."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext

from infra import events
from infra.db import commit, session
from models import Seat
from tests.agent_desk.sitting import ARGUMENTS, CHECKED, PRETENDED_VOICE, Sitting
from tests.browsers import Browsers
from tests.carrier import Desk
from tests.opening import served
from tests.places import a_line, an_agent
from tests.visitors import Browser, browser_of


@pytest.fixture
def lines(app, time):
    found = {code: a_line(code, rank=rank) for rank, code in enumerate(("general", "tourism"))}
    commit()
    return found


@pytest.fixture
def wang(city, lines) -> Seat:
    return an_agent("wang", *lines.values())


@pytest.fixture
def phone(city, wang):
    """His browser phone, which keeps his lease as the stream of his desk does."""
    return city.desk(wang)


@pytest.fixture
def desk(app, wang) -> Browser:
    """His page."""
    return browser_of(app, wang.staff)


def again(row):
    """The row as it is now."""
    session.expire_all()
    return session.get_one(type(row), row.staff_id if isinstance(row, Seat) else row.id)


@pytest.fixture
def browser(all_browsers: Browsers) -> Chromium:
    return all_browsers.of(*ARGUMENTS)


@pytest.fixture
def context(city, desk, browser, monkeypatch) -> Iterator[BrowserContext]:
    """A browser in which he is signed in, and a server for its pages."""
    monkeypatch.setattr(events, "PING_SECONDS", 60.0)
    with served(city.app) as base:
        settings = replace(city.app.config["SETTINGS"], live_url=base)
        monkeypatch.setitem(city.app.config, "SETTINGS", settings)
        name = city.app.config["SESSION_COOKIE_NAME"]
        context = browser.new_context(base_url=base, viewport={"width": 1366, "height": 768})
        context.add_cookies(
            [{"name": name, "value": desk.client.get_cookie(name).value, "url": base}]
        )
        yield context
        context.close()


@pytest.fixture
def sits(context, city, wang) -> Callable[..., Sitting]:
    """He opens his desk, in as many tabs as he likes."""

    def sit(script: str = "", address: str = "/desk", *, checked: bool = True) -> Sitting:
        page = context.new_page()
        page.route("**/twilio.min.js", lambda it: it.fulfill(body=PRETENDED_VOICE))
        page.add_init_script(CHECKED if checked else "")
        page.add_init_script(script)
        page.goto(address)
        sitting = Sitting(page, city, wang, Desk(city, wang.staff_id, wang.identity))
        commit()  # a browser is slow; nothing may stay open meanwhile
        return sitting

    return sit
