"""A clerk at his telephone adds files to a reply he is writing; the check downloads them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from channels import attachments
from infra.db import session
from models import Attachment, Reply
from tests.browsers import Browsers
from tests.handled import Town
from tests.opening import TELEPHONE, Opens, fits, opening

pytestmark = pytest.mark.browser

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 3000


@pytest.fixture
def town(app: Flask, time: object) -> Town:
    return Town(app)


@pytest.fixture
def opens(all_browsers: Browsers, app: Flask) -> Iterator[Opens]:
    with opening(app, all_browsers.of()) as opens_page:
        yield opens_page


def chosen(page: Page, name: str, data: bytes = PNG) -> None:
    page.set_input_files(
        "#attach input[type=file]",
        {"name": name, "mimeType": "application/octet-stream", "buffer": data},
    )


def told(page: Page) -> object:
    return expect(page.locator("#attach-told"))


def test_files_are_chosen_refused_removed_and_go_with_the_reply(
    town: Town, opens: Opens, tmp_path: Path
) -> None:
    one = town.signed()
    clerk = opens(town.people["urban"], f"/inbox/{one.id}", TELEPHONE)
    typed = clerk.get_by_label("公开答复（市民会读到）")
    typed.fill("路灯线路已修复。")
    largest = clerk.locator("#attach").get_attribute("data-largest")
    assert int(largest or 0) == attachments.LARGEST
    chosen(clerk, "安装程序.exe")
    told(clerk).to_contain_text("“安装程序.exe”不能上传：只接受照片")
    too_large = tmp_path / "现场.mp4"
    with too_large.open("wb") as file:
        file.truncate(attachments.LARGEST + 1)
    clerk.set_input_files("#attach input[type=file]", too_large)
    told(clerk).to_contain_text("“现场.mp4”有 21 MB，不能上传：每个附件不超过 20 MB")
    chosen(clerk, "空.pdf", b"")
    told(clerk).to_contain_text("“空.pdf”是空文件")
    assert clerk.locator("#attach input").last.input_value() == ""
    # What only looks like a picture passes the first look, and not the second.
    chosen(clerk, "假照片.png", b"MZ program")
    clerk.get_by_role("button", name="上传").click()
    told(clerk).to_contain_text("只接受 JPEG、PNG")
    for name, data in (("拿错了.png", PNG + b"1"), ("修复后.png", PNG)):
        chosen(clerk, name, data)
        clerk.get_by_role("button", name="上传").click()
        told(clerk).to_contain_text("附件已上传")
        expect(clerk.locator("#attachments")).to_contain_text(name)
    clerk.get_by_role("button", name="移除附件 拿错了.png").click()
    told(clerk).to_contain_text("附件已移除")
    expect(clerk.locator("#attachments")).not_to_contain_text("拿错了.png")
    assert fits(clerk) and typed.input_value() == "路灯线路已修复。"
    clerk.get_by_label("属实", exact=True).check()
    clerk.get_by_label("已解决", exact=True).check()
    clerk.get_by_label("没有联系市民的原因（先记录联系则不必填）").fill("夜间修复")
    clerk.get_by_role("button", name="提交反馈").click()
    expect(clerk.locator("h1 + .badge")).to_have_text("已反馈")
    given = session.scalars(select(Reply)).one()
    reviewer = opens(town.people["song"], f"/dispatch/replies/{given.id}")
    expect(reviewer.get_by_text("拿错了.png")).to_have_count(0)
    with reviewer.expect_download() as download:
        reviewer.get_by_role("link", name="修复后.png").first.click()
    assert Path(download.value.path()).read_bytes() == PNG
    assert session.scalars(select(Attachment)).one().name == "修复后.png"
