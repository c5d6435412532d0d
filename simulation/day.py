"""One day: callers come by chance, agents work, things go wrong, and the rules are held against it.

The clock's chores run each second in which one of them has something to do: that is what they would
do every second, only quicker.  All chance comes from one seed, so a seed replays exactly."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import replace
from random import Random

from flask import Flask
from sqlalchemy import tuple_, update

import queues.sweeps
import telephony.attempts
import telephony.fallback
import telephony.orders
import telephony.outbound
from config import Settings
from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.timeline import Timeline
from infra import clock, db
from models import Seat
from queues import presence
from simulation.agents import Agent, Citizen
from simulation.browser import Browser
from simulation.coupling import AFTERWARDS, NETWORK, Killed
from simulation.looks import Eye
from simulation.plan import Outcome, Plan
from simulation.rules import Rules
from simulation.silence import Quiet
from simulation.town import CLOSES, Town, close, settle
from simulation.weather import CALM, REDIS_AWAY, Climate, HeardBell, Trouble, Weather
from simulation.wire import Simulated

# In seconds.
LEASES_EVERY = 5
LOOKS_EVERY = 10
RECONCILE_EVERY = 15
LONGEST_EVENING = 3600
# After the last has gone: what the sweeps need to put away what was lost.
PUT_AWAY_WITHIN = 180
FIRST_NUMBER = 13900000000


class Day:
    def __init__(self, app: Flask, plan: Plan) -> None:
        self._app, self.plan = app, plan
        self.dice = Random(plan.seed)
        self.timeline = Timeline()
        clock.use(lambda: self.timeline.now)
        self._settings = app.config["SETTINGS"]
        settings = replace(self._settings, menu_enabled=not plan.pooled)
        app.config["SETTINGS"] = settings
        self.number, self.application = settings.hotline_number, settings.twilio_app_sid
        self._eye = Eye(settings.database_url)
        self.trouble = Trouble(app.extensions["engine"], plan.climate, self.dice)
        self.rules = Rules(self._eye, self.timeline)
        self.coupling = self._coupled(settings)
        self.exchange: Exchange = self.coupling.exchange
        self.exchange.media = Quiet(self.timeline, wordless=plan.pooled)
        self.bell = HeardBell(app.extensions["redis"], self.trouble)
        self.bell.on_ring = self._rung
        self._real_bell, app.extensions["bell"] = app.extensions["bell"], self.bell
        self.citizens: dict[str, Citizen] = {}
        self.present: set[Citizen] = set()
        self.come, self._closed = 0, False
        self._last_call = self.timeline.now
        self.town: Town = settle(
            app, seats=plan.seats, pooled=plan.pooled, set_lines=plan.set_lines
        )
        self.agents = {
            one.staff_id: self._agent(one.staff_id, one.login) for one in self.town.seats
        }
        self._open_desks()

    def _coupled(self, settings: Settings) -> Simulated:
        fallback = telephony.fallback.create_app(settings)
        fallback.extensions["health"] = telephony.fallback.Health(lambda: True)
        weather = Weather(climate=self.plan.climate, dice=self.dice, spared=settings.fallback_url)
        return Simulated(
            self._app,
            self._app.test_client(),
            fallback.test_client(),
            self.timeline,
            weather,
            trouble=self.trouble,
            weather=weather,
            dice=self.dice,
            rules=self.rules,
            network=0.0 if self.plan.pooled else NETWORK,
            afterwards=0.0 if self.plan.pooled else AFTERWARDS,
        )

    def _agent(self, staff_id: int, login: str) -> Agent:
        browser = Browser(self._app, login, self.trouble, self.dice)
        return Agent(self, staff_id, browser, self.dice, self.plan.habits)

    # What happens

    def run(self) -> Outcome:
        """From the first caller to the last, and until everything is put away."""
        try:
            self.opens()
            self._expect_next()
            while self.come < self.plan.calls or self.present or self.rules.promises():
                self.timeline.forward(60)
                if self.come == self.plan.calls and self._evening_is_over():
                    break
            return self.ends()
        finally:
            self.close()

    def opens(self) -> None:
        """From now on the clock ticks."""
        self.timeline.after(1, self._second)

    def ends(self) -> Outcome:
        """Nothing goes wrong any more, and what was lost has time to be found."""
        self.weather(CALM)
        self.timeline.forward(PUT_AWAY_WITHIN)
        return self._outcome()

    def weather(self, climate: Climate) -> None:
        self.coupling.weather.climate = self.trouble.climate = climate

    def close(self) -> None:
        """Give the application back as it was; a second time there is nothing to do."""
        if self._closed:
            return
        self._closed = True
        self.trouble.end()
        self._eye.close()
        self._app.config["SETTINGS"] = self._settings
        self._app.extensions["bell"] = self._real_bell
        clock.use(None)

    def calls(self) -> Citizen:
        """Somebody dials."""
        self.come += 1
        if self.plan.set_lines and self.come == self.plan.calls // 2:
            close(self._app, CLOSES)
        self._last_call = self.timeline.now
        citizen = Citizen(
            exchange=self.exchange,
            number=f"+86{FIRST_NUMBER + self.come}",
            dice=self.dice,
            habits=self.plan.habits,
            gone=self._gone,
            comes=self._comes,
        )
        citizen.calls(self.number)
        return citizen

    def citizen_in(self, leg: Leg) -> Citizen | None:
        """With whom this agent's leg is in a conference."""
        others = leg.room.legs if leg.room is not None else []
        return next((self.citizens[one.sid] for one in others if one.sid in self.citizens), None)

    def _expect_next(self) -> None:
        if self.come < self.plan.calls:
            self.timeline.after(self.dice.expovariate(self.plan.per_second), self._next)

    def _next(self) -> None:
        self.calls()
        self._expect_next()

    def _comes(self, citizen: Citizen, leg: Leg) -> None:
        self.present.add(citizen)
        self.citizens[leg.sid] = citizen

    def _gone(self, citizen: Citizen) -> None:
        self.present.discard(citizen)

    def _evening_is_over(self) -> bool:
        """The last has dialled long ago: who is still there would stay for ever."""
        return (self.timeline.now - self._last_call).total_seconds() > LONGEST_EVENING

    def _rung(self, topic: str, message: str) -> None:
        """A desk's stream: told at once, but not from within what the hotline is doing."""
        who = topic.removeprefix("agent:")
        if who == topic:
            return
        said = json.loads(message)
        agent = self.agents.get(int(who))
        if agent is not None:
            self.timeline.after(0, lambda: agent.told(said["name"], said["detail"]))
        if said["name"] == "offered":
            self.timeline.after(0, lambda: self.rules.offered(said["detail"]["offer"]))

    # The clock

    def _second(self) -> None:
        self.timeline.after(1, self._second)
        seconds = round((self.timeline.now - self.exchange.began).total_seconds())
        if seconds % LEASES_EVERY == 0:
            self._renew()
        self._chores(seconds)
        if not self.plan.pooled:
            self._trouble(seconds)

    def _chores(self, seconds: int) -> None:
        due = self._eye.due(self.timeline.now)
        if due.tick and self._does(queues.sweeps.tick):
            self.rules.after_a_pass()
        elif seconds % LEASES_EVERY == 0 or self.plan.looks_closely:
            self.rules.now()
        if due.orders:
            self._does(telephony.orders.carry_out_due)
        addresses = self.coupling.addresses
        if due.dialling:
            self._does(telephony.outbound.dial_due)
            self._does(telephony.attempts.settle_due)
        if due.connecting:
            self._does(lambda: queues.sweeps.look_into_stuck(addresses))
        if seconds % RECONCILE_EVERY == 0:
            self._does(lambda: queues.sweeps.reconcile(addresses))
            self.rules.at_the_carrier(self.exchange, self.citizens)

    def _trouble(self, seconds: int) -> None:
        if seconds % LOOKS_EVERY == 0:
            for seat in self._eye.seats():
                self.agents[seat.staff_id].looks(seat)
        if seconds % 60 == 0 and self.dice.random() < self.trouble.climate.redis_away:
            self._app.extensions["redis"].flushdb()
            self.bell.away = True
            self.timeline.after(REDIS_AWAY, lambda: setattr(self.bell, "away", False))

    def _does(self, chore: Callable[[], object]) -> bool:
        """One chore of the clock; whether it came to its end."""
        try:
            with self.trouble.near():
                Context().run(self._in_context, chore)
        except (Killed, Exception):
            return False
        return True

    def _in_context(self, chore: Callable[[], object]) -> None:
        with self._app.app_context():
            chore()

    def _renew(self) -> None:
        """What the server does for the stream of every desk that is open (``presence.renew``)."""
        desks = [(one.staff_id, one.browser.desk) for one in self.agents.values() if one.open]
        with self._app.app_context(), db.transaction():
            db.session.execute(
                update(Seat)
                .where(tuple_(Seat.staff_id, Seat.desk).in_(desks))
                .values(lease_until=clock.now() + presence.LEASE)
                .execution_options(synchronize_session=False)
            )

    def _open_desks(self) -> None:
        with self._app.app_context(), db.transaction():
            for agent in self.agents.values():
                presence.renew(db.session.get_one(Seat, agent.staff_id), agent.browser.desk)

    # What came of it

    def _outcome(self) -> Outcome:
        self.rules.at_the_end(self.exchange, self.citizens, self.coupling.answered)
        return Outcome(
            self.plan,
            self.rules.violations,
            self.rules.waits(),
            self.rules.dispositions(),
            self.trouble.kills,
            self.trouble.cuts,
            self.coupling.webhooks,
            (self.timeline.now - self.exchange.began).total_seconds(),
            self.rules.story(),
        )


@contextmanager
def day(app: Flask, plan: Plan) -> Iterator[Day]:
    """A day that is moved by hand."""
    made = Day(app, plan)
    try:
        yield made
    finally:
        made.close()
