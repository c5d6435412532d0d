"""A telephone for programs: dial, press, say, wait, hang up."""

from dataclasses import dataclass, field
from itertools import count

from emulator.exchange import Exchange
from emulator.legs import Leg

numbers = count(13800000000)


@dataclass
class Caller:
    """Somebody with a telephone.  What he hears is in ``heard``, the newest last."""

    exchange: Exchange
    number: str = field(default_factory=lambda: f"+86{next(numbers)}")
    answers: bool = True
    leg: Leg | None = None
    heard: list[str] = field(default_factory=list)
    rung: list[Leg] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exchange.parties[self.number] = self

    def dials(self, number: str) -> Leg:
        self.leg = self.exchange.incoming(self, self.number, number)
        return self.leg

    def connects(self, application: str, **custom: str) -> Leg:
        """As a browser phone does; the number is then ``client:<identity>``."""
        identity = self.number.removeprefix("client:")
        self.leg = self.exchange.connect(self, identity, application, custom)
        return self.leg

    def presses(self, keys: str) -> None:
        self._on_the_line().press(keys)

    def says(self, words: str) -> None:
        self._on_the_line().speak(words)

    def hangs_up(self) -> None:
        self._on_the_line().end()

    @property
    def connected(self) -> bool:
        return self.leg is not None and self.leg.status == "in-progress"

    def hears(self, words: str) -> bool:
        return any(words in heard for heard in self.heard)

    def ring(self, leg: Leg) -> None:
        self.rung.append(leg)
        if self.answers:
            self.leg = leg
            leg.answer()

    def connected_with(self) -> list[str]:
        return [other.caller for other in self._on_the_line().hears()]

    def talking(self, leg: Leg) -> None: ...

    def ended(self, leg: Leg) -> None: ...

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        self.heard.append(words)

    def _on_the_line(self) -> Leg:
        if self.leg is None:
            raise LookupError(f"{self.number} is not on the line")
        return self.leg
