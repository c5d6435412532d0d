"""Files of a unit: taken by their content, kept once, scanned before anybody opens them."""

import io
import sys
import zipfile
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from channels import attachments, sweeps
from infra.db import commit, session
from models import Attachment, AttachmentState, AuditEntry, Role, TicketEvent
from recordings import store as stores
from recordings.store import StoreError
from tests.channels.conftest import system_of
from tests.visitors import browser_of, somebody

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


class Killed(BaseException):
    """What kill -9 does: nothing of ours runs any more."""


def office(*parts: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        for name in ("[Content_Types].xml", *parts):
            made.writestr(name, "x")
    return whole.getvalue()


@pytest.fixture
def one(assignment, system) -> str:
    system.post(f"/assignments/{assignment.id}/signature")
    return f"/assignments/{assignment.id}"


def send(system, one, data=PNG, kind="image/png", name="现场照片.png"):
    return system.ask(
        "POST",
        f"{one}/attachments",
        query_string={"name": name},
        data=data,
        headers={"Content-Type": kind},
    )


def scanner(app, monkeypatch, code: int, says: str = "") -> None:
    script = f"import sys; print({says!r}, sys.argv[1]); sys.exit({code})"
    command = (sys.executable, "-c", script)
    monkeypatch.setitem(
        app.config, "SETTINGS", replace(app.config["SETTINGS"], scan_command=command)
    )


def test_a_file_is_kept_once_and_given_back(system, one, assignment):
    first = send(system, one)
    assert (first.status_code, first.json["state"], first.json["size"]) == (201, "ready", len(PNG))
    assert send(system, one, name="again.png").json["id"] == first.json["id"]
    assert session.scalar(select(func.count(Attachment.id))) == 1
    content = system.get(f"/attachments/{first.json['id']}")
    assert (content.data, content.mimetype) == (PNG, "image/png")
    assert content.headers["Content-Disposition"].startswith("attachment;")
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert system.get(one).json["attachments"][0]["name"] == "现场照片.png"
    names = session.scalars(select(TicketEvent.name).order_by(TicketEvent.id)).all()
    assert names[-1] == "attached" and names.count("attached") == 1


@pytest.mark.parametrize(
    ("data", "kind", "found"),
    [
        (PNG, "image/jpeg", "image/png"),
        (b"\xff\xd8\xff\xe0" + b"0" * 20, "image/jpeg", "image/jpeg"),
        (b"RIFF0000WEBP0000", "image/webp", "image/webp"),
        (b"%PDF-1.7 ...", "application/pdf", "application/pdf"),
        (b"\0\0\0\x20ftypisom0000", "video/mp4", "video/mp4"),
        (office("word/document.xml"), attachments.DOCX, attachments.DOCX),
        (office("xl/workbook.xml"), attachments.XLSX, attachments.XLSX),
    ],
)
def test_a_file_is_what_its_content_says(system, one, data, kind, found):
    assert send(system, one, data, kind).json["media_type"] == found


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"MZ\x90\0", "image/png", 409),
        (b"<html><script>", "application/pdf", 409),
        (b"<svg>", "image/png", 409),
        (b"PK\x03\x04 no zip", attachments.DOCX, 409),
        (office("word/document.xml", "word/vbaProject.bin"), attachments.DOCX, 409),
        (office("other"), attachments.DOCX, 409),
        (b"", "image/png", 409),
        (PNG, "text/html", 415),
        (PNG, "multipart/form-data; boundary=x", 415),
    ],
)
def test_what_is_none_of_these_is_not_taken(system, one, data, kind, status):
    assert send(system, one, data, kind).status_code == status
    assert session.scalar(select(func.count(Attachment.id))) == 0


def test_what_is_too_large_or_too_much_is_not_taken(system, one, monkeypatch):
    assert send(system, one, PNG + b"0" * attachments.LARGEST).status_code == 413
    assert send(system, one, PNG + b"0" * 2_000_000).status_code == 201
    monkeypatch.setattr(attachments, "MOST", 1)
    assert "最多 1 个" in send(system, one).json["detail"]


def test_a_store_that_is_away_is_told_and_nothing_is_noted(system, one, monkeypatch):
    def away(*_given: object) -> None:
        raise StoreError

    monkeypatch.setattr(stores.Folder, "put", away)
    assert send(system, one).status_code == 503
    assert session.scalar(select(func.count(Attachment.id))) == 0


def test_nobody_else_gets_a_units_file(app, system, one, power, urban):
    number = send(system, one).json["id"]
    assert system_of(app, power).get(f"/attachments/{number}").status_code == 404
    assert send(system_of(app, power), one).status_code == 404
    clerk, stranger = somebody("clerk", Role.UNIT), somebody("stranger", Role.UNIT)
    clerk.unit, stranger.unit = urban, power
    assert browser_of(app, stranger).get(f"/attachments/{number}").status_code == 404
    assert browser_of(app, clerk).get(f"/attachments/{number}").data == PNG
    opened = select(AuditEntry.by_id).where(AuditEntry.action == "attachment.opened")
    assert session.scalars(opened).all() == [clerk.id]


def test_a_file_waits_for_its_scan(app, system, one, work, monkeypatch):
    scanner(app, monkeypatch, 0)
    made = send(system, one).json
    assert made["state"] == "waiting"
    assert system.get(f"/attachments/{made['id']}").status_code == 409
    work()
    assert session.scalars(select(Attachment)).one().state is AttachmentState.READY
    assert system.get(f"/attachments/{made['id']}").data == PNG


def test_an_infected_file_is_never_given_out(app, system, one, work, monkeypatch):
    scanner(app, monkeypatch, 1, "Eicar-Test FOUND in")
    made = send(system, one).json
    work()
    kept = session.scalars(select(Attachment)).one()
    assert (kept.state, kept.finding) == (AttachmentState.INFECTED, "Eicar-Test FOUND in …")
    assert system.get(f"/attachments/{made['id']}").status_code == 409
    assert system.get(one).json["attachments"][0]["state"] == "infected"


@pytest.mark.parametrize("code", [2, None], ids=["no verdict", "killed"])
def test_a_scan_without_an_end_is_begun_again(app, system, one, work, time, monkeypatch, code):
    """channels.attachments.scan: until one has ended nobody gets the file."""
    scanner(app, monkeypatch, code or 0)
    made = send(system, one).json
    commit()
    if code is None:

        def dies(*_given: object) -> str:
            raise Killed

        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(attachments, "_ask", dies)
            attachments.scan(made["id"])
    else:
        with pytest.raises(attachments.ScannerAway):
            attachments.scan(made["id"])
    assert system.get(f"/attachments/{made['id']}").status_code == 409
    app.extensions["redis"].flushdb()
    scanner(app, monkeypatch, 0)
    time.forward(301)
    sweeps.run()
    work()
    assert session.scalars(select(Attachment)).one().state is AttachmentState.READY
