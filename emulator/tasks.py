"""Plain coroutines on virtual time: a leg's program reads top to bottom and can be interrupted.

A coroutine awaits Signals.  Whoever resolves a signal never runs the waiting code himself: it goes
on at the same moment of the timeline, but after him.
"""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

from emulator.timeline import Timeline

T = TypeVar("T")


class Interrupted(Exception):
    """Thrown into a coroutine at its await; it may clean up, and must not await any more."""


class Signal(Generic[T]):
    """Something that happens at most once, with a value."""

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._listeners: list[Callable[[], object]] = []

    def resolve(self, value: T) -> None:
        if self.done:
            return
        self.done, self._value = True, value
        for listener in self._listeners:
            listener()

    @property
    def value(self) -> T:
        if not self.done:
            raise LookupError("this signal has not happened yet")
        return self._value  # type: ignore[return-value]

    def then(self, listener: Callable[[], object]) -> None:
        if self.done:
            listener()
        else:
            self._listeners.append(listener)

    def __await__(self) -> "Generator[Signal[T], None, T]":
        if not self.done:
            yield self
        return self.value


class Task:
    """A coroutine that has been started on a timeline."""

    def __init__(self, timeline: Timeline, coroutine: Coroutine[Any, None, object]) -> None:
        self._timeline = timeline
        self._coroutine = coroutine
        self.over = False
        self.finished: Signal[None] = Signal()
        self._running = False
        self._interruption: Interrupted | None = None
        timeline.after(0, self._step)

    def interrupt(self, because: Interrupted) -> None:
        """Stop it where it waits; one that interrupts itself stops where it would wait next."""
        if self.over:
            return
        if self._running:
            self._interruption = because
            return
        self.over = True
        try:
            self._coroutine.throw(because)
        except (Interrupted, StopIteration):
            pass
        else:
            raise RuntimeError("an interrupted coroutine awaited again")
        finally:
            self.finished.resolve(None)

    def _step(self) -> None:
        if self.over:
            return
        self._running = True
        try:
            signal = self._coroutine.send(None)
        except StopIteration:
            self.over = True
            self.finished.resolve(None)
            return
        except BaseException:
            self.over = True
            raise
        finally:
            self._running = False
        if self._interruption is not None:
            self.interrupt(self._interruption)
        else:
            signal.then(lambda: self._timeline.after(0, self._step))


def moment(timeline: Timeline, seconds: float) -> Signal[None]:
    """Resolved when ``seconds`` have passed."""
    passed: Signal[None] = Signal()
    timeline.after(seconds, lambda: passed.resolve(None))
    return passed


def first_of(*signals: Signal[Any]) -> Signal[int]:
    """Resolved with the index of whichever of the signals happens first."""
    winner: Signal[int] = Signal()
    for index, signal in enumerate(signals):
        signal.then(lambda index=index: winner.resolve(index))  # type: ignore[misc]
    return winner
