"""Citizens made of chance: they press keys, are patient for a while, hang up, and ring again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from emulator.caller import Caller
from emulator.legs import Leg
from simulation.habits import Habits, drawn

# In seconds.
RATES_AFTER = 2.0
LOOKS_ROUND_AGAIN = 30.0
# Which keys of the menu are pressed; none is silence, which leads to a person, too.
KEYS = ("", "0", "1", "3", "8")
RATING = ("请对本次服务评价", "rate this service")
KEEP_MENU, TONE = "用来电号码接听回电请按1", "请在提示音后留言"
PROMISED = ("您的位置已经保留", "留言已经录下")
SPEAKS_FOR = 12.0


@dataclass(eq=False, kw_only=True)
class Citizen(Caller):
    """He presses a key or says nothing, waits as long as he is patient, and may hang up first."""

    dice: Random
    habits: Habits
    gone: "Callable[[Citizen], None]"
    # He is on this leg from now on, whoever rang whom.
    comes: "Callable[[Citizen, Leg], None]"
    # Legs on which he has hung up himself; whoever has not and is not served was dropped by us.
    left: set[str] = field(default_factory=set)
    # Legs on which he was told that he is rung back.
    promised: set[str] = field(default_factory=set)
    # He has hung up, and is about to call again.
    returns: bool = False
    _asked: set[str] = field(default_factory=set)
    _number: str = ""

    def calls(self, number: str) -> Leg:
        self._number = number
        self.exchange.parties[self.number] = self
        leg = self.dials(number)
        self.comes(self, leg)
        after = self.exchange.timeline.after
        if self.habits.keeps and self.dice.random() < self.habits.keeps:
            after(self.dice.uniform(20, 60), lambda: self._press("*"))
        if self.dice.random() < self.habits.leaves_in_menu:
            after(self.dice.uniform(0, 10), self.leaves)
        elif key := self.dice.choice(KEYS):
            after(self.dice.uniform(1, 15), lambda: self._press(key))
        if self.habits.patience_s is not None:
            after(drawn(self.dice, self.habits.patience_s), self._tires)
        return leg

    @property
    def on_the_line(self) -> bool:
        return self.leg is not None and self.leg.live

    @property
    def talks(self) -> bool:
        room = self.leg.room if self.leg else None
        return room is not None and room.status == "in-progress"

    def leaves(self) -> None:
        if self.leg is not None and self.on_the_line:
            self.left.add(self.leg.sid)
            self.hangs_up()

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        after = self.exchange.timeline.after
        if any(one in words for one in PROMISED):
            self.promised.add(leg.sid)
        elif KEEP_MENU in words:
            key = "3" if self.dice.random() < self.habits.speaks else "1"
            after(self.dice.uniform(1, 9), lambda: self._press(key))
        elif TONE in words:
            after(SPEAKS_FOR / 2, self._speaks)
            after(SPEAKS_FOR, lambda: self._press("#"))
        if leg.sid in self._asked or not any(one in words for one in RATING):
            return
        self._asked.add(leg.sid)
        act = (lambda: self._press("5")) if self.dice.random() < 0.5 else self.leaves
        after(RATES_AFTER, act)

    def ring(self, leg: Leg) -> None:
        """The hotline rings him back."""
        self.rung.append(leg)
        self.comes(self, leg)
        if self.on_the_line:
            leg.end("busy")
        elif self.dice.random() < self.habits.picks_up:
            self.exchange.timeline.after(self.dice.uniform(1, 12), lambda: self._picks_up(leg))

    def is_on(self, sid: str) -> bool:
        return self.leg is not None and self.leg.sid == sid and self.leg.live

    def was_rung(self, sid: str) -> bool:
        return any(one.sid == sid for one in self.rung)

    def ended(self, leg: Leg) -> None:
        if self.on_the_line:
            return
        if not self.promised:
            self.exchange.parties.pop(self.number, None)
        self.gone(self)

    def _picks_up(self, leg: Leg) -> None:
        if leg.live and not self.on_the_line:
            self.leg = leg
            leg.answer()

    def _speaks(self) -> None:
        if self.on_the_line and not self.talks:
            self.says("请派人来看")

    def _press(self, key: str) -> None:
        if self.leg is not None and self.leg.live and self.leg.room is None:
            self.presses(key)

    def _tires(self) -> None:
        if self.talks:
            self.exchange.timeline.after(LOOKS_ROUND_AGAIN, self._tires)
        elif self.on_the_line:
            self.leaves()
            if self.habits.redials and self.dice.random() < self.habits.redials:
                self.returns = True
                self.exchange.timeline.after(self.dice.uniform(5, 100), self._redials)

    def _redials(self) -> None:
        self.returns = False
        if not self.on_the_line and not self.promised:
            self.calls(self._number)
