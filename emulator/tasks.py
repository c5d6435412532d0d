"""Plain coroutines on virtual time: a leg's program reads top to bottom and can be interrupted.

A coroutine awaits Signals.  Whoever resolves a signal never runs the waiting code himself: it goes
on at the same moment of the timeline, but after him.
"""

from collections.abc import Callable, Coroutine, Generator
from inspect import CORO_CLOSED, getcoroutinestate
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

    def drop(self) -> None:
        """Nobody waits for it any more."""

    def __await__(self) -> "Generator[Signal[T], None, T]":
        if not self.done:
            yield self
        return self.value


class Moment(Signal[None]):
    """Happens when its time has come, unless nobody waits for it any more."""

    def __init__(self, timeline: Timeline, seconds: float) -> None:
        super().__init__()
        self._timer = timeline.after(seconds, lambda: self.resolve(None))

    def drop(self) -> None:
        self._timer.cancel()

    def __await__(self) -> "Generator[Signal[None], None, None]":
        try:
            yield from super().__await__()
        finally:
            self.drop()


class Race(Signal[int]):
    """Happens with the first of several signals; the others are dropped when its wait is over."""

    def __init__(self, runners: tuple[Signal[Any], ...]) -> None:
        super().__init__()
        self._runners = runners
        for index, signal in enumerate(runners):
            signal.then(lambda index=index: self.resolve(index))  # type: ignore[misc]

    def __await__(self) -> "Generator[Signal[int], None, int]":
        try:
            return (yield from super().__await__())
        finally:
            for signal in self._runners:
                if not signal.done:
                    signal.drop()


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
        if getcoroutinestate(self._coroutine) == CORO_CLOSED:
            # The whole exchange was thrown away, in whatever order: there is nothing to stop.
            return
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


def moment(timeline: Timeline, seconds: float) -> Moment:
    """Happens when ``seconds`` have passed."""
    return Moment(timeline, seconds)


def first_of(*signals: Signal[Any]) -> Race:
    """Happens with the index of whichever of the signals happens first."""
    return Race(signals)
