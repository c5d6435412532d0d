"""``python -m worker``: what takes long keeps nobody else waiting; dead or stopped, all is over."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from rq import Queue
from rq.job import Job

from infra.bell import connection
from infra.db import session
from infra.jobs import QUEUES, WORKERS
from infra.log import bind
from tests import services
from worker import Staying

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def start(app, settings) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    env = services.environment(settings)
    started = []

    def begin(*lanes: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "worker", *lanes]
        started.append(subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True))
        return started[-1]

    yield begin
    for one in started:
        # With RQ's own scheduler, which stays when its worker is killed.
        with suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)
        one.wait()


def until(condition: Callable[[], object], within: float = 40) -> None:
    ends = time.monotonic() + within
    while not condition():
        assert time.monotonic() < ends, f"not so within {within} s"
        time.sleep(0.1)


def children(of: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{of}/task/{of}/children").read_text().split()]


def put(app, lane: str, seconds: float) -> Job:
    return Queue(lane, connection=app.extensions["redis"]).enqueue(time.sleep, seconds)


def test_what_takes_long_keeps_no_text_message_waiting(app, start):
    lesson, sound = put(app, "learning", 60), put(app, "recordings", 60)
    start()
    until(lambda: lesson.get_status() == sound.get_status() == "started")
    message = put(app, "messages", 0)
    until(lambda: message.get_status() == "finished", within=10)
    assert lesson.get_status() == "started"


def test_what_is_to_be_tried_again_is_put_back_by_one_for_all(app, start):
    start()
    redis = app.extensions["redis"]
    later = [
        Queue(lane, connection=redis).enqueue_in(timedelta(seconds=1), time.sleep, 0)
        for lane in QUEUES
    ]
    until(lambda: all(one.get_status() == "finished" for one in later))


def test_a_worker_that_dies_takes_the_others_along_so_that_all_are_started_anew(app, start):
    master = start()
    until(lambda: len(children(master.pid)) == len(WORKERS) + 1)
    os.kill(children(master.pid)[1], signal.SIGKILL)
    assert master.wait(20) != 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_stopped_or_killed_it_leaves_no_worker_behind(app, start, how):
    master = start()
    until(lambda: len(children(master.pid)) == len(WORKERS) + 1)
    workers = children(master.pid)
    master.send_signal(how)
    master.wait(20)
    until(lambda: not any(Path(f"/proc/{one}").exists() for one in workers), within=5)


def test_one_lane_can_be_served_alone(app, start):
    start("messages")
    message = put(app, "messages", 0)
    until(lambda: message.get_status() == "finished")


def seen(call: int) -> None:
    """A job: leaves on the machine what it saw."""
    bind(call=call)
    told = [os.getpid(), id(session()), structlog.contextvars.get_contextvars()]
    connection().rpush("seen", json.dumps(told))


def test_quick_jobs_are_done_in_one_process_and_nothing_stays_of_the_last(app):
    """Not a process for each; and what one has read is not taken for the present by the next."""
    redis = app.extensions["redis"]
    kept = session()
    for call in (1, 2):
        Queue("tickets", connection=redis).enqueue(seen, call)
    Staying([Queue("tickets", connection=redis)], connection=redis).work(burst=True)
    (process, first, bound), (same, second, later) = map(json.loads, redis.lrange("seen", 0, -1))
    assert process == same == os.getpid()
    assert id(kept) not in (first, second)
    assert (bound, later) == ({"call": 1}, {"call": 2})
