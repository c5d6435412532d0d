"""At the far end of a call to ``app:…`` no person listens but another document of the account."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.account import Application
from emulator.legs import Leg

if TYPE_CHECKING:
    from emulator.exchange import Exchange


@dataclass(eq=False)
class Automaton:
    """Answers at once; what its document says is heard on the line, and the other way round."""

    exchange: "Exchange"
    application: Application
    _inner: Leg | None = None

    def ring(self, leg: Leg) -> None:
        leg.answer()

    def talking(self, leg: Leg) -> None:
        self._inner = self.exchange.begin(
            Mouthpiece(leg),
            leg.caller,
            leg.called,
            self.application.webhooks,
            application=self.application.sid,
        )

    def ended(self, leg: Leg) -> None:
        if self._inner is not None:
            self._inner.end()

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        if self._inner is None or not self._inner.live:
            return
        if kind == "key":
            self._inner.press(words)
        else:
            self._inner.speak(words)


@dataclass(eq=False)
class Mouthpiece:
    """Says on the line what the document says to it."""

    line: Leg

    def ring(self, leg: Leg) -> None: ...

    def talking(self, leg: Leg) -> None: ...

    def ended(self, leg: Leg) -> None:
        self.line.end()

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        if self.line.live:
            self.line.speak(words)
