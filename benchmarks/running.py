"""The whole hotline for a bench: every process of the Procfile, on ports and data of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from honcho.environ import parse_procfile

import local

ROOT = Path(__file__).resolve().parent.parent
PORT = 5700
READY_WITHIN = 120
STEP = 10


@dataclass(frozen=True)
class Running:
    port: int
    env: dict[str, str]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def database(kept: Path | None = None) -> Iterator[dict[str, str]]:
    """The settings of a hotline whose database is there and seeded, and of which nothing runs.

    Its data are in a folder of their own that goes afterwards, or in ``kept``, which stays."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
    folder = kept or Path(tempfile.mkdtemp(prefix="hotline-bench-"))
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            servers = local.own_servers(folder, stack)
            env = local.environment(
                PORT, folder, {name: server.url for name, server in servers.items()}
            )
            local.empty(Path(env["PROMETHEUS_MULTIPROC_DIR"]))
            _prepare(env)
            yield env
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def _prepare(env: dict[str, str]) -> None:
    for module, word in (("alembic", "upgrade head"), ("cli", "seed")):
        command = [sys.executable, "-m", module, *word.split()]
        subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def hotline(*without: str, kept: Path | None = None) -> Iterator[Running]:
    """Web, live, fallback, worker and clock, seeded with the demo city; no carrier."""
    local.insist_on_free_ports(PORT)
    with database(kept) as env, ExitStack() as stack:
        folder = Path(env["VAR_DIR"])
        processes = parse_procfile((ROOT / "Procfile").read_text()).processes
        for name, command_line in processes.items():
            if name not in without:
                stack.enter_context(_process(command_line, env, folder / f"{name}.log"))
        running = Running(PORT, env)
        wait_for(running.base + "/readyz")
        yield running


@contextmanager
def _process(command: str, env: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            shell=True,
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def bare(running: Running, port: int) -> Iterator[str]:
    """The reference: the same server around an application that only checks the signature."""
    command = (
        f"gunicorn --config gunicorn.conf.py --bind 127.0.0.1:{port} 'benchmarks.bare:create_app()'"
    )
    env = running.env | {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with _process(command, env, Path(running.env["VAR_DIR"]) / "bare.log"):
        wait_for(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"


def wait_for(url: str, of: "subprocess.Popen[bytes] | None" = None) -> None:
    """Until it answers, while the process ``of`` whom it is asked lives."""
    ends = time.monotonic() + READY_WITHIN
    while time.monotonic() < ends:
        if of is not None and of.poll() is not None:
            raise ChildProcessError(f"what serves {url} has ended; are its ports free?")
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            json.loads(answer.read() or b"{}")
            return
        time.sleep(0.2)
    raise TimeoutError(f"{url} is not ready")
