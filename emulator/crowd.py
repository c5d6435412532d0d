"""Thousands of callers at once, each following a script; nothing of them is kept afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from emulator.caller import Caller, Step
from emulator.exchange import Exchange
from emulator.legs import Leg

MOST = 20_000


class TooMany(ValueError):
    """More callers than one process can carry."""


@dataclass
class Crowd:
    exchange: Exchange
    live: "set[Visitor]" = field(default_factory=set)
    to_come: int = 0
    dialled: int = 0
    answered: int = 0
    ended: int = 0
    most: int = 0

    def dials(self, number: str, count: int, per_second: float, script: Sequence[Step]) -> None:
        """So many new callers, so many each second.  Raises Unreachable, TooMany."""
        self.exchange.webhooks_of(number)
        if self.to_come + len(self.live) + count > MOST:
            raise TooMany(f"no more than {MOST} callers at once")
        self.to_come += count
        for index in range(count):
            self.exchange.timeline.after(index / per_second, lambda: self._come(number, script))

    def hangs_up(self) -> None:
        for visitor in list(self.live):
            visitor.hangs_up()

    def counts(self) -> dict[str, int]:
        return {
            "to_come": self.to_come,
            "live": len(self.live),
            "most": self.most,
            "dialled": self.dialled,
            "answered": self.answered,
            "ended": self.ended,
        }

    def _come(self, number: str, script: Sequence[Step]) -> None:
        self.to_come -= 1
        visitor = Visitor(exchange=self.exchange, crowd=self)
        self.live.add(visitor)
        self.dialled += 1
        self.most = max(self.most, len(self.live))
        visitor.dials(number)
        visitor.follows(script)


@dataclass(eq=False, kw_only=True)
class Visitor(Caller):
    """One of the crowd: he listens to nothing and is forgotten when he hangs up."""

    crowd: Crowd

    def talking(self, leg: Leg) -> None:
        self.crowd.answered += 1

    def hear(self, leg: Leg, words: str, kind: str) -> None: ...

    def ended(self, leg: Leg) -> None:
        self.crowd.live.discard(self)
        self.crowd.ended += 1
        self.exchange.parties.pop(self.number, None)
