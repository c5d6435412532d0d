"""Virtual time: what happens after how long.  Nothing here waits; whoever holds it moves it on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
# A shorter agenda is not worth tidying.
SHORT = 1000


@dataclass(order=True)
class Timer:
    due: datetime
    serial: int
    do: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Never do it; what it would have done is let go at once, however far off it is."""
        self.cancelled, self.do = True, _nothing


def _nothing() -> None: ...


class Timeline:
    """A clock with an agenda.  Equal moments are served in the order they were asked for."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start
        self._agenda: list[Timer] = []
        self._serials = count()
        self._crowded = SHORT

    def after(self, seconds: float, do: Callable[[], object]) -> Timer:
        """Do something ``seconds`` from now; the timer that is returned can be cancelled."""
        timer = Timer(self.now + timedelta(seconds=max(0.0, seconds)), next(self._serials), do)
        heappush(self._agenda, timer)
        if len(self._agenda) > self._crowded:
            self._tidy()
        return timer

    def forward(self, seconds: float) -> None:
        """Let ``seconds`` pass, doing whatever falls due, each at its own moment."""
        self.move_to(self.now + timedelta(seconds=seconds))

    def move_to(self, moment: datetime) -> None:
        while (timer := self._next()) is not None and timer.due <= moment:
            heappop(self._agenda)
            self.now = max(self.now, timer.due)
            timer.do()
        self.now = max(self.now, moment)

    @property
    def due(self) -> datetime | None:
        """When something happens next; None when nothing is planned."""
        timer = self._next()
        return timer.due if timer else None

    def _tidy(self) -> None:
        """Most timers are cancelled long before they are due: a week of them fills the memory."""
        self._agenda = [timer for timer in self._agenda if not timer.cancelled]
        heapify(self._agenda)
        self._crowded = max(SHORT, 2 * len(self._agenda))

    def _next(self) -> Timer | None:
        while self._agenda and self._agenda[0].cancelled:
            heappop(self._agenda)
        return self._agenda[0] if self._agenda else None
