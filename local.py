"""``script/server``: the whole hotline on one machine, with databases and a carrier of its own."""

import base64
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from unicodedata import east_asian_width
from urllib.request import urlopen

from honcho.environ import parse_procfile

from config import SettingInvalid, SettingMissing, Settings
from infra.embedded import options
from infra.embedded.child import CannotStart
from infra.embedded.postgres import Postgres
from infra.embedded.redis import RedisServer
from infra.embedded.supervisor import Supervisor
from web import vendor

ROOT = Path(__file__).resolve().parent
PORTS = {
    0: "网页 web",
    1: "实时推送 live",
    2: "本地运营商 emulator",
    3: "信令 signalling",
    4: "兜底 fallback",
}
# Every process that we start carries it, so that the next start finds what a crash left over.
MARK = "HOTLINE_LOCAL"
EMULATOR = "exec python -m emulator"
GONE_WITHIN = 10.0
# What belongs to one account; another account's does not go with it.
CARRIER = {
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_API_KEY",
    "TWILIO_API_SECRET",
    "TWILIO_APP_SID",
    "HOTLINE_NUMBER",
}

Server = Postgres | RedisServer


class CannotServe(Exception):
    """Something of this machine is in the way; the message says what to do."""


def main() -> None:
    given = options.read()
    # Whoever stops us while we begin leaves no process behind either.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    try:
        vendor.fetch()
        serve(given)
    except (vendor.CannotFetch, CannotStart, CannotServe, SettingMissing, SettingInvalid) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or ''}：{error.strerror}。请检查权限和磁盘空间 (cannot go on)")
    except KeyboardInterrupt:
        sys.exit(130)


def serve(given: Namespace) -> None:
    var: Path = given.var.resolve()
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("a+") as lock, ExitStack() as stack:
        insist_on_being_alone(var, lock.fileno())
        end_leftovers(var)
        os.environ[MARK] = str(var)
        insist_on_free_ports(given.port)
        servers = {} if production() else own_servers(var, stack)
        urls = {name: server.url for name, server in servers.items()}
        env = environment(given.port, var, urls)
        Settings.read(env)
        prepare(env, seed=not given.no_seed and not production())
        supervise(given.port, env, servers)


def production() -> bool:
    return os.environ.get("HOTLINE_ENV") == "production"


def own_servers(var: Path, stack: ExitStack) -> dict[str, Server]:
    """Databases of our own for those that the operator has not named, while the server runs."""
    servers: dict[str, Server] = {}
    if "DATABASE_URL" not in os.environ:
        servers["DATABASE_URL"] = Postgres(var / "postgres")
    if "REDIS_URL" not in os.environ:
        servers["REDIS_URL"] = RedisServer(var / "redis")
    for server in servers.values():
        stack.callback(server.stop)
        server.start()
    return servers


def environment(port: int, var: Path, urls: dict[str, str]) -> dict[str, str]:
    """Everything the processes need; what the operator has set himself is taken as it is."""
    env = ({} if production() else keys(var)) | dict(os.environ) | urls
    env |= {
        "PORT": str(port),
        "VAR_DIR": str(var),
        MARK: str(var),
        "PROMETHEUS_MULTIPROC_DIR": str(var / "metrics"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }
    # Recordings are WAV, which pydub reads without the program that it misses.
    env.setdefault("PYTHONWARNINGS", "ignore::RuntimeWarning:pydub.utils")
    env.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    if "TWILIO_ACCOUNT_SID" not in os.environ and not production():
        env["TWILIO_API_URL"] = f"http://127.0.0.1:{port + 2}"
        env["SIGNAL_URL"] = f"127.0.0.1:{port + 3}"
    return env


def keys(var: Path) -> dict[str, str]:
    """Secrets of this installation: made once, kept with its data."""
    file = var / "keys.json"
    if not file.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATA_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "SEARCH_PEPPER": secrets.token_urlsafe(32),
            "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "TWILIO_API_KEY": "SK" + secrets.token_hex(16),
            "TWILIO_API_SECRET": secrets.token_urlsafe(32),
            "TWILIO_APP_SID": "AP" + secrets.token_hex(16),
            "HOTLINE_NUMBER": "12345",
        }
        # Under its name it is whole, whatever ends us meanwhile.
        begun = var / "keys.begun"
        begun.touch(mode=0o600)
        begun.write_text(json.dumps(made, indent=2))
        begun.rename(file)
    kept: dict[str, str] = json.loads(file.read_text())
    if "TWILIO_ACCOUNT_SID" in os.environ:
        # A real account with a demo secret would fail at the first call; now it is named instead.
        kept = {name: value for name, value in kept.items() if name not in CARRIER}
    return kept


def prepare(env: dict[str, str], *, seed: bool) -> None:
    """The database as this version wants it, and the demo city in it."""
    steps = [["alembic", "upgrade", "head"]] + [["cli", "seed"]] * seed
    for step in steps:
        if subprocess.run([sys.executable, "-m", *step], cwd=ROOT, env=env, check=False).returncode:
            raise CannotServe(
                f"“{' '.join(step)}”失败，原因见上；数据若来自更新的版本，请换回该版本或另选 --var"
                f" ({step[0]} failed)"
            )


def supervise(port: int, env: dict[str, str], servers: dict[str, Server]) -> None:
    logs = Path(env["VAR_DIR"]) / "log"
    supervisor = Supervisor(env, ROOT, logs)
    empty(Path(env["PROMETHEUS_MULTIPROC_DIR"]))
    for server in servers.values():
        supervisor.watch(type(server).__name__, server)
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        supervisor.add(name, command)
    if "SIGNAL_URL" in env:
        supervisor.add("emulator", EMULATOR)
    tell = partial(announce, port, logs, emulated="SIGNAL_URL" in env)
    supervisor.run(when_idle=once_ready(port, tell))
    sys.exit(supervisor.returncode)


def empty(folder: Path) -> None:
    """Counts begin anew with the processes that count."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def once_ready(port: int, then: Callable[[], None]) -> Callable[[], None]:
    """Ask each time, until the hotline is ready; do ``then`` once."""
    told: list[bool] = []

    def look() -> None:
        if not told and ready(port):
            told.append(True)
            then()

    return look


def ready(port: int) -> bool:
    """What is not ready answers with an error, which is one of ``OSError``, too."""
    with suppress(OSError, HTTPException), urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
        return True
    return False


def announce(port: int, logs: Path, *, emulated: bool) -> None:
    """The last that is said while all goes well."""
    lines = [
        ("工作人员 staff", f"http://127.0.0.1:{port}/"),
        ("", "agent1 … agent20, lead1, qa1, dispatch1, unit1 … unit9, admin1；密码 password: demo"),
        ("市民查询 my ticket", f"http://127.0.0.1:{port}/my"),
    ]
    if emulated:
        lines.append(("市民的电话 a telephone", f"http://127.0.0.1:{port + 2}/   拨 dial 12345"))
    lines += [("日志 logs", str(logs)), ("停止 to stop", "Ctrl-C")]
    told = "\n".join(f"  {what}{' ' * (26 - width(what))}{where}" for what, where in lines)
    print(f"\n{told}\n", flush=True)


def width(words: str) -> int:
    """In columns of a terminal, where a Chinese character takes two."""
    return sum(1 + (east_asian_width(one) in "WF") for one in words)


def insist_on_being_alone(var: Path, lock: int) -> None:
    """The lock is the kernel's: it goes with the process that holds it, however that ends."""
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CannotServe(
            f"数据目录 {var} 正被另一个 script/server 使用：请先停止它，或用 --var 另选目录"
            " (another script/server uses this folder)"
        ) from error


def insist_on_free_ports(port: int) -> None:
    host = os.environ.get("HOST", "127.0.0.1")
    for step, name in PORTS.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port + step))
            except PermissionError as error:
                raise CannotServe(
                    f"端口 {port + step}（{name}）只有 root 可用：请用 script/server --port 换一组"
                    f" 1024 以上的端口 (port {port + step} is for root only)"
                ) from error
            except OSError as error:
                raise CannotServe(
                    f"端口 {port + step}（{name}）被占用：请停止占用它的程序，"
                    f"或用 script/server --port 换一组端口 (port {port + step} is taken)"
                ) from error


def end_leftovers(var: Path) -> None:
    """Processes of a server that was killed hold its ports; they are gone before a new start."""
    ends = time.monotonic() + GONE_WITHIN
    while left := [one for one in marked(var) if one != os.getpid()]:
        if time.monotonic() > ends:
            raise CannotServe(f"上次的进程 {left} 无法结束：请手动结束它们 (leftover processes)")
        for number in left:
            try:
                os.kill(number, signal.SIGKILL)
            except OSError:
                continue
        time.sleep(0.1)


def marked(var: Path) -> list[int]:
    """Living processes that carry our mark: a dead one has no environment any more."""
    mark = f"{MARK}={var}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    main()
