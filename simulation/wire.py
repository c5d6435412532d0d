"""The wire of a simulated day: what comes over it may be told twice, and kill who answers it."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from emulator.courier import Answer, Request
from simulation.coupling import Coupling, InProcess, Killed
from simulation.rules import Rules
from simulation.weather import Trouble, Weather

# Of recordings and of words that were understood.
TAPES = ("/voice/recording", "/voice/words")


class Quick(InProcess):
    """Remembers nothing of what was asked: a day asks much."""

    def note(self, method: str, path: str) -> None: ...


@dataclass
class Simulated(Coupling):
    """The coupling in which the hotline can be killed, and a webhook come once more."""

    trouble: Trouble = field(kw_only=True)
    weather: Weather = field(kw_only=True)
    dice: Random = field(kw_only=True)
    rules: Rules = field(kw_only=True)
    webhooks: int = 0
    answered: set[str] = field(default_factory=set)
    _sounds: dict[str, Answer] = field(default_factory=dict)

    def _post(self, request: Request, answered: Callable[[Answer], None]) -> None:
        """Sound is fetched once, and what is written down of a talk is another room's affair."""
        path = urlsplit(request.url).path
        if path in self._sounds:
            answered(self._sounds[path])
        elif path.startswith(TAPES):
            answered(Answer(204))
        else:
            super()._post(request, answered)

    def _sdk(self) -> InProcess:
        return Quick(super()._sdk().api)

    def _ask(self, door: FlaskClient, request: Request) -> tuple[Answer, Callable[[], None]]:
        self.webhooks += 1
        try:
            with self.trouble.near():
                answer, close = Context().run(super()._ask, door, request)
        except Exception:
            return Answer(500), lambda: None  # what no handler of ours answers, the server does
        if answer.ok and answer.content:
            self._sounds[urlsplit(request.url).path] = answer
        elif answer.ok and door is self.client:
            self.answered.add(request.params.get("CallSid", ""))
            if request.method == "POST" and self.dice.random() < self.weather.climate.redelivered:
                self._once_more(door, request)
        return answer, close

    def _once_more(self, door: FlaskClient, request: Request) -> None:
        """The same again, before anything else happens: it finds everything done."""
        before = self.rules.state()
        _, close = Context().run(super()._ask, door, request)
        Context().run(close)
        self.rules.unchanged(before, request)

    def _close(self, close: Callable[[], None]) -> None:
        try:
            with self.trouble.near():
                super()._close(close)
        except (Killed, Exception):
            # As the server does: the answer is out, and what was not done is a row.
            return
