"""The clock of a simulated day, and what else happens each second or each few.

Its chores run in each second in which one of them has something to do: that is what they would do
every second, only quicker."""

from collections.abc import Callable, Mapping
from contextvars import Context
from random import Random
from typing import Protocol

from flask import Flask
from sqlalchemy import tuple_, update

import queues.sweeps
import telephony.attempts
import telephony.orders
import telephony.outbound
from emulator.exchange import Exchange
from emulator.timeline import Timeline
from infra import clock, db
from models import Seat
from queues import presence
from simulation.agents import Agent
from simulation.citizens import Citizen
from simulation.coupling import Killed
from simulation.looks import Eye
from simulation.plan import Plan
from simulation.rules import Rules
from simulation.weather import REDIS_AWAY, HeardBell, Trouble
from simulation.wire import Simulated

# In seconds.
LEASES_EVERY = 5
LOOKS_EVERY = 10
RECONCILE_EVERY = 15


class Hotline(Protocol):
    """The day that the clock belongs to."""

    plan: Plan
    dice: Random
    timeline: Timeline
    exchange: Exchange
    coupling: Simulated
    trouble: Trouble
    rules: Rules
    bell: HeardBell
    agents: dict[int, Agent]

    @property
    def citizens(self) -> Mapping[str, Citizen]: ...


class Clockwork:
    def __init__(self, app: Flask, eye: Eye, day: Hotline) -> None:
        self._app, self._eye, self._day = app, eye, day

    def begins(self) -> None:
        self._day.timeline.after(1, self._second)

    def _second(self) -> None:
        day = self._day
        day.timeline.after(1, self._second)
        seconds = round((day.timeline.now - day.exchange.began).total_seconds())
        if seconds % LEASES_EVERY == 0:
            self._renew()
        self._chores(seconds)
        if not day.plan.pooled:
            self._trouble(seconds)

    def _chores(self, seconds: int) -> None:
        day = self._day
        due = self._eye.due(day.timeline.now)
        whole = not due.tick or self._does(queues.sweeps.tick)
        if whole:
            # Also where the clock's question found nothing due: it may be what is wrong.
            day.rules.after_a_second()
        if (due.tick and whole) or seconds % LEASES_EVERY == 0 or day.plan.looks_closely:
            day.rules.now()
        if due.orders:
            self._does(telephony.orders.carry_out_due)
        addresses = day.coupling.addresses
        if due.dialling:
            self._does(telephony.outbound.dial_due)
            self._does(telephony.attempts.settle_due)
        if due.connecting:
            self._does(lambda: queues.sweeps.look_into_stuck(addresses))
        if seconds % RECONCILE_EVERY == 0:
            self._does(lambda: queues.sweeps.reconcile(addresses))
            day.rules.at_the_carrier(day.exchange, day.citizens)

    def _trouble(self, seconds: int) -> None:
        day = self._day
        if seconds % LOOKS_EVERY == 0:
            for seat in self._eye.seats():
                if seat.staff_id in day.agents:
                    day.agents[seat.staff_id].looks(seat)
        if seconds % 60 == 0 and day.dice.random() < day.trouble.climate.redis_away:
            self._app.extensions["redis"].flushdb()
            day.bell.away = True
            day.timeline.after(REDIS_AWAY, lambda: setattr(day.bell, "away", False))

    def _does(self, chore: Callable[[], object]) -> bool:
        """One chore of the clock; whether it came to its end."""
        try:
            with self._day.trouble.near():
                Context().run(self._in_context, chore)
        except (Killed, Exception):
            return False
        return True

    def _in_context(self, chore: Callable[[], object]) -> None:
        with self._app.app_context():
            chore()

    def _renew(self) -> None:
        """What the server does for the stream of every desk that is open (``presence.renew``)."""
        agents, until = self._day.agents.values(), clock.now() + presence.LEASE
        desks = [(one.staff_id, one.browser.desk) for one in agents if one.open]
        with self._app.app_context(), db.transaction():
            db.session.execute(
                update(Seat)
                .where(tuple_(Seat.staff_id, Seat.desk).in_(desks))
                .values(lease_until=until, page_until=until)
                .execution_options(synchronize_session=False)
            )
