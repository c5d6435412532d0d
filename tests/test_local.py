"""``script/server`` as a person meets it: started, stopped, killed, refused."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

import local
from tests.stories.conftest import free_block
from web import vendor

ROOT = Path(__file__).resolve().parent.parent
# What a person's shell has; the settings of whoever runs the tests are not ours.
PLAIN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder that the database's user can reach."""
    with tempfile.TemporaryDirectory(prefix="hotline-local-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_keys_are_whole_or_not_there(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it writes them, the next start makes them anew."""
    monkeypatch.setattr(Path, "write_text", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        local.keys(var)
    monkeypatch.undo()
    assert local.keys(var) == local.keys(var)
    assert (var / "keys.json").stat().st_mode & 0o077 == 0


def started(var: Path, port: int, *words: str, **settings: str) -> subprocess.Popen[bytes]:
    with (var / "output").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "local", "--port", str(port), "--var", str(var), *words],
            cwd=ROOT,
            env=PLAIN | settings,
            stdout=output,
            stderr=output,
        )


@contextmanager
def serving(var: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    server = started(var, port)
    try:
        until(lambda: is_ready(port), within=90)
        yield server
    finally:
        server.kill()
        server.wait()
        until(lambda: local.marked(var) == [], within=20)


def refused(var: Path, port: int, *words: str, **settings: str) -> str:
    """What is said when the start is refused: one line."""
    server = started(var, port, *words, **settings)
    assert server.wait(60) not in (0, None)
    said = (var / "output").read_text()
    assert "Traceback" not in said
    return said.strip().splitlines()[-1]


def until(condition: Callable[[], bool], within: float) -> None:
    ends = monotonic() + within
    while not condition():
        assert monotonic() < ends, f"not so within {within} s"
        sleep(0.2)


def is_ready(port: int) -> bool:
    address = f"http://127.0.0.1:{port}/readyz"
    with suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:
        return bool(json.load(answer)["state"] == "ready")
    return False


def counted(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        told = str(answer.read().decode())
    assert "pid=" not in told
    return told


def the_one(var: Path, *words: str) -> int:
    """The oldest living process of this server whose command has these words."""
    found = [one for one in local.marked(var) if all(word in command(one) for word in words)]
    return min(found) if found else 0


def command(number: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def test_whatever_is_killed_comes_back_and_the_next_start_goes_on_with_the_data(var):
    vendor.fetch()
    port = free_block()
    with serving(var, port) as server:
        output = var / "output"
        until(lambda: f"http://127.0.0.1:{port}/" in output.read_text(), within=10)
        _, _, later = output.read_text().rpartition("Ctrl-C")
        assert " started" not in later, "the addresses stand last; what is wrong may follow"
        assert (var / "log" / "web.log").exists()
        for words in (
            ("bin/postgres", "-D"),
            ("redis-server",),
            ("gunicorn", f":{port} "),
            ("gunicorn", f":{port + 4} "),
            ("-m worker",),
            ("-m clock",),
        ):
            victim = the_one(var, *words)
            assert victim, f"{words} does not run"
            os.kill(victim, signal.SIGKILL)
            until(lambda w=words, v=victim: the_one(var, *w) not in (0, v), within=40)
        until(lambda: is_ready(port), within=60)
        assert server.poll() is None
        counted(port)
        # Once more: what one process measured must not be told again by the next.
        assert counted(port).splitlines().count("callers_waiting 0.0") == 1
        keys = (var / "keys.json").read_text()
        # Killed without a word, it takes everything with it.
        server.kill()
        server.wait()
        until(lambda: local.marked(var) == [], within=20)
    with serving(var, port) as server:
        assert (var / "keys.json").read_text() == keys
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 130
        assert local.marked(var) == [], "Ctrl-C leaves no process behind"


def test_a_folder_that_another_server_uses_is_left_to_it(var):
    with (var / "lock").open("a+") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        assert "正被另一个 script/server 使用" in refused(var, free_block())


def test_a_taken_port_is_named_with_what_listens_there(var):
    port = free_block()
    with socket.create_server(("127.0.0.1", port + 3)):
        assert f"端口 {port + 3}（信令 signalling）被占用" in refused(var, port)


@pytest.mark.parametrize("port", ["0", "65535", "abc"])
def test_what_is_no_port_is_said_before_anything_is_done(var, port):
    server = started(var, 0, "--port", port)
    assert server.wait(30) == 2
    assert "端口应在 1 至 65531 之间" in (var / "output").read_text()


def test_production_gets_no_demo_secret_and_no_database_of_ours(var):
    said = refused(var, free_block(), HOTLINE_ENV="production", PUBLIC_URL="https://h.example")
    assert said.startswith("缺少配置 DATABASE_URL")
    assert not (var / "keys.json").exists() and not (var / "postgres").exists()


def test_a_real_account_gets_no_demo_secret_of_the_local_carrier(var):
    urls = {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://"}
    said = refused(var, free_block(), TWILIO_ACCOUNT_SID="AC" + "1" * 32, **urls)
    assert said.startswith("缺少配置 TWILIO_AUTH_TOKEN")


def test_a_database_that_does_not_answer_is_said_in_one_line(var):
    urls = {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://"}
    server = started(var, free_block(), **urls)
    assert server.wait(60) == 1
    assert "“alembic upgrade head”失败" in (var / "output").read_text().splitlines()[-1]


def test_data_where_nobody_may_write_are_refused_with_the_folders_name(tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    asked = [sys.executable, "-m", "local", "--var", str(place / "var")]
    done = subprocess.run(asked, cwd=ROOT, env=PLAIN, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "请检查权限和磁盘空间" in done.stderr and "Traceback" not in done.stderr
