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


@contextmanager
def opening(app: Flask, browser: Browser) -> Iterator[Opens]:
    """``opens(staff, path, size)`` is a page in a browser of his own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    name = app.config["SESSION_COOKIE_NAME"]
    opened: list[BrowserContext] = []

    def opens(staff: StaffMember, path: str, size: dict[str, int] = WIDE) -> Page:
        cookie = browser_of(app, staff).client.get_cookie(name).value
        context = browser.new_context(base_url=base, viewport=size)
        opened.append(context)
        context.add_cookies([{"name": name, "value": cookie, "url": base}])
        page = context.new_page()
        page.goto(path)
        return page

    yield opens
    for context in opened:
        context.close()
    server.shutdown()
    server.server_close()


def fits(page: Page) -> bool:
    """Nothing sticks out to the right of the screen."""
    widths = "[document.documentElement.scrollWidth, window.innerWidth]"
    inner, outer = page.evaluate(widths)
    return bool(inner <= outer)
