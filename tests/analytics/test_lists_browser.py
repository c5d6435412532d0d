"""Lists without a mouse, and pages that fit a small screen at twice its size."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from models import Role
from tests.browsers import Browsers
from tests.opening import served
from tests.visitors import browser_of
from tests.web.city import NUMBER, City

pytestmark = pytest.mark.browser

# 1366 pixels at 200 %.
SMALL = {"width": 683, "height": 384}


@pytest.fixture
def page(all_browsers: Browsers, app: Flask, time: object) -> Iterator[Page]:
    lead = browser_of(app, City(app).people[Role.LEAD])
    with served(app) as base:
        name = app.config["SESSION_COOKIE_NAME"]
        context = all_browsers.of().new_context(base_url=base, viewport=SMALL)
        context.add_cookies(
            [{"name": name, "value": lead.client.get_cookie(name).value, "url": base}]
        )
        yield context.new_page()
        context.close()


def test_a_list_is_searched_walked_and_opened_by_keys(page: Page) -> None:
    page.goto("/tickets")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("jk/")
    expect(page.locator("[data-search]")).to_have_value("jk/")
    page.keyboard.press("Escape")
    expect(page.locator("[data-search]")).not_to_be_focused()
    for key in "jjjk":
        page.keyboard.press(key)
    chosen = page.locator("tr[aria-selected=true]")
    expect(chosen).to_have_count(1)
    address = chosen.locator("a").first.get_attribute("href")
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


@pytest.mark.parametrize(
    "path",
    ["/tickets", f"/tickets/{NUMBER}", "/drafts/2", "/calls", "/calls/1", "/knowledge", "/floor"],
)
def test_no_page_is_wider_than_the_screen_at_twice_its_size(page: Page, path: str) -> None:
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
