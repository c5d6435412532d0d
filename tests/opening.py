"""Several people at real browsers, each with a session of his own and a screen of his own size."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from models import StaffMember
from tests.visitors import browser_of

WIDE, TELEPHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
Opens = Callable[..., Page]
BOXES_ARE_THERE = """
() => [...document.querySelectorAll("select[data-choice]")].every((select) => select.tomselect)
"""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the application on a port.  It looks often whether it shall stop: half a
    second, as is usual, would be the longest part of many a story."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def opening(app: Flask, browser: Browser) -> Iterator[Opens]:
    """``opens(staff, path, size)`` is a page with a session and a size of his own."""
    name = app.config["SESSION_COOKIE_NAME"]
    opened: list[BrowserContext] = []
    with served(app) as base:

        def opens(staff: StaffMember, path: str, size: dict[str, int] = WIDE) -> Page:
            cookie = browser_of(app, staff).client.get_cookie(name).value
            context = browser.new_context(base_url=base, viewport=size)
            opened.append(context)
            context.add_cookies([{"name": name, "value": cookie, "url": base}])
            page = context.new_page()
            page.goto(path)
            # What types into them may come after the page is there.
            page.wait_for_function(BOXES_ARE_THERE)
            return page

        yield opens
        for context in opened:
            context.close()


def fits(page: Page) -> bool:
    """Nothing sticks out to the right of the screen."""
    widths = "[document.documentElement.scrollWidth, window.innerWidth]"
    inner, outer = page.evaluate(widths)
    return bool(inner <= outer)
