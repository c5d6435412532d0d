"""What an agent does in a talk besides talking: hold, send on, ask a colleague, ring 110.

By the desk's own doors: whether it can be done is their affair, and a refusal is an answer, too."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Protocol

from emulator.timeline import Timer
from simulation.habits import Habits, drawn

# As habits name their chances.
WAYS = ("holds", "sends_on", "hands_on", "consults", "rings_police")
# In seconds: how long somebody is on hold, and how long a colleague is asked.
HELD_FOR = 12.0
ASKED_FOR = (4.0, 25.0)
# So often an agent goes from one to the other before he makes up his mind.
MOST_MOVES = 4
MOVES = ("swap", "three-way", "complete", "cancel", "")
LAST = ("complete", "cancel")


class AtDesk(Protocol):
    """Whose talk it is."""

    dice: Random
    habits: Habits

    def asks(self, what: str, **body: object) -> None: ...
    def sees(self, what: str) -> dict[str, Any]: ...
    def after(self, seconds: float, act: Callable[[], object]) -> Timer: ...
    def talks_in(self, call: int) -> bool: ...


@dataclass(eq=False)
class Conduct:
    agent: AtDesk
    call: int
    # Who is to be let go before he can finish.
    others: bool = False

    def begins(self, length: float) -> None:
        """One thing at most, in the first half of the talk; the other shows what comes of it."""
        luck = self.agent.dice.random()
        for way in WAYS:
            chance = getattr(self.agent.habits, way)
            if luck < chance:
                self._later(self.agent.dice.uniform(0, length / 2), partial(self.does, way))
                return
            luck -= chance

    def does(self, way: str) -> None:
        """By the habit's name, or what is done with a colleague who is there."""
        match way:
            case "holds":
                self._holds()
            case "sends_on":
                self._sends(self._a_line())
            case "hands_on":
                self._sends(self._a_colleague())
            case "consults":
                self._consults()
            case "rings_police":
                self._rings_police()
            case move:
                self._asks(f"consult/{move}")

    def finishes(self) -> None:
        """Whoever is still in the talk is let go first."""
        if self.others:
            self._asks("consult/cancel")
            self._asks("three-way/end")
        self._asks("finish")

    def _holds(self) -> None:
        self._asks("hold")
        self._later(drawn(self.agent.dice, HELD_FOR), lambda: self._asks("resume"))

    def _sends(self, to: str | None) -> None:
        if to is not None:
            self._asks("transfer", to=to)

    def _consults(self) -> None:
        to = self._a_colleague() if self.agent.dice.random() < 0.7 else self._a_line()
        if to is None:
            return
        self.others = True
        self._asks("consult", to=to, question="能接吗")
        self._moves_later(MOST_MOVES)

    def _moves_later(self, left: int) -> None:
        self._later(self.agent.dice.uniform(*ASKED_FOR), lambda: self._moves(left))

    def _moves(self, left: int) -> None:
        move = self.agent.dice.choice(MOVES if left > 1 else LAST)
        if move:
            self.does(move)
        if move not in LAST:
            self._moves_later(left - 1)

    def _rings_police(self) -> None:
        self.others = True
        self._asks("three-way", to="police")
        if self.agent.dice.random() < 0.5:
            self._later(self.agent.dice.uniform(5, 40), self._holds)
        if self.agent.dice.random() < 0.5:
            self._later(self.agent.dice.uniform(1, 60), lambda: self._asks("three-way/end"))

    def _a_line(self) -> str | None:
        lines = [one["name"] for one in self._targets("lines") if one["signed_on"]]
        return self.agent.dice.choice(lines) if lines else None

    def _a_colleague(self) -> str | None:
        free = [one["name"] for one in self._targets("agents") if one["free"]]
        return self.agent.dice.choice(free) if free else None

    def _targets(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.agent.sees("targets").get(kind, [])
        return found

    def _asks(self, what: str, **body: object) -> None:
        self.agent.asks(what, call=self.call, **body)

    def _later(self, seconds: float, act: Callable[[], object]) -> None:
        self.agent.after(seconds, lambda: self.agent.talks_in(self.call) and act())
