"""A telephone for programs: dial, press, say, wait, hang up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.tasks import Signal, Task, first_of, moment

numbers = count(13800000000)


class NoSuchStep(ValueError):
    """A script says something that a caller cannot do."""


@dataclass(frozen=True)
class Step:
    """One thing that a caller does: ``wait 2``, ``press 1``, ``say 你好``, ``hear 请按``, hang up.

    ``hear`` waits until something that contains these words is said to him, and no longer than the
    call lasts; each sentence is heard once."""

    act: str
    what: str = ""
    seconds: float = 0.0

    @classmethod
    def of(cls, text: str) -> "Step":
        act, _, what = text.strip().partition(" ")
        try:
            match act:
                case "wait":
                    return cls(act, seconds=float(what))
                case "press" | "say" | "hear" if what:
                    return cls(act, what)
                case "hang" if what == "up":
                    return cls(act)
        except ValueError as error:
            raise NoSuchStep(f"{text!r}: wait how many seconds?") from error
        raise NoSuchStep(f"{text!r} is none of: wait 2, hear 请按, press 1, say 你好, hang up")


@dataclass(eq=False)
class Caller:
    """Somebody with a telephone.  What he hears is in ``heard``, the newest last."""

    exchange: Exchange
    number: str = field(default_factory=lambda: f"+86{next(numbers)}")
    answers: bool = True
    # Declines what rings, as one does who is talking already.
    busy: bool = False
    # What picks up, for a carrier that listens: human, machine, fax, or something it cannot tell.
    nature: str = "human"
    # What he does once he has answered.
    script: Sequence[Step] = ()
    leg: Leg | None = None
    heard: list[str] = field(default_factory=list)
    rung: list[Leg] = field(default_factory=list)
    _waits_for: dict[str, Signal[None]] = field(default_factory=dict)

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

    def follows(self, script: Sequence[Step]) -> Task:
        """Do one thing after the other for as long as the call lasts."""
        return Task(self.exchange.timeline, self._follow(script))

    async def _follow(self, script: Sequence[Step]) -> None:
        for step in script:
            if self.leg is None or not self.leg.live:
                return
            match step.act:
                case "wait":
                    await moment(self.exchange.timeline, step.seconds)
                case "press":
                    self.presses(step.what)
                case "say":
                    self.says(step.what)
                case "hang":
                    self.hangs_up()
                case "hear":
                    await self._heard(step.what)

    @property
    def connected(self) -> bool:
        return self.leg is not None and self.leg.status == "in-progress"

    def hears(self, words: str) -> bool:
        return any(words in heard for heard in self.heard)

    def ring(self, leg: Leg) -> None:
        self.rung.append(leg)
        if self.busy:
            leg.end("busy")
        elif self.answers:
            self.leg = leg
            leg.answer()
            self.follows(self.script)

    def connected_with(self) -> list[str]:
        return [other.caller for other in self._on_the_line().hears()]

    def talking(self, leg: Leg) -> None: ...

    def ended(self, leg: Leg) -> None: ...

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        self.heard.append(words)
        for waited, signal in list(self._waits_for.items()):
            if waited in words:
                del self._waits_for[waited]
                signal.resolve(None)

    async def _heard(self, words: str) -> None:
        said: Signal[None] = Signal()
        self._waits_for[words] = said
        await first_of(said, self._on_the_line().over)

    def _on_the_line(self) -> Leg:
        if self.leg is None:
            raise LookupError(f"{self.number} is not on the line")
        return self.leg
