"""A key is made on its page: what it opens is explained, and what is shown once is copied whole."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from infra import db
from infra.db import session
from models import ApiKey, Role
from tests.browsers import Browsers
from tests.handled import Town
from tests.opening import Opens, opening
from tests.visitors import somebody

pytestmark = pytest.mark.browser


@pytest.fixture
def opens(all_browsers: Browsers, app: Flask, time: object) -> Iterator[Opens]:
    Town(app)
    db.commit()
    with opening(app, all_browsers.of()) as opens_page:
        yield opens_page


def test_a_key_is_made_with_the_usual_scopes_and_copied(opens: Opens) -> None:
    page = opens(somebody("boss", Role.ADMIN), "/admin/keys")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.get_by_text("有法律效力")).to_be_visible()
    page.get_by_role("combobox", name="成员单位").focus()
    page.keyboard.type("gongdian")
    page.keyboard.press("Enter")
    page.get_by_label("用途").fill("工单系统")
    page.get_by_role("button", name="创建").click()
    notice = page.locator(".notice[data-kind=secret]")
    expect(notice).to_contain_text("仅显示这一次")
    # What listens to the button comes last.
    page.wait_for_load_state()
    notice.get_by_role("button", name="复制").click()
    expect(notice.get_by_role("button")).to_have_text("✓ 已复制")
    copied = page.evaluate("navigator.clipboard.readText()")
    key = session.scalars(select(ApiKey)).one()
    assert f"接口密钥：{copied}（" in notice.inner_text()
    assert key.public in copied
    assert key.scopes == ["tickets:read", "tickets:write", "attachments", "events"]
