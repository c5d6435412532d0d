"""Things that go wrong on purpose: webhooks lost, doubled, late, out of order; REST that fails."""

from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit


@dataclass
class Faults:
    """Chances are between 0 and 1; ``only`` limits the webhook faults to paths that start so."""

    drop: float = 0.0
    double: float = 0.0
    late: float = 0.0
    late_seconds: float = 3.0
    shuffle_seconds: float = 0.0
    # Share of REST requests that fail, and how: 429, 500, timeout, or obeyed without an answer.
    rest: float = 0.0
    rest_kind: str = "500"
    only: str = "/"
    seed: int = 1
    _dice: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)

    def webhook(self, url: str) -> list[float]:
        """The delays in seconds at which a report is sent; none when it is lost."""
        if not urlsplit(url).path.startswith(self.only):
            return [0.0]
        if self._dice.random() < self.drop:
            return []
        delay = self._dice.random() * self.shuffle_seconds
        if self._dice.random() < self.late:
            delay += self.late_seconds
        if self._dice.random() < self.double:
            return [delay, delay + self._dice.random()]
        return [delay]

    def rest_fails(self) -> str | None:
        return self.rest_kind if self._dice.random() < self.rest else None
