"""What if there were more seats, or talks took longer: a line played many times over, by chance.

Callers come by a Poisson process whose rate changes with the half-hours, talks are lognormal, each
caller gives up after an exponential time; the longest waiting is served first.  It knows one pool
of seats: what overflow between lines, breaks by chance and callbacks do is left to the real
simulation (``script/bench simulate``).  Pure; the same seed plays the same."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import log, sqrt
from random import Random
from statistics import fmean, stdev

SLOT_S = 1800.0
# Standard deviation of a talk by its mean.
TALK_SPREAD = 0.8
# Callers in all runs together: what is played within a second or two.
BUDGET = 40_000
FEWEST_RUNS, MOST_RUNS = 8, 60
# Normal, for 95 %; with eight runs and more near enough to Student's.
Z_95 = 1.96


@dataclass(frozen=True)
class Scene:
    """A stretch of half-hours: how many are expected in each, how many seats serve it."""

    calls: Sequence[float]
    seats: Sequence[int]
    handling_s: float
    patience_s: float
    within_s: float


@dataclass(frozen=True)
class Figure:
    """A mean over all runs, and half of its 95 % confidence interval."""

    value: float
    margin: float


@dataclass(frozen=True)
class Outcome:
    service_level: Figure
    abandon_rate: Figure
    mean_wait_s: Figure
    occupancy: Figure
    runs: int


@dataclass
class Run:
    """What one run has counted."""

    calls: int = 0
    in_time: int = 0
    gave_up: int = 0
    waited_s: float = 0.0
    worked_s: float = 0.0


def play(scene: Scene, seed: int = 1) -> Outcome:
    expected = max(1.0, sum(scene.calls))
    runs = int(min(MOST_RUNS, max(FEWEST_RUNS, BUDGET / expected)))
    counted = [_play_once(scene, Random(f"{seed}.{n}")) for n in range(runs)]
    played = [one for one in counted if one.calls]
    paid = sum(scene.seats) * SLOT_S
    return Outcome(
        _figure([one.in_time / one.calls for one in played]),
        _figure([one.gave_up / one.calls for one in played]),
        _figure([one.waited_s / one.calls for one in played]),
        _figure([one.worked_s / paid if paid else 0.0 for one in played]),
        runs,
    )


def _figure(values: list[float]) -> Figure:
    if not values:
        return Figure(0.0, 0.0)
    spread = stdev(values) if len(values) > 1 else 0.0
    return Figure(fmean(values), Z_95 * spread / sqrt(len(values)))


def _play_once(scene: Scene, dice: Random) -> Run:
    """From first to last; a seat that is one too many leaves after its talk."""
    line = _Line(scene, dice)
    for at in _arrivals(scene, dice):
        line.until(at)
        line.joins(at)
    line.until(float("inf"))
    return line.run


def _arrivals(scene: Scene, dice: Random) -> Iterator[float]:
    for slot, calls in enumerate(scene.calls):
        at, end = slot * SLOT_S, (slot + 1) * SLOT_S
        while calls > 0:
            at += dice.expovariate(calls / SLOT_S)
            if at >= end:
                break
            yield at


class _Line:
    def __init__(self, scene: Scene, dice: Random) -> None:
        self._scene, self._dice, self.run = scene, dice, Run()
        # When each talk ends; who waits: since when, until when he has patience.
        self._ends: list[float] = []
        self._waiting: deque[tuple[float, float]] = deque()
        variance = log(1 + TALK_SPREAD**2)
        self._mean, self._sigma = log(scene.handling_s) - variance / 2, sqrt(variance)
        self._changes = deque((n + 1) * SLOT_S for n in range(len(scene.seats) - 1))
        self._seats = scene.seats[0] if scene.seats else 0

    def joins(self, at: float) -> None:
        self.run.calls += 1
        self._waiting.append((at, at + self._dice.expovariate(1 / self._scene.patience_s)))
        self._serve(at)

    def until(self, moment: float) -> None:
        """Let talks end and the number of seats change, in their order, before this moment."""
        while True:
            ends = self._ends[0] if self._ends else float("inf")
            changes = self._changes[0] if self._changes else float("inf")
            at = min(ends, changes)
            if at > moment or at == float("inf"):
                break
            if ends <= changes:
                heappop(self._ends)
            else:
                self._changes.popleft()
                self._seats = self._scene.seats[len(self._scene.seats) - len(self._changes) - 1]
            self._serve(at)
        if moment == float("inf"):
            self._give_up_all()

    def _serve(self, at: float) -> None:
        while self._waiting and self._waiting[0][1] <= at:
            self._gives_up()
        while self._waiting and len(self._ends) < self._seats:
            since, patience = self._waiting.popleft()
            if patience <= at:
                self.run.gave_up += 1
                self.run.waited_s += patience - since
                continue
            self.run.waited_s += at - since
            self.run.in_time += at - since <= self._scene.within_s
            talk = self._dice.lognormvariate(self._mean, self._sigma)
            self.run.worked_s += talk
            heappush(self._ends, at + talk)

    def _gives_up(self) -> None:
        since, patience = self._waiting.popleft()
        self.run.gave_up += 1
        self.run.waited_s += patience - since

    def _give_up_all(self) -> None:
        while self._waiting:
            self._gives_up()
