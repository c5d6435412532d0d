"""Text messages outlive a restart: a line of JSON for each thing that happens to one.

A line that was cut off by a crash is left out.  The file is written anew, without what is gone, at
the start and whenever it has grown to twice what can be held."""

import json
import logging
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TextIO

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
        inbox.on_change = self._keep

    def close(self) -> None:
        self._file.close()

    def _keep(self, message: Message, there: bool) -> None:
        """A full disk costs the memory, not the message."""
        try:
            self._file.write(_line(message, there))
            self._file.flush()
            self._lines += 1
            if self._lines > 2 * MOST:
                self._file.close()
                self._file, self._lines = self._written_anew()
        except OSError as error:
            log.warning("a text message is not kept: %s", error)

    def _written_anew(self) -> tuple[TextIO, int]:
        """Whoever reads it meanwhile finds the old file or the new one, whole."""
        beside = self._path.with_suffix(".new")
        messages = list(self._inbox)
        with beside.open("w", encoding="utf-8") as file:
            file.writelines(_line(one, True) for one in messages)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        return self._path.open("a", encoding="utf-8"), len(messages)


def _line(message: Message, there: bool) -> str:
    told = asdict(message) | {"at": message.at.isoformat()}
    return json.dumps(told if there else {"sid": message.sid, "gone": True}) + "\n"


def _read(path: Path) -> dict[str, Message]:
    found: dict[str, Message] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
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
