"""Virtual time: what happens after how long.  Nothing here waits; whoever holds it moves it on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@dataclass(order=True)
class Timer:
    due: datetime
    serial: int
    do: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class Timeline:
    """A clock with an agenda.  Equal moments are served in the order they were asked for."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start
        self._agenda: list[Timer] = []
        self._serials = count()

    def after(self, seconds: float, do: Callable[[], object]) -> Timer:
        """Do something ``seconds`` from now; the timer that is returned can be cancelled."""
        timer = Timer(self.now + timedelta(seconds=max(0.0, seconds)), next(self._serials), do)
        heappush(self._agenda, timer)
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

    def _next(self) -> Timer | None:
        while self._agenda and self._agenda[0].cancelled:
            heappop(self._agenda)
        return self._agenda[0] if self._agenda else None
