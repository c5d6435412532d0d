"""What ends by itself is started again, and told to stop everything ends."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from infra.embedded import supervisor
from infra.embedded.child import CannotStart
from infra.embedded.supervisor import HOW_TO_STOP, Supervisor


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(supervisor, "LOOK_EVERY", 0.02)
    before = {one: signal.getsignal(one) for one in HOW_TO_STOP}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.fixture
def watch(tmp_path: Path) -> Supervisor:
    return Supervisor({"PATH": os.environ["PATH"]}, tmp_path, tmp_path / "log")


def until(condition: Callable[[], bool], within: float = 10) -> Callable[[], None]:
    """Asks the supervisor to stop, as Ctrl-C does, once something is so."""
    ends = monotonic() + within

    def look() -> None:
        if condition() or monotonic() > ends:
            os.kill(os.getpid(), signal.SIGINT)

    return look


def test_a_process_that_dies_is_started_again_later_and_later_and_said_so(watch, tmp_path, capsys):
    times = tmp_path / "times"
    watch.add("weak", f"date +%s.%N >> {times}; echo here; exit 3")
    watch.run(until(lambda: times.exists() and len(times.read_text().splitlines()) >= 4))
    assert watch.returncode == 130
    began = [float(line) for line in times.read_text().splitlines()]
    assert began[3] - began[2] > began[1] - began[0], "the pause grows"
    said = capsys.readouterr().out
    assert said.count("weak   | here") >= 3
    assert "weak 意外结束，代码 3" in said


def test_what_a_dead_process_left_in_its_group_is_ended_before_it_starts_anew(watch, tmp_path):
    """It would hold the port."""
    left = tmp_path / "left"
    watch.add("parent", f"sleep 60 & echo $! >> {left}; exit 1")
    watch.run(until(lambda: left.exists() and len(left.read_text().splitlines()) >= 2))
    for number in left.read_text().split():
        assert not lives(int(number), within=2)


def test_the_terminal_shows_what_is_wrong_and_the_file_everything(watch, tmp_path, capsys):
    info = '{"level": "info", "event": "a call came"}'
    warning = '{"call": 7, "event": "Redis is away", "level": "warning", "timestamp": "t"}'
    watch.add("web", f"echo '{info}'; echo '{warning}'; echo Traceback; echo 12; sleep 9")
    kept = tmp_path / "log" / "web.log"
    watch.run(until(lambda: "12" in kept.read_text()))
    assert kept.read_text().splitlines() == [info, warning, "Traceback", "12"]
    said = capsys.readouterr().out
    assert "a call came" not in said
    for shown in ("warning: Redis is away call=7", "| Traceback", "| 12"):
        assert shown in said


def test_the_files_do_not_grow_for_ever(watch, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "LOG_BYTES", 2000)
    watch.add("web", "seq 5000; echo done; sleep 9")
    folder = tmp_path / "log"
    watch.run(until(lambda: "done" in (folder / "web.log").read_text()))
    sizes = [one.stat().st_size for one in folder.iterdir()]
    assert len(sizes) == 1 + supervisor.LOG_FILES and max(sizes) <= 2000


def test_told_to_stop_it_ends_those_who_do_not_listen_too(watch, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_WITHIN", 0.5)
    mark = tmp_path / "pid"
    program = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    watch.add("deaf", f'exec {sys.executable} -c "{program}"')
    watch.run(until(lambda: mark.exists() and mark.read_text() != ""))
    assert not lives(int(mark.read_text()))


def test_a_database_that_dies_is_started_again_and_again(watch):
    class Database:
        alive = False
        attempts = 0

        def start(self) -> str:
            self.attempts += 1
            if self.attempts < 3:
                raise CannotStart("not yet")
            self.alive = True
            return ""

    database = Database()
    watch.watch("Postgres", database)
    watch.run(until(lambda: database.alive))
    assert database.attempts == 3


def lives(number: int, within: float = 0) -> bool:
    """Whether it still lives after so long."""
    ends = monotonic() + within
    while Path(f"/proc/{number}").exists():
        if monotonic() > ends:
            return True
        sleep(0.02)
    return False
