"""``script/server``: the whole hotline on one machine, with databases and a carrier of its own."""

import argparse
import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from infra.embedded import postgres, redis
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
EMULATOR = "python -m emulator"


def main() -> None:
    given = arguments()
    try:
        vendor.fetch()
        serve(given)
    except (vendor.CannotFetch, postgres.CannotStart, redis.CannotStart, PortTaken) as error:
        sys.exit(str(error))


class PortTaken(Exception):
    """Another program listens where we want to."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/server", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "5000")))
    parser.add_argument(
        "--var",
        type=Path,
        default=Path(os.environ.get("VAR_DIR", ROOT / "var")),
        help="data folder",
    )
    parser.add_argument("--no-seed", action="store_true", help="do not plant the demo city")
    return parser.parse_args()


def serve(given: argparse.Namespace) -> None:
    var: Path = given.var.resolve()
    var.mkdir(parents=True, exist_ok=True)
    end_leftovers(var)
    insist_on_free_ports(given.port)
    with ExitStack() as stack:
        env = environment(given.port, var, databases(var, stack))
        subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], env=env, check=True)
        if not given.no_seed:
            subprocess.run([sys.executable, "-m", "cli", "seed"], env=env, check=True)
        supervise(given, env)


def databases(var: Path, stack: ExitStack) -> dict[str, str]:
    """Those that the operator named, else our own for as long as the server runs."""
    urls = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}
    if "DATABASE_URL" not in urls:
        urls["DATABASE_URL"] = stack.enter_context(postgres.running(var / "postgres"))
    if "REDIS_URL" not in urls:
        urls["REDIS_URL"] = stack.enter_context(redis.running(var / "redis"))
    return urls


def environment(port: int, var: Path, urls: dict[str, str]) -> dict[str, str]:
    """Everything the processes need; what the operator has set himself is taken as it is."""
    env = keys(var) | dict(os.environ) | urls
    env |= {
        "PORT": str(port),
        "VAR_DIR": str(var),
        MARK: str(var),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }
    env.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    if "TWILIO_ACCOUNT_SID" not in os.environ:
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
        file.touch(mode=0o600)
        file.write_text(json.dumps(made, indent=2))
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def supervise(given: argparse.Namespace, env: dict[str, str]) -> None:
    processes = parse_procfile((ROOT / "Procfile").read_text()).processes
    if "SIGNAL_URL" in env:
        processes["emulator"] = EMULATOR
    manager = Manager(Printer(sys.stdout, prefix=True))
    for name, command in processes.items():
        manager.add_process(name, command, env=env, cwd=str(ROOT))
    announce(given.port, "SIGNAL_URL" in env)
    manager.loop()
    if manager.returncode:
        sys.exit(manager.returncode)


def announce(port: int, emulated: bool) -> None:
    print(f"\n  座席与班长   http://127.0.0.1:{port}/   agent1 … agent20、lead1、admin1，密码 demo")
    if emulated:
        print(f"  市民的电话   http://127.0.0.1:{port + 2}/   拨 12345")
    print("  停止         Ctrl-C\n", flush=True)


def insist_on_free_ports(port: int) -> None:
    for step, name in PORTS.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port + step))
            except OSError as error:
                raise PortTaken(
                    f"端口 {port + step}（{name}）被占用：请停止占用它的程序，"
                    f"或用 script/server --port 换一组端口 (port {port + step} is taken)"
                ) from error


def end_leftovers(var: Path) -> None:
    """Processes of a server that was killed hold its ports; they are ended before a new start."""
    mark = f"{MARK}={var}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int(folder.name) != os.getpid() and mark in (folder / "environ").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


if __name__ == "__main__":
    main()
