"""Text messages outlive a restart of the carrier, a crash in the middle of a line included."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator.inbox import MOST, Inbox, Message
from emulator.server import keeping
from emulator.server.keeping import Keeper

AT = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "emulator" / "messages.jsonl"


def texts(inbox: Inbox) -> list[str]:
    return [one.body for one in inbox]


def started(path: Path) -> Inbox:
    inbox = Inbox()
    Keeper(path, inbox)
    return inbox


def sent(inbox: Inbox, body: str) -> Message:
    message = Message("12345", "+8613812345678", body, AT)
    inbox.append(message)
    return message


def test_messages_are_there_after_a_restart(path: Path) -> None:
    inbox = started(path)
    first, second, third = (sent(inbox, body) for body in ("工单号 1", "查询码 2", "您好\n再见"))
    inbox.wipe(second)
    inbox.remove(third)
    again = started(path)
    assert list(again) == [first, second]
    assert texts(again) == ["工单号 1", ""]
    sent(again, "后来")
    assert texts(started(path)) == ["工单号 1", "", "后来"]


def test_a_line_that_a_crash_cut_off_costs_itself_alone(path: Path) -> None:
    inbox = started(path)
    sent(inbox, "第一条")
    sent(inbox, "第二条")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    again = started(path)
    assert texts(again) == ["第一条"]
    sent(again, "第三条")
    assert texts(started(path)) == ["第一条", "第三条"]


def test_the_file_does_not_grow_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST", 10)
    inbox = started(path)
    for number in range(100):
        inbox.remove(sent(inbox, str(number)))
    sent(inbox, "最后")
    assert len(path.read_text().splitlines()) <= 2 * 10 + 1
    assert texts(started(path)) == ["最后"]


class Disk:
    """Full: a write takes a part of what it is given, and nothing reaches the disk for sure."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    @contextmanager
    def full(self, room: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        with self._monkeypatch.context() as patched:
            patched.setattr(keeping.os, "fsync", self._no_room)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    @staticmethod
    def _no_room(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_a_full_disk_at_the_rewriting_costs_no_later_message(
    path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST", 10)
    inbox = started(path)
    with disk.full(room=1 << 20):
        for number in range(25):
            inbox.remove(sent(inbox, str(number)))
        sent(inbox, "磁盘满时")
    assert not path.with_suffix(".new").exists()
    assert len(path.read_text().splitlines()) == 51
    sent(inbox, "腾出空间后")
    assert len(path.read_text().splitlines()) == 2
    sent(inbox, "后来")
    assert texts(started(path)) == ["磁盘满时", "腾出空间后", "后来"]


def test_a_line_that_a_full_disk_cut_off_costs_itself_alone(path: Path, disk: Disk) -> None:
    inbox = started(path)
    sent(inbox, "第一条")
    with disk.full(room=path.stat().st_size + 20):
        sent(inbox, "放不下" * 3000)
        sent(inbox, "也放不下")
    sent(inbox, "又有空间了")
    assert texts(started(path)) == ["第一条", "又有空间了"]


def test_only_the_newest_are_held() -> None:
    inbox = Inbox()
    for number in range(MOST + 5):
        sent(inbox, str(number))
    assert texts(inbox)[0] == "5"
