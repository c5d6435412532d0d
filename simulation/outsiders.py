"""Who is rung outside of the hotline: 110, and a partner city."""

from dataclasses import dataclass, field
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
    # Legs on which it has hung up itself.
    left: set[str] = field(default_factory=set)

    def ring(self, leg: Leg) -> None:
        if self.dice.random() < self.habits.outside_answers:
            self.exchange.timeline.after(self.dice.uniform(1, 12), leg.answer)

    def talking(self, leg: Leg) -> None:
        if self.dice.random() < self.habits.outside_ends:
            talk_s = drawn(self.dice, self.habits.talk_s)
            self.exchange.timeline.after(talk_s, lambda: self._leaves(leg))

    def _leaves(self, leg: Leg) -> None:
        if leg.live:
            self.left.add(leg.sid)
            leg.end()

    def ended(self, leg: Leg) -> None: ...

    def hear(self, leg: Leg, words: str, kind: str) -> None: ...
