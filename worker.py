"""The RQ workers: run background jobs inside the application, and outlive an absent Redis.

``python -m worker`` starts one worker for each group of lanes (``infra.jobs.WORKERS``), all forked
from one application, whose memory they share; ``python -m worker messages tickets`` serves just
these lanes by itself."""

import argparse
import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import wait

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, Worker
from rq.executions import Execution
from rq.job import Job
from rq.scheduler import RQScheduler

from app import create_app
from infra.bell import patient_connection
from infra.embedded import child
from infra.jobs import QUEUES, QUICK, WORKERS
from infra.log import forget

log = structlog.get_logger(__name__)

REDIS_AWAY = 2.0
NICE = 5


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument("lane", nargs="*", help="serve only these lanes")
    lanes = parser.parse_args().lane
    if unknown := set(lanes) - set(QUEUES):
        parser.error(f"no such lane: {', '.join(unknown)}; there are {', '.join(QUEUES)}")
    app = create_app()
    if lanes:
        serve(app, lanes)
    else:
        sys.exit(together(app, WORKERS))


def serve(app: Flask, lanes: Sequence[str]) -> None:
    _while_redis_comes_and_goes(
        app, lambda redis: Worker(list(lanes), connection=redis).work(with_scheduler=True)
    )


def _while_redis_comes_and_goes(app: Flask, work: Callable[[Redis], object]) -> None:
    """``work`` returns only when asked to stop."""
    with app.app_context():
        while True:
            try:
                work(patient_connection())
                return
            except RedisError as error:
                log.warning("Redis is away; sweepers keep the work", error=str(error))
                time.sleep(REDIS_AWAY)


def together(app: Flask, groups: Sequence[Sequence[str]]) -> int:
    """A worker for each group, until one ends; then all end, and a supervisor starts them anew."""
    fork = multiprocessing.get_context("fork")
    # One scheduler puts back what is to be tried again, for all of them: each is 26 MB.
    tasks: list[Callable[[Redis], object]] = [
        lambda redis: RQScheduler(QUEUES, connection=redis).work()
    ]
    tasks += [partial(_work, lanes) for lanes in groups]
    workers = [fork.Process(target=_bound, args=(app, one)) for one in tasks]
    # What is there already is never looked at by the collector, and so stays shared.
    gc.collect()
    gc.freeze()
    for one in workers:
        one.start()

    def stop(*_signal: object) -> None:
        # Told twice, a worker drops what it is doing.
        while told:
            told.pop().terminate()

    told = list(workers)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    wait([one.sentinel for one in workers])
    stop()
    for one in workers:
        one.join()
    return max(abs(one.exitcode or 0) for one in workers)


def _work(lanes: Sequence[str], redis: Redis) -> None:
    of = Staying if lanes is QUICK else Worker
    of(list(lanes), connection=redis).work()


class Staying(SimpleWorker):  # type: ignore[misc]
    """Does its jobs itself, one after the other, instead of a new process for each.

    To be read for one call's words the dictionary would take a second of each such process, and
    connections to the database another part.  What is heavy, or may hang, is for the others."""

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        forget()
        # A session of its own: nothing that an earlier job has read is taken for the present.
        with current_app.app_context():
            return bool(super().perform_job(job, queue, execution))


def _bound(app: Flask, work: Callable[[Redis], object]) -> None:
    child.end_with_parent(signal.SIGKILL)
    # A caller's webhook goes before every job: nobody holds a telephone while one is done.
    os.nice(NICE)
    _while_redis_comes_and_goes(app, work)


if __name__ == "__main__":
    main()
