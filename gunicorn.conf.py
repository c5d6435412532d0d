"""The web server's settings: threads, because a webhook waits for the database, not for a core."""

import gc
import os

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker
from prometheus_client import multiprocess

from assist import known
from infra.keepalive import STREAM
from web import health

LIVE = os.environ.get("HOTLINE_PROCESS") == "live"

worker_class = "gthread"
preload_app = True
control_socket_disable = True
# A stream occupies a thread for as long as a desk is open.
workers = 1 if LIVE else int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("LIVE_THREADS", "260")) if LIVE else 16
timeout = 0 if LIVE else 30
graceful_timeout = 1 if LIVE else 5
keepalive = 30
accesslog = None
loglevel = "warning"


def when_ready(server: Arbiter) -> None:
    if LIVE:
        for listener in server.LISTENERS:
            # Every connection that it accepts inherits this.
            listener.sock.setsockopt(*STREAM)
    else:
        health.report_lines(server.app.wsgi())
        known.prepare(server.app.wsgi())
    # What is there before the workers is looked through no more: looking writes to each object,
    # and every worker would soon have its own copy of all that they share.
    gc.collect()
    gc.freeze()


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """What a dead process counted stays counted; what it measured of itself is no more."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
