"""Things that go wrong on purpose: reports lost, doubled, late, out of order; documents that are
not to be had or late; REST that fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from random import Random
from urllib.parse import urlsplit

CHANCES = ("drop", "double", "late", "document_drop", "document_late", "rest")
SECONDS = ("late_seconds", "shuffle_seconds")
KINDS = ("429", "500", "timeout", "unanswered", "broken")


@dataclass
class Faults:
    """Chances are between 0 and 1; ``only`` limits the faults of reports and documents to paths
    that start so."""

    # Reports (status callbacks), for whose answer nobody waits.
    drop: float = 0.0
    double: float = 0.0
    late: float = 0.0
    late_seconds: float = 3.0
    shuffle_seconds: float = 0.0
    # Documents and sounds, which a call waits for: no connection, or ``late_seconds`` more.
    document_drop: float = 0.0
    document_late: float = 0.0
    # Share of REST requests that fail, and how: 429, 500, timeout, obeyed without an answer, or
    # obeyed and answered by a 500.
    rest: float = 0.0
    rest_kind: str = "500"
    only: str = "/"
    seed: int = 1
    _dice: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)

    def set(self, wanted: Mapping[str, object]) -> None:
        """Switch some on or off, all or none.  Raises ValueError."""
        changed = {name: self._fitting(name, value) for name, value in wanted.items()}
        for name, value in changed.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.init}

    def _fitting(self, name: str, value: object) -> object:
        if name not in self.shown():
            raise ValueError(f"no such fault: {name}")
        fitting = type(getattr(self, name))(value)
        if name in CHANCES and not 0 <= fitting <= 1:
            raise ValueError(f"{name} is a chance between 0 and 1")
        if name in SECONDS and fitting < 0:
            raise ValueError(f"{name} is a number of seconds")
        if name == "rest_kind" and fitting not in KINDS:
            raise ValueError(f"rest_kind is one of {', '.join(KINDS)}")
        return fitting

    def webhook(self, url: str) -> list[float]:
        """The delays in seconds at which a report is sent; none when it is lost."""
        if self._spared(url):
            return [0.0]
        if self._dice.random() < self.drop:
            return []
        delay = self._dice.random() * self.shuffle_seconds
        if self._dice.random() < self.late:
            delay += self.late_seconds
        if self._dice.random() < self.double:
            return [delay, delay + self._dice.random()]
        return [delay]

    def document(self, url: str) -> float | None:
        """How many seconds later a document is asked for; None when there is no connection."""
        if self._spared(url):
            return 0.0
        if self._dice.random() < self.document_drop:
            return None
        return self.late_seconds if self._dice.random() < self.document_late else 0.0

    def _spared(self, url: str) -> bool:
        return not urlsplit(url).path.startswith(self.only)

    def rest_fails(self) -> str | None:
        return self.rest_kind if self._dice.random() < self.rest else None
