"""A citizen reads his ticket on a narrow telephone."""

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


def right_edge(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"]


def test_the_ticket_is_asked_for_and_read_at_360(town: Town, opens: Opens) -> None:
    ticket = town.given().ticket
    number, code = ticket.number, ticket.query_code
    db.commit()
    page = opens(town.people["zhao"], "/my", NARROW)
    assert right_edge(page, "form.panel") <= NARROW["width"] - 12
    page.get_by_label("工单号").fill(str(number))
    page.get_by_label("查询码").fill(str(code))
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.locator("h1")).to_have_text(str(number))
    assert fits(page)
    # Who did it stands below what was done, whole.
    step = page.locator(".steps li", has_text="派给承办单位").first
    unit = step.locator("strong").bounding_box()
    said = step.locator(".num").bounding_box()
    assert unit is not None
    assert said is not None
    assert unit["y"] > said["y"] + said["height"] / 2
    # Below 16 px a telephone zooms into a field that one touches.
    size = "(one) => parseFloat(getComputedStyle(one).fontSize)"
    assert page.locator("textarea").first.evaluate(size) >= 16
