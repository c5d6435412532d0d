"""The clock: sweeps each second, reconciles every 15 s.  Of several clocks one leads."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

import assist.sweeps
import queues.sweeps
import recordings.sweeps
import tickets.sweeps
from app import create_app
from infra.log import forget
from queues.doors import absolute

log = structlog.get_logger(__name__)

LEADER_LOCK = 54321
TICK = 1.0
FOLLOWER_ASKS_AGAIN = 5.0


@dataclass
class Chore:
    """Something done every ``period`` seconds; failing it is logged and tried again next time."""

    name: str
    period: float
    do: Callable[[], object]
    due: float = field(default=0.0)

    def run_if_due(self, moment: float) -> None:
        if moment < self.due:
            return
        self.due = moment + self.period
        forget()
        try:
            self.do()
        except Exception:
            log.exception("a sweep failed", chore=self.name)


def chores(app: Flask) -> list[Chore]:
    with app.test_request_context():
        addresses = queues.sweeps.Addresses(
            join=absolute("queues.join"), requeue=absolute("queues.requeue")
        )
    return [
        Chore("calls", 1, lambda: queues.sweeps.each_second(addresses)),
        Chore("reconcile", 15, lambda: queues.sweeps.reconcile(addresses)),
        Chore("recordings", 30, recordings.sweeps.run),
        Chore("tickets", 20, tickets.sweeps.run),
        Chore("learning", 60, assist.sweeps.run),
    ]


def main() -> None:
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _number, _frame: stop.set())
    app = create_app()
    work = chores(app)
    while not stop.is_set():
        try:
            with app.extensions["engine"].connect() as held:
                lead(app, held.execution_options(isolation_level="AUTOCOMMIT"), work, stop)
        except DBAPIError as error:
            log.warning("the database is away", error=str(error.orig))
        stop.wait(FOLLOWER_ASKS_AGAIN)


def lead(app: Flask, held: Connection, work: list[Chore], stop: threading.Event) -> None:
    """Tick while this connection, and with it the leader's lock, lives."""
    if not held.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}):
        return
    log.info("this clock leads")
    while not stop.is_set():
        held.execute(text("SELECT 1"))
        began = time.monotonic()
        for chore in work:
            with app.app_context():
                chore.run_if_due(began)
        stop.wait(max(0.0, TICK - (time.monotonic() - began)))


if __name__ == "__main__":
    main()
