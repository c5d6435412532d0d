"""Who is rung outside of the hotline: 110, and a partner city."""

from dataclasses import dataclass
from random import Random

from emulator.exchange import Exchange
from emulator.legs import Leg
from simulation.habits import Habits, drawn

POLICE = "110"


@dataclass(eq=False)
class Switchboard:
    """It takes any number of calls at once, answers some of them, and hangs up first at times."""

    exchange: Exchange
    dice: Random
    habits: Habits

    def ring(self, leg: Leg) -> None:
        if self.dice.random() < self.habits.outside_answers:
            self.exchange.timeline.after(self.dice.uniform(1, 12), leg.answer)

    def talking(self, leg: Leg) -> None:
        if self.dice.random() < self.habits.outside_ends:
            self.exchange.timeline.after(drawn(self.dice, self.habits.talk_s), leg.end)

    def ended(self, leg: Leg) -> None: ...

    def hear(self, leg: Leg, words: str, kind: str) -> None: ...
