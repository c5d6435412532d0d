"""Keeps the processes of one machine running: what ends by itself is started again, visibly.

All they say goes to a file of each; on the terminal stands what somebody should look at."""

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Protocol

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from infra.clock import now
from infra.embedded import child

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
# Who ran for so long did not fail at its start: it is started again at once.
STEADY_AFTER = 60.0
STOP_WITHIN = 6.0
LOOK_EVERY = 0.2
OURSELVES = "system"
HOW_TO_STOP = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


class Service(Protocol):
    """A database of this machine; it was started before and goes on with the same data."""

    @property
    def alive(self) -> bool: ...

    def start(self) -> str: ...


# The newest 40 MB of each process.
LOG_BYTES, LOG_FILES = 10_000_000, 3
# What only tells that all goes its way is not shown.
QUIET = {"debug", "info"}
BESIDE = {"level", "event", "timestamp", "exception"}


@dataclass
class Ward:
    """Something that must run: when it began, and how long to wait before it begins again."""

    name: str
    begin: Callable[["Ward"], object]
    alive: Callable[[], bool]
    colour: str
    process: subprocess.Popen[bytes] | None = None
    rest: bytes = b""
    log: RotatingFileHandler | None = None
    began: float = 0.0
    pause: float = 0.0
    again_at: float | None = None


@dataclass
class Supervisor:
    """Runs commands and looks after services, until told to stop."""

    env: Mapping[str, str]
    folder: Path
    logs: Path
    wards: dict[str, Ward] = field(default_factory=dict)
    returncode: int | None = None
    _printer: Any = None
    _outputs: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _colours: Any = field(default_factory=get_colours)

    def add(self, name: str, command: str) -> None:
        def begin(ward: Ward) -> None:
            ward.process = self._spawn(command)
            assert ward.process.stdout is not None
            os.set_blocking(ward.process.stdout.fileno(), False)
            self._outputs.register(ward.process.stdout, selectors.EVENT_READ, ward)

        def alive() -> bool:
            process = self.wards[name].process
            return process is not None and process.poll() is None

        self.logs.mkdir(parents=True, exist_ok=True)
        kept = RotatingFileHandler(
            self.logs / f"{name}.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
        )
        self.wards[name] = Ward(name, begin, alive, next(self._colours), log=kept, again_at=0.0)

    def watch(self, name: str, service: Service) -> None:
        began = time.monotonic()
        self.wards[name] = Ward(
            name,
            lambda _: service.start(),
            lambda: service.alive,
            next(self._colours),
            began=began,
        )

    def run(self, when_idle: Callable[[], object]) -> None:
        """Until a signal asks to stop; then everything is ended before this returns."""
        self._printer = Printer(sys.stdout, width=max(map(len, [OURSELVES, *self.wards])))
        for number in HOW_TO_STOP:
            signal.signal(number, self._asked_to_stop)
        while self.returncode is None:
            for ward in self.wards.values():
                self._look_after(ward)
            self._relay()
            when_idle()
        self._end()

    def say(self, words: str) -> None:
        self._print(OURSELVES, words, None)

    def _asked_to_stop(self, number: int, _frame: object) -> None:
        self.returncode = HOW_TO_STOP[signal.Signals(number)]

    def _look_after(self, ward: Ward) -> None:
        at = time.monotonic()
        if ward.again_at is not None:
            if at >= ward.again_at:
                self._begin(ward)
        elif not ward.alive():
            self._put_off(ward, at)

    def _begin(self, ward: Ward) -> None:
        ward.began, ward.again_at = time.monotonic(), None
        try:
            ward.begin(ward)
        except child.CannotStart as error:
            self.say(str(error))
        else:
            self.say(f"{ward.name} started")

    def _put_off(self, ward: Ward, at: float) -> None:
        _kill(ward, signal.SIGKILL)
        doubled = 0.0 if at - ward.began > STEADY_AFTER else ward.pause * 2
        ward.pause = min(LONGEST_PAUSE, max(FIRST_PAUSE, doubled))
        ward.again_at = at + ward.pause
        code = "" if ward.process is None else f"，代码 {ward.process.returncode}"
        self.say(
            f"{ward.name} 意外结束{code}，{ward.pause:.0f} 秒后重新启动"
            f" ({ward.name} ended by itself and is started again)"
        )

    def _spawn(self, command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            shell=True,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # There is one thread here.
            preexec_fn=child.bound(),  # noqa: PLW1509
        )

    def _relay(self) -> None:
        for key, _ in self._outputs.select(LOOK_EVERY):
            ward: Ward = key.data
            got = os.read(key.fd, 65536)
            if not got:
                self._outputs.unregister(key.fileobj)
            *lines, ward.rest = (ward.rest + got).split(b"\n")
            for line in lines:
                self._tell(ward, line.decode(errors="replace"))

    def _tell(self, ward: Ward, line: str) -> None:
        if ward.log is not None:
            ward.log.emit(logging.makeLogRecord({"msg": line}))
        if shown := worth_showing(line):
            self._print(ward.name, shown, ward.colour)

    def _end(self) -> None:
        """Politely first; whoever does not listen is ended all the same."""
        commanded = [ward for ward in self.wards.values() if ward.process is not None]
        for ward in commanded:
            _kill(ward, signal.SIGTERM)
        ends = time.monotonic() + STOP_WITHIN
        while any(ward.alive() for ward in commanded) and time.monotonic() < ends:
            self._relay()
        for ward in commanded:
            _kill(ward, signal.SIGKILL)
            if ward.process is not None:
                ward.process.wait()
        self._relay()
        self.say("已停止 (stopped)")

    def _print(self, name: str, words: str, colour: str | None) -> None:
        at: datetime = now().astimezone()
        self._printer.write(Message("line", words, at, name, colour))


def worth_showing(line: str) -> str:
    """A warning in words, or what is no entry of a log as it stands; nothing for the rest."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict) or "event" not in entry:
        return line
    if entry.get("level") in QUIET:
        return ""
    about = " ".join(f"{key}={value}" for key, value in entry.items() if key not in BESIDE)
    return f"{entry.get('level', '')}: {entry['event']} {about}".strip()


def _kill(ward: Ward, how: signal.Signals) -> None:
    """The process and what it has left in its group."""
    if ward.process is not None:
        with suppress(ProcessLookupError):
            os.killpg(ward.process.pid, how)
