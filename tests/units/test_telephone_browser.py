"""A clerk with a narrow telephone: what matters most stands first, and a thumb reaches it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from infra import db
from tests.browsers import Browsers
from tests.handled import Town
from tests.opening import Opens, fits, opening

NARROW = {"width": 360, "height": 740}

pytestmark = pytest.mark.browser


@pytest.fixture
def town(app: Flask, time: object) -> Town:
    return Town(app)


@pytest.fixture
def opens(all_browsers: Browsers, app: Flask) -> Iterator[Opens]:
    with opening(app, all_browsers.of()) as opens_page:
        yield opens_page


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"]


def test_the_due_date_stands_before_the_number_and_the_matter_above_the_place(
    town: Town, opens: Opens
) -> None:
    town.given()
    db.commit()
    page = opens(town.people["urban"], "/inbox", NARROW)
    assert fits(page)
    header = page.locator("header.top").bounding_box()
    assert header is not None
    assert header["height"] <= 80
    due, number = page.locator("td.due").bounding_box(), page.locator("td.num").bounding_box()
    assert due is not None
    assert number is not None
    assert due["x"] < number["x"]
    assert abs(due["y"] - number["y"]) < 10
    assert top(page, "td.num") < top(page, "td.text") < top(page, "td:text-is('东湖区')")
    expect(page.get_by_role("button", name="签收所选")).to_be_in_viewport()


def test_signing_and_replying_are_within_reach(town: Town, opens: Opens) -> None:
    one = town.given()
    db.commit()
    page = opens(town.people["urban"], f"/inbox/{one.id}", NARROW)
    sign = page.get_by_role("button", name="签收", exact=True)
    expect(sign).to_be_in_viewport()
    assert top(page, ".sign-now button") > NARROW["height"] / 2
    sign.click()
    expect(page.locator(".notice[data-kind=done]")).to_be_visible()
    reach = page.get_by_role("navigation", name="本页")
    expect(reach).to_be_in_viewport()
    expect(page.get_by_label("公开答复（市民会读到）")).not_to_be_in_viewport()
    reach.get_by_role("link", name="反馈").click()
    expect(page.get_by_role("heading", name="反馈")).to_be_in_viewport()
    assert fits(page)
