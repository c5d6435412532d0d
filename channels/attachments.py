"""Files that units add to their assignments: checked by content, kept by checksum, scanned.

What a name or a header calls a file says nothing; the first bytes do.  Only kinds that a browser
or an office can open without running anything are taken."""

import hashlib
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

import structlog
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session, transaction
from infra.jobs import job
from infra.log import bind
from models import Assignment, Attachment, AttachmentState, StaffMember
from recordings import leftovers
from recordings.store import store
from tickets.handling import NotYet
from tickets.history import note
from web.languages import _
from web.refusals import Refused

log = structlog.get_logger(__name__)

LARGEST = 20 * 1024 * 1024
MOST = 30
CHUNK = 64 * 1024
SCAN_WITHIN_S = 90
# A scan that nobody saw the end of is begun again after so long.
SCAN_AGAIN = timedelta(minutes=5)
CLEAN, FOUND = 0, 1
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "video/mp4": ".mp4",
    DOCX: ".docx",
    XLSX: ".xlsx",
}


class NotTaken(Refused):
    """The file cannot be kept; the message says why."""


@dataclass(frozen=True)
class Received:
    """A file on this machine, whole and known by its content."""

    path: Path
    size: int
    sha256: str
    media_type: str

    @property
    def storage_key(self) -> str:
        return f"attachments/{self.sha256[:2]}/{self.sha256}{SUFFIXES[self.media_type]}"


@contextmanager
def received(stream: IO[bytes]) -> Iterator[Received]:
    """What comes in, in a file that is gone afterwards.  Raises NotTaken."""
    with tempfile.NamedTemporaryFile(prefix="attachment-") as file:
        seal, size = hashlib.sha256(), 0
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            seal.update(chunk)
            file.write(chunk)
        file.flush()
        path = Path(file.name)
        media_type = kind_of(path) if size else None
        if media_type is None:
            raise NotTaken(_("只接受 JPEG、PNG、WebP、PDF、MP4、Word（docx）和 Excel（xlsx）文件"))
        yield Received(path, size, seal.hexdigest(), media_type)


def kind_of(path: Path) -> str | None:
    """The media type by the file's own first bytes; None for what is not taken."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    return _office(path) if head.startswith(b"PK\x03\x04") else None


def insist_on_room(assignment: Assignment) -> None:
    """Before anything is received.  Raises NotYet."""
    if not assignment.in_hand:
        raise NotYet(_("本单位已反馈，不能再上传附件"))
    count = select(func.count()).where(Attachment.assignment_id == assignment.id)
    if (session.scalar(count) or 0) >= MOST:
        raise NotYet(_("附件最多 %(most)s 个", most=MOST))


def attach(assignment: Assignment, file: Received, name: str, *, by: StaffMember) -> Attachment:
    """Note what is in the store already; the same content again is the same attachment.

    Raises NotYet, NotTaken."""
    insist_on_room(assignment)
    if not leftovers.reclaim(file.storage_key):
        raise NotTaken(_("附件暂时无法保存，请稍后再试"))
    scanned = bool(current_app.config["SETTINGS"].scan_command)
    made = _added(assignment, file, name, by, scanned)
    known = select(Attachment).where(
        Attachment.assignment_id == assignment.id, Attachment.sha256 == file.sha256
    )
    if made is not None:
        note(
            assignment.ticket,
            "attached",
            by=by,
            unit=assignment.unit,
            assignment=assignment.id,
            attachment=made,
        )
        if scanned:
            scan.later(made)
    return session.scalars(known).one()


def _added(
    assignment: Assignment, file: Received, name: str, by: StaffMember, scanned: bool
) -> int | None:
    """The new row; None where the assignment has the same content already."""
    at = now()
    return session.scalar(
        insert(Attachment)
        .values(
            assignment_id=assignment.id,
            at=at,
            by_id=by.id,
            name=Path(name.replace("\\", "/")).name or _("附件"),
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
            storage_key=file.storage_key,
            state=AttachmentState.WAITING if scanned else AttachmentState.READY,
            next_at=at + SCAN_AGAIN,
        )
        .on_conflict_do_nothing(index_elements=["assignment_id", "sha256"])
        .returning(Attachment.id)
    )


def may_be_removed(attachment: Attachment) -> bool:
    """Until it went with a reply: what was checked stays as it was checked."""
    one = attachment.assignment
    return one.in_hand and (one.replied_at is None or attachment.at > one.replied_at)


def remove(attachment: Attachment, *, by: StaffMember) -> None:
    """Chosen by mistake: nobody can open it any more.  Raises NotYet."""
    if not may_be_removed(attachment):
        raise NotYet(_("附件已随反馈送审，不能移除"))
    one = attachment.assignment
    note(
        one.ticket,
        "attachment_removed",
        by=by,
        unit=one.unit,
        assignment=one.id,
        attachment=attachment.id,
    )
    session.delete(attachment)


@job(queue="recordings")
def scan(attachment_id: int) -> None:
    """Let the scanner look at one; what it cannot say now it is asked again by the sweep."""
    bind(attachment=attachment_id)
    with transaction():
        attachment = session.get(Attachment, attachment_id)
        if attachment is None or attachment.state is not AttachmentState.WAITING:
            return
        key = attachment.storage_key
    command = current_app.config["SETTINGS"].scan_command
    finding = _ask(command, store().local(key)) if command else ""
    with transaction():
        attachment = session.get(Attachment, attachment_id, with_for_update=True)
        if attachment is None:
            return  # removed meanwhile
        attachment.state = AttachmentState.INFECTED if finding else AttachmentState.READY
        attachment.scanned_at, attachment.finding = now() if command else None, finding or None


def scan_waiting() -> None:
    waiting = session.scalars(
        select(Attachment)
        .where(Attachment.state == AttachmentState.WAITING, Attachment.next_at <= now())
        .order_by(Attachment.next_at)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    for one in waiting.all():
        one.next_at = now() + SCAN_AGAIN
        scan.later(one.id)


class ScannerAway(Exception):
    """It gave no verdict."""

    permanent = False


def _ask(command: tuple[str, ...], file: Path) -> str:
    """What was found, empty for nothing.  Raises ScannerAway."""
    try:
        done = subprocess.run(
            [*command, str(file)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SCAN_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScannerAway(type(error).__name__) from error
    if done.returncode not in (CLEAN, FOUND):
        raise ScannerAway(f"{command[0]} {done.returncode}")
    said = done.stdout.strip().replace(str(file), "…")
    return (said or command[0])[:200] if done.returncode == FOUND else ""


def _office(path: Path) -> str | None:
    """A document of an office, by its table of contents; one with macros is none of these."""
    try:
        with zipfile.ZipFile(path) as parts:
            names = set(parts.namelist())
    except zipfile.BadZipFile:
        return None
    if "[Content_Types].xml" not in names or any(one.endswith("vbaProject.bin") for one in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None
