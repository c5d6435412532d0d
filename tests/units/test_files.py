"""Files beside a reply: added on the page, opened by those whose affair they are."""

import io

import pytest
from sqlalchemy import select

from infra import db
from infra.db import session
from models import Attachment, AttachmentState, Part
from tests.handled import Town, newest
from tickets import dispatch, handling

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def sends(clerk, one, data=PNG, name="现场.png", follow=False):
    return clerk.client.post(
        f"/inbox/{one.id}/attachments",
        data={"csrf_token": clerk._token(), "file": (io.BytesIO(data), name)},
        follow_redirects=follow,
    )


def test_a_photograph_goes_with_the_reply_and_is_seen_at_its_check(town):
    one, clerk = town.signed(), town.browser("urban")
    assert "现场.png" in sends(clerk, one, follow=True).text
    kept = session.scalars(select(Attachment)).one()
    clerk.post(
        f"/inbox/{one.id}/reply",
        facts_true="yes",
        solved="yes",
        public="已修好。",
        no_contact="夜间修复",
    )
    given = newest(handling.Reply)
    check = town.browser("song")
    assert f"/attachments/{kept.id}" in check.get(f"/dispatch/replies/{given.id}").text
    assert check.get(f"/attachments/{kept.id}").data == PNG
    assert "本单位已反馈" in sends(clerk, one, b"%PDF-1.7", "a.pdf", follow=True).text


def test_who_only_helps_neither_sees_nor_opens_the_files_of_others(town):
    ticket = town.ticket()
    beside = {town.units["roads"]: Part.ASSIST}
    one = dispatch.dispatch(ticket, town.units["urban"], by=town.people["zhao"], beside=beside)
    handling.sign(one, by=town.people["urban"])
    db.commit()
    sends(town.browser("urban"), one)
    kept = session.scalars(select(Attachment)).one()
    helping = session.scalars(
        select(handling.Assignment).where(handling.Assignment.unit == town.units["roads"])
    ).one()
    assert "现场.png" not in town.browser("roads").get(f"/inbox/{helping.id}").text
    assert town.browser("roads").get(f"/attachments/{kept.id}").status_code == 404
    assert town.browser("power").get(f"/attachments/{kept.id}").status_code == 404
    assert town.browser("urban").get(f"/attachments/{kept.id}").status_code == 200


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [(b"MZ\x90 program", "photo.png", "只接受"), (b"", "", "请选择")],
    ids=["not what its name says", "no file"],
)
def test_what_is_no_picture_and_no_document_is_refused(town, data, name, words):
    one = town.signed()
    assert words in sends(town.browser("urban"), one, data, name, follow=True).text
    assert session.scalar(select(Attachment)) is None


def test_only_what_one_has_signed_and_holds_takes_files(town):
    given, one = town.given(), town.signed()
    assert "请先签收" in sends(town.browser("urban"), given, follow=True).text
    assert sends(town.browser("power"), one).status_code == 404
    assert session.scalar(select(Attachment)) is None


def test_a_file_may_be_larger_than_other_forms_and_not_endless(town):
    one, clerk = town.signed(), town.browser("urban")
    assert sends(clerk, one, PNG + b"0" * (3 << 20)).status_code == 302
    assert sends(clerk, one, PNG + b"0" * (21 << 20)).status_code == 413
    assert session.scalars(select(Attachment)).one().size == len(PNG) + (3 << 20)


def test_what_the_scanner_found_is_said_and_not_opened(town):
    one, clerk = town.signed(), town.browser("urban")
    sends(clerk, one)
    session.scalars(select(Attachment)).one().state = AttachmentState.INFECTED
    db.commit()
    page = clerk.get(f"/inbox/{one.id}").text
    assert "含有病毒" in page and 'href="/attachments/1"' not in page
    assert clerk.get("/attachments/1").status_code == 409


def test_only_what_went_with_no_reply_is_removed_and_only_by_its_unit(town):
    one, clerk = town.signed(), town.browser("urban")
    sends(clerk, one)
    kept = session.scalars(select(Attachment)).one()
    address = f"/inbox/{one.id}/attachments/{kept.id}/removal"
    assert town.browser("power").post(address).status_code == 404
    other = town.signed()
    assert clerk.post(f"/inbox/{other.id}/attachments/{kept.id}/removal").status_code == 404
    assert clerk.post(f"/inbox/999/attachments/{kept.id}/removal").status_code == 404
    clerk.post(
        f"/inbox/{one.id}/reply", facts_true="yes", solved="yes", public="好", no_contact="夜间"
    )
    clerk.post(address)
    assert "不能移除" in clerk.get(f"/inbox/{one.id}").text
    assert session.scalars(select(Attachment)).one() is kept
    assert clerk.post(f"/inbox/{one.id}/attachments/{kept.id}/removal").status_code == 302
