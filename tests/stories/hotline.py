"""The whole hotline as its operators run it: every process, real databases, the local carrier."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import numpy as np
import psycopg
from honcho.environ import parse_procfile
from pydub import AudioSegment

import local
from infra.embedded.postgres import Postgres
from infra.embedded.redis import RedisServer

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 60


class Hotline:
    """Started once for all stories; each process can be killed and started by name."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.postgres = Postgres(folder / "postgres", fast=True)
        self.redis = RedisServer(folder / "redis")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._env: dict[str, str] = {}

    @property
    def desk(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def phone(self) -> str:
        return f"http://127.0.0.1:{self.port + 2}"

    def start(self) -> None:
        urls = {"DATABASE_URL": self.postgres.start(), "REDIS_URL": self.redis.start()}
        self._env = local.environment(self.port, self.folder, urls)
        local.empty(self.folder / "metrics")
        self._run("alembic", "upgrade", "head")
        self._run("cli", "seed")
        # A caller of one story must not be rung back in the next.
        self.execute("UPDATE line SET missed = 'list'")
        for name in self._commands():
            self.begin(name)
        self._wait_until_ready()

    def stop(self) -> None:
        for name in list(self._processes):
            self.kill(name)
        self.redis.stop()
        self.postgres.stop()

    def begin(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._commands()[name],
                shell=True,
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """As the kernel does when memory is short: without a word, with all its children."""
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def restart_database(self) -> None:
        self.postgres.stop()
        time.sleep(2)
        self.postgres.start()

    def faults(self, **wanted: object) -> None:
        request = urllib.request.Request(
            f"{self.phone}/faults", json.dumps(wanted).encode(), method="POST"
        )
        urllib.request.urlopen(request, timeout=5).close()

    def one(self, query: str, *values: object):
        """The first column of the first row; None when there is none."""
        with psycopg.connect(self._env["DATABASE_URL"].replace("+psycopg", "")) as connection:
            row = connection.execute(query, values).fetchone()
            return row[0] if row else None

    def execute(self, statement: str, *values: object) -> None:
        with psycopg.connect(self._env["DATABASE_URL"].replace("+psycopg", "")) as connection:
            connection.execute(statement, values)

    def until(self, query: str, *values: object, wanted: object = True, within: float = 30):
        """Wait until the query answers what is wanted."""
        ends = time.monotonic() + within
        got = None
        while time.monotonic() < ends:
            with suppress(psycopg.OperationalError):
                got = self.one(query, *values)
                if got == wanted:
                    return
            time.sleep(0.2)
        raise AssertionError(f"{query} {values}: {got!r}, not {wanted!r}, within {within} s")

    def call_of(self, number: str) -> int:
        """The newest call whose masked number ends like this one."""
        self.until("SELECT count(*) > 0 FROM call WHERE number_masked LIKE %s", f"%{number[-4:]}")
        return self.one("SELECT max(id) FROM call WHERE number_masked LIKE %s", f"%{number[-4:]}")

    def loudness(self, call_id: int) -> tuple[float, float]:
        """dBFS of the citizen's and of the agent's channel of the stored recording."""
        key = self.one("SELECT storage_key FROM recording WHERE call_id = %s", call_id)
        found = next((self.folder / "recordings").rglob(Path(key).name))
        channels = AudioSegment.from_wav(found).split_to_mono()
        first, second = (np.array(one.get_array_of_samples(), dtype=float) for one in channels)
        return _level(first), _level(second)

    def insist_on_discretion(self, told: set[str]) -> None:
        """No number and no word of a citizen stands in a log of ours; the carrier's is its own."""
        logs = [one for one in self.folder.rglob("*.log") if one.name != "emulator.log"]
        written = {one: one.read_text(errors="replace") for one in logs}
        assert any('"call":' in text for text in written.values()), "nothing was logged"
        found = {(log.name, word) for log, text in written.items() for word in told if word in text}
        assert not found

    def _commands(self) -> dict[str, str]:
        commands = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
        return commands | {"emulator": local.EMULATOR}

    def _run(self, module: str, *words: str) -> None:
        subprocess.run([sys.executable, "-m", module, *words], cwd=ROOT, env=self._env, check=True)

    def _wait_until_ready(self) -> None:
        ends = time.monotonic() + READY_WITHIN
        for url in (f"{self.desk}/readyz", f"{self.phone}/settings.json"):
            while True:
                with suppress(OSError):
                    urllib.request.urlopen(url, timeout=2).close()
                    break
                if time.monotonic() > ends:
                    raise AssertionError(f"{url} is not ready; see the logs in {self.folder}")
                time.sleep(0.3)


def _level(samples: np.ndarray) -> float:
    power = float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
    return 20 * np.log10(max(power, 1e-6) / 32768)
