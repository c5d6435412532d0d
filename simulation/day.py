"""One day: callers come by chance, agents work, things go wrong, and the rules are held against it.

All chance comes from one seed, so a seed replays exactly."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random

from flask import Flask

import telephony.fallback
from config import Settings
from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.timeline import Timeline
from infra import clock, db
from models import Seat
from queues import presence
from simulation.agents import Agent
from simulation.browser import Browser
from simulation.citizens import Citizen
from simulation.clockwork import Clockwork
from simulation.coupling import AFTERWARDS, NETWORK
from simulation.leads import Lead, Scene
from simulation.looks import Eye
from simulation.outsiders import POLICE, Switchboard
from simulation.plan import Outcome, Plan
from simulation.rules import Rules
from simulation.silence import Quiet
from simulation.town import CLOSES, PARTNER_NUMBER, Sitting, Town, close, settle
from simulation.weather import CALM, Climate, HeardBell, Trouble, Weather
from simulation.wire import Simulated

# In seconds.
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
        for number in (POLICE, PARTNER_NUMBER):
            outside = Switchboard(self.exchange, self.dice, plan.habits)
            self.exchange.parties[number] = outside
        self.town: Town = settle(app, plan)
        self.agents = {one.staff_id: self._agent(one) for one in self.town.seats}
        self._open_desks()
        self.leads = [self._lead(one) for one in self.town.leads]
        self.rules.begins()

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

    def _agent(self, one: Sitting) -> Agent:
        browser = Browser(self._app, one.login, self.trouble, self.dice)
        return Agent(self, one.staff_id, browser, self.dice, self.plan.habits)

    def _lead(self, one: Sitting) -> Lead:
        browser = Browser(self._app, one.login, self.trouble, self.dice, page="/floor")
        return Lead(self, one.staff_id, browser, self.dice, self.plan.habits)

    # What happens

    def run(self) -> Outcome:
        """From the first caller to the last, and until everything is put away."""
        try:
            self.opens()
            self._expect_next()
            while self.come < self.plan.calls or self._goes_on():
                self.timeline.forward(60)
                if self.come == self.plan.calls and self._evening_is_over():
                    break
            return self.ends()
        finally:
            self.close()

    def opens(self) -> None:
        """From now on the clock ticks, and leads lead."""
        Clockwork(self._app, self._eye, self).begins()
        for lead in self.leads:
            lead.begins()

    def ends(self) -> Outcome:
        """Nothing goes wrong any more, and what was lost has time to be found."""
        self.weather(CALM)
        for lead in self.leads:
            lead.goes_home()
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

    def scene(self) -> Scene:
        talks, waiting = self._eye.floor()
        return Scene(talks, waiting, list(self.agents), self.town.lines)

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

    def _goes_on(self) -> bool:
        """Somebody is on the line, is about to call again, or is yet to be rung back."""
        returning = any(one.returns for one in self.citizens.values())
        return bool(self.present or returning or self.rules.promises())

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
            self.rules.events(),
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
