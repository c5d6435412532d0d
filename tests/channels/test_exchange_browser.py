"""A dispatcher at the pages of exchange: sends a ticket out, sees the receipt, and evens the books.

The reference peer plays the other side over real HTTP."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from infra.clock import now
from infra.db import commit
from infra.localtime import local
from models import Role
from tests.browsers import Browsers
from tests.channels.test_exchange import (  # noqa: F401
    Province,
    a_list,
    hand_on,
    province,
    served,
    zhao,
)
from tests.opening import TELEPHONE, Opens, fits, opening
from tests.visitors import somebody

pytestmark = pytest.mark.browser


@pytest.fixture
def opens(all_browsers: Browsers, app: Flask) -> Iterator[Opens]:
    with opening(app, all_browsers.of()) as opens_page:
        yield opens_page


def row(page: Page, words: str) -> object:
    return page.locator("tbody tr", has_text=words)


def test_a_package_goes_out_is_acknowledged_and_both_books_agree(
    opens,
    province,  # noqa: F811
    zhao,  # noqa: F811
    ticket,
    work,
    time,
):
    number = ticket.number
    page = opens(zhao, "/exchanges")
    expect(page.get_by_text("没有交换的工单。")).to_be_visible()
    page.get_by_label("工单号").fill("20260101-999999")
    page.get_by_label("平台").select_option(label="省12345平台")
    page.get_by_role("button", name="送往该平台").click()
    expect(page.get_by_text("没有工单 20260101-999999")).to_be_visible()
    expect(page.get_by_label("平台")).to_have_value("province")
    page.get_by_label("工单号").fill(number)
    page.get_by_role("button", name="送往该平台").click()
    expect(row(page, number)).to_contain_text("待回执")
    hand_on(work)
    assert province.acknowledges().json()["state"] == "acknowledged"
    page.reload()
    expect(row(page, number)).to_contain_text("已回执")
    expect(row(page, number)).to_contain_text("S-1")
    province.sends()
    page.reload()
    expect(row(page, "GD20260302-0007")).to_contain_text("对方送来")

    day = f"{local(now()).date()}"
    time.forward(timedelta(days=1).total_seconds())
    commit()
    books = opens(zhao, "/reconciliations")
    expect(books.get_by_text(f"省12345平台还没有送来 {day} 的清单。")).to_be_visible()
    theirs = a_list(("peer", "GD20260302-0007", "done"), ("peer", "GD20260302-0008", "sent"))
    province.ask("POST", "/reconciliations", {"day": day, "items": theirs})
    books.reload()
    expect(books.locator("section").first.locator("tbody tr")).to_have_count(3)
    expect(row(books, "GD20260302-0008").get_by_role("button")).to_have_text("请对方补送")
    row(books, number).get_by_role("button", name="重新发送").click()
    expect(row(books, number)).to_contain_text(f"{local(now()).date():%m-%d}")
    hand_on(work)
    told = [json.loads(got.body) for got in province.receiver.got]
    assert [(one["type"], one["data"].get("number")) for one in told] == [
        ("exchange.sent", number),
        ("exchange.sent", number),
    ]
    for path in ("/exchanges", "/reconciliations"):
        assert fits(opens(zhao, path, TELEPHONE)), path
    admin = somebody("admin", Role.ADMIN)
    assert fits(opens(admin, "/exchanges/peers", TELEPHONE))
