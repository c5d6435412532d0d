"""The clock: sweeps and reconciliation, each in a lane of its own.  Of several clocks one leads.

A carrier that answers slowly or never holds up only the lanes that ask it: the routing pass, offers
that lapse and leases that end keep their second."""

import gc
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

import analytics.snapshots
import analytics.watching
import assist.sweeps
import channels.sweeps
import erasing.carrying_out
import erasing.terms
import followups.planning
import ivr.voicemail
import queues.connecting
import queues.missed
import queues.owed
import queues.relaying
import queues.sweeps
import recordings.leftovers
import recordings.sweeps
import staff.guesses
import tickets.older_places
import tickets.sweeps
import tickets.timekeeping
import workforce.expecting
from app import create_app
from infra import seldom
from infra.log import forget
from queues.doors import absolute
from telephony import attempts, orders, outbound

log = structlog.get_logger(__name__)

LEADER_LOCK = 54321
TICK = 1.0
FOLLOWER_ASKS_AGAIN = 5.0
LOST_ASKS_AGAIN = 1.0
# So many lanes work each second.  The others work at times, and each would keep a server process of
# 5 MB busy with waiting.
EACH_SECOND = 6
# How many questions to the carrier a lane asks at the same time.
AT_ONCE = 8
# Whoever does not come to an end is left behind: what he was doing is a row.
LANES_END_WITHIN = 4.0


class LaneEnded(Exception):
    """A lane stopped by itself; the process ends, so that its supervisor starts it anew."""


@dataclass(frozen=True)
class Chore:
    name: str
    period: float
    do: Callable[[], object]


class Lane(threading.Thread):
    """One chore every ``period`` seconds while this clock leads; never two runs of it at once."""

    def __init__(
        self, app: Flask, chore: Chore, leading: threading.Event, stop: threading.Event
    ) -> None:
        super().__init__(name=chore.name, daemon=True)
        self._app, self._chore, self._leading, self._ending = app, chore, leading, stop

    def run(self) -> None:
        while not self._ending.is_set():
            if not self._leading.wait(TICK):
                continue
            began = time.monotonic()
            self._once()
            took = time.monotonic() - began
            if took > max(self._chore.period, 5 * TICK):
                log.warning("a chore took long", chore=self._chore.name, seconds=round(took, 1))
            self._ending.wait(max(0.0, self._chore.period - took))

    def _once(self) -> None:
        """Failing is logged, and tried again next time."""
        forget()
        with self._app.app_context():
            try:
                self._chore.do()
            except Exception:
                seldom.tell(log.exception, "a chore failed", chore=self._chore.name)


def chores(app: Flask) -> list[Chore]:
    with app.test_request_context():
        addresses = queues.connecting.Addresses(
            join=absolute("queues.join"), requeue=absolute("queues.requeue")
        )
    return [
        Chore("pass", 1, queues.sweeps.tick),
        Chore("orders", 1, lambda: orders.carry_out_due(AT_ONCE)),
        Chore("connecting", 1, lambda: queues.sweeps.look_into_stuck(addresses, AT_ONCE)),
        Chore("reconcile", 15, lambda: queues.sweeps.reconcile(addresses, AT_ONCE)),
        Chore("queue", 3600, queues.sweeps.make_room),
        Chore("messages", 60, ivr.voicemail.Voicemail().collect),
        Chore("dial", 1, outbound.dial_due),
        Chore("dialled", 1, lambda: attempts.settle_due(AT_ONCE)),
        Chore("lapse", 60, outbound.lapse_due),
        Chore("missed", 20, queues.missed.run),
        Chore("owed", 20, queues.owed.run),
        Chore("relays", 60, queues.relaying.settle_lost),
        Chore("follow-ups", 60, followups.planning.run),
        Chore("recordings", 30, recordings.sweeps.run),
        Chore("tickets", 20, tickets.sweeps.run),
        # A second after its notice a unit's own system is told.
        Chore("outbox", 1, channels.sweeps.run),
        Chore("leftovers", 86_400, recordings.leftovers.sweep),
        Chore("erasures", 60, erasing.carrying_out.go_on),
        Chore("terms", 3600, erasing.terms.sweep),
        Chore("learning", 60, assist.sweeps.run),
        Chore("forecast", 60, workforce.expecting.run),
        Chore("alerts", 5, analytics.watching.watch),
        Chore("figures", 3600, analytics.snapshots.count_open),
        Chore("deadlines", 60, tickets.timekeeping.each_minute),
        Chore("places", 60, tickets.older_places.run),
        Chore("days", 3600, tickets.timekeeping.each_hour),
        Chore("sign-ins", 3600, staff.guesses.forget_old),
        Chore("calendar", 3600, tickets.timekeeping.Reminder().remind),
    ]


def main() -> None:
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _number, _frame: stop.set())
    app = create_app(connections=EACH_SECOND)
    # What is there now stays; to look through all of it would stop every lane for 0.2 s.
    gc.collect()
    gc.freeze()
    try:
        run(app, chores(app), stop)
    except LaneEnded as ended:
        sys.exit(f"the lane “{ended}” ended by itself")


def run(app: Flask, work: Iterable[Chore], stop: threading.Event) -> None:
    """Lead, or ask again and again to lead, until ``stop``.  Raises LaneEnded."""
    leading = threading.Event()
    # Each statement stands alone: a lock is held by a connection, not by a transaction.
    engine = app.extensions["engine"].execution_options(isolation_level="AUTOCOMMIT")
    lanes = [Lane(app, chore, leading, stop) for chore in work]
    for lane in lanes:
        lane.start()
    while not stop.is_set():
        pause = FOLLOWER_ASKS_AGAIN
        try:
            with engine.connect() as held:
                # Not of the pool: when it is closed the lock is given back with it.
                held.detach()
                lead(held, lanes, leading, stop)
        except DBAPIError as error:
            log.warning("the database is away", error=str(error.orig))
            pause = LOST_ASKS_AGAIN
        stop.wait(pause)
    ends = time.monotonic() + LANES_END_WITHIN
    for lane in lanes:
        lane.join(max(0.0, ends - time.monotonic()))


def lead(
    held: Connection, lanes: list[Lane], leading: threading.Event, stop: threading.Event
) -> None:
    """Let the lanes work while this connection, and with it the leader's lock, lives."""
    if not held.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}):
        return
    log.info("this clock leads")
    leading.set()
    try:
        while not stop.wait(TICK):
            held.execute(text("SELECT 1"))
            for lane in lanes:
                if not lane.is_alive():
                    raise LaneEnded(lane.name)
    finally:
        leading.clear()


if __name__ == "__main__":
    main()
