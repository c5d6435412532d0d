"""How far the told wait is from the wait that follows, beside what others tell, on the same days.

The days are made of chance, one event after the other; the estimator is the hotline's own
(``queues.estimate``), fed with what ``queues.pace`` would read at that moment.  Counted are callers
who waited and were answered.
"""

import heapq
from argparse import Namespace
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, gamma, log, sqrt
from random import Random
from statistics import fmean

from benchmarks.figures import Report
from queues.estimate import (
    RINGS_S,
    TOLD_FROM_S,
    Estimate,
    Figures,
    band,
    estimate,
    handling,
    is_surge,
    leaving,
    stretch,
)
from queues.pace import ENOUGH_TALKS, PLACES, PROMISES, SURGE_WITHIN, TALKS

HOURS, SEEDS = 12, 6
HANDLING_S, HANDLING_SPREAD = 195.0, 0.8
PATIENCE_S, PATIENCE_SHAPE = 180.0, 1.2
HOUR = 3600.0
# The goal: so much of the error of the best of the others.
GOAL = 0.9
HARMLESS_S = 30
OURS = "ours"
OTHERS = ("head_of_line", "smoothed", "last_hour")


@dataclass(frozen=True)
class Scenario:
    """``calls`` an hour and ``seats``, both by the hour of the day."""

    name: str
    calls: Callable[[float], float]
    seats: Callable[[float], int]
    most_calls: float


def _morning_and_afternoon(hour: float) -> float:
    """Two humps, at 3 and at 9 hours from the beginning."""
    return 400 + 195 * max(exp(-(((hour - 3) / 1.8) ** 2)), exp(-(((hour - 9) / 1.8) ** 2)))


SCENARIOS = (
    Scenario("34_seats", _morning_and_afternoon, lambda _hour: 34, 600),
    Scenario("4_seats", lambda _hour: 64, lambda _hour: 4, 64),
    Scenario("surge", lambda hour: 480 * (2.2 if 5 <= hour < 6 else 1), lambda _hour: 34, 1056),
    Scenario("lunch", lambda _hour: 480, lambda hour: 22 if 5 <= hour < 6 else 34, 480),
)


@dataclass(eq=False)
class Caller:
    came: float
    patience: float
    told: dict[str, float] = field(default_factory=dict)
    expected: Estimate | None = None
    low_s: float = 0.0
    high_s: float | None = None
    gone: bool = False


@dataclass
class Day:
    """One line's day, and what was told in it."""

    scenario: Scenario
    dice: Random
    now: float = 0.0
    busy: int = 0
    events: list[tuple[float, int, str, Caller]] = field(default_factory=list)
    queue: deque[Caller] = field(default_factory=deque)
    talks: deque[float] = field(default_factory=lambda: deque(maxlen=TALKS))
    places: deque[tuple[bool, float]] = field(default_factory=lambda: deque(maxlen=PLACES))
    ratios: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=PROMISES))
    came: deque[float] = field(default_factory=deque)
    answered: deque[tuple[float, float]] = field(default_factory=deque)
    smoothed: float = 0.0
    served: list[tuple[Caller, float]] = field(default_factory=list)
    _serial: int = 0

    def run(self) -> "Day":
        self._next_call()
        while self.events:
            self.now, _, what, caller = heapq.heappop(self.events)
            match what:
                case "comes":
                    self._next_call()
                    self._comes(caller)
                case "gives_up" if caller in self.queue:
                    self._gives_up(caller)
                case "is_done":
                    self.busy -= 1
                    self.talks.append(self.now - caller.came)
            self._seat_who_waits()
        return self

    @property
    def seats(self) -> int:
        return self.scenario.seats(self.now / HOUR)

    def _next_call(self) -> None:
        """Thinned from the busiest hour's rate."""
        at, most = self.now, self.scenario.most_calls / HOUR
        while at < HOURS * HOUR:
            at += self.dice.expovariate(most)
            if self.dice.random() * most * HOUR < self.scenario.calls(at / HOUR):
                break
        if at < HOURS * HOUR:
            scale = PATIENCE_S / gamma(1 + 1 / PATIENCE_SHAPE)
            patience = self.dice.weibullvariate(scale, PATIENCE_SHAPE)
            self._at(at, "comes", Caller(at, patience))

    def _comes(self, caller: Caller) -> None:
        self.came.append(self.now)
        if self.busy >= self.seats or self.queue:
            self._tell(caller)
            self._at(self.now + caller.patience, "gives_up", caller)
        self.queue.append(caller)

    def _gives_up(self, caller: Caller) -> None:
        self.queue.remove(caller)
        waited = self.now - caller.came
        self.places.append((True, waited))
        self._turned_out(caller, waited, answered=False)

    def _seat_who_waits(self) -> None:
        while self.queue and self.busy < self.seats:
            caller = self.queue.popleft()
            self.busy += 1
            waited = self.now - caller.came
            self.places.append((False, waited))
            self.answered.append((self.now, waited))
            self.smoothed = (3 * self.smoothed + waited) / 4
            if caller.told:
                self.served.append((caller, waited))
            self._turned_out(caller, waited, answered=True)
            self._at(self.now + self._handled(), "is_done", Caller(self.now, 0))

    def _turned_out(self, caller: Caller, waited: float, *, answered: bool) -> None:
        if caller.expected is not None and caller.expected.mean_s >= TOLD_FROM_S:
            self.ratios.append((waited / (caller.expected.mean_s + RINGS_S), answered))

    def _handled(self) -> float:
        variance = log(1 + HANDLING_SPREAD**2)
        return self.dice.lognormvariate(log(HANDLING_S) - variance / 2, sqrt(variance))

    def _tell(self, caller: Caller) -> None:
        if len(self.talks) < ENOUGH_TALKS:
            return
        known = self._figures()
        caller.expected = estimate(known)
        said = band(caller.expected, stretch(self.ratios))
        caller.low_s = said.low * 60
        caller.high_s = None if said.high is None else said.high * 60
        while self.answered and self.answered[0][0] < self.now - HOUR:
            self.answered.popleft()
        caller.told = {
            OURS: caller.expected.mean_s,
            # Whoever is the first has nobody's wait to go by but the next seat's.
            "head_of_line": max(known.head_s or 0.0, known.handling_s / known.seats),
            "smoothed": self.smoothed,
            "last_hour": fmean(waited for _, waited in self.answered) if self.answered else 0.0,
        }

    def _figures(self) -> Figures:
        """What the hotline knows at this moment; the line is all of it."""
        within = SURGE_WITHIN.total_seconds()
        while self.came[0] <= self.now - within:
            self.came.popleft()
        mean = fmean(self.talks)
        handling_s = handling(mean, len(self.talks), mean)
        gave_up = sum(left for left, _ in self.places)
        return Figures(
            ahead=len(self.queue),
            seats=self.seats,
            handling_s=handling_s,
            leaving=leaving(gave_up, sum(waited for _, waited in self.places)),
            head_s=self.now - self.queue[0].came if self.queue else None,
            surge=is_surge(len(self.came), within, self.seats, handling_s),
        )

    def _at(self, when: float, what: str, caller: Caller) -> None:
        self._serial += 1
        heapq.heappush(self.events, (when, self._serial, what, caller))


def run(report: Report, _asked: Namespace) -> None:
    for scenario in SCENARIOS:
        days = [Day(scenario, Random(f"{scenario.name} {seed}")).run() for seed in range(SEEDS)]
        _say(report, scenario.name, [one for day in days for one in day.served])


def errors(served: list[tuple[Caller, float]]) -> dict[str, float]:
    """The root of the mean square error of each way to tell."""
    return {
        name: sqrt(fmean((caller.told[name] - waited) ** 2 for caller, waited in served))
        for name in (OURS, *OTHERS)
    }


def _say(report: Report, name: str, served: list[tuple[Caller, float]]) -> None:
    found = errors(served)
    best = min(found[one] for one in OTHERS)
    report.say(f"rmse_s@{name}", found[OURS], "s", reference=best, ratio_at_most=GOAL)
    for other in OTHERS:
        report.say(f"rmse_s@{name}_{other}", found[other], "s")
    kept = fmean(_is_kept(caller, waited) for caller, waited in served)
    report.say(f"promises_kept@{name}", kept, "share of those who waited and were answered")
    broken = fmean(
        caller.high_s is not None and waited > caller.high_s + HARMLESS_S
        for caller, waited in served
    )
    report.say(f"too_short@{name}", broken, "share told too short by more than 30 s")
    report.say(f"mean_wait_s@{name}", fmean(waited for _, waited in served), "s")


def _is_kept(caller: Caller, waited: float) -> bool:
    return caller.low_s <= waited and (caller.high_s is None or waited <= caller.high_s)
