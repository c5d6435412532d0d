"""Text messages outlive a restart: a line of JSON for each thing that happens to one.

A line that was cut off by a crash is left out.  The file is written anew, without what is gone, at
the start and whenever it has grown to twice what can be held."""

import errno
import json
import logging
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from emulator.inbox import MOST, Inbox, Message

log = logging.getLogger(__name__)


class Keeper:
    """Fills ``inbox`` from the file, and keeps the file as the inbox is."""

    def __init__(self, path: Path, inbox: Inbox) -> None:
        self._path, self._inbox = path, inbox
        path.parent.mkdir(parents=True, exist_ok=True)
        for message in list(_read(path).values())[-MOST:]:
            inbox.append(message)
        self._file, self._lines = self._written_anew()
        self._torn = False
        inbox.on_change = self._keep

    def close(self) -> None:
        self._file.close()

    def _keep(self, message: Message, there: bool) -> None:
        """A full disk costs the memory, not the message."""
        try:
            self._add(_line(message, there))
        except OSError as error:
            log.warning("a text message is not kept: %s", error)
        if self._lines > 2 * MOST:
            self._shorten()

    def _add(self, line: bytes) -> None:
        """What a failure left of a line does not spoil the next one."""
        start, self._torn = b"\n" if self._torn else b"", True
        _write(self._file, start + line)
        self._torn = False
        self._lines += 1

    def _shorten(self) -> None:
        """As long as there is no room for a new file the old one goes on."""
        old = self._file
        try:
            self._file, self._lines = self._written_anew()
        except OSError as error:
            log.warning("the file of text messages is not shortened: %s", error)
            return
        self._torn = False
        old.close()

    def _written_anew(self) -> tuple[BinaryIO, int]:
        """Whoever reads it meanwhile finds the old file or the new one, whole."""
        beside = self._path.with_suffix(".new")
        messages = list(self._inbox)
        # Nothing waits in a buffer: what failed has failed, and is not written later.
        file = beside.open("wb", buffering=0)
        try:
            _write(file, b"".join(_line(one, True) for one in messages))
            os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError:
            file.close()
            beside.unlink(missing_ok=True)
            raise
        return file, len(messages)


def _write(file: BinaryIO, content: bytes) -> None:
    """A disk that fills up takes a part of it, and says so only by the number."""
    if file.write(content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _line(message: Message, there: bool) -> bytes:
    told = asdict(message) | {"at": message.at.isoformat()}
    return json.dumps(told if there else {"sid": message.sid, "gone": True}).encode() + b"\n"


def _read(path: Path) -> dict[str, Message]:
    found: dict[str, Message] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line:
            continue
        try:
            told = json.loads(line)
            if told.pop("gone", False):
                found.pop(told["sid"], None)
            else:
                at = datetime.fromisoformat(told["at"])
                found[told["sid"]] = Message(**told | {"at": at})
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("a line of kept text messages cannot be read: left out")
    return found
