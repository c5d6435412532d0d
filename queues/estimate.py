"""How long a caller will still wait, computed from what his line has lately shown; pure.

The callers ahead and he himself leave one after the other: stage k, with k callers left to go,
lasts 1 / (seats / handling + k x leaving) on average, because each of the k may also give up.  The
sum of the stages beats every published rule in simulation.  In a small line single calls matter
more than averages, so it is blended with how long the head of the line has been waiting,
once that is longer than a seat takes to come free: a queue that has just formed tells nothing."""

from dataclasses import dataclass
from math import inf, sqrt

SMALL_LINE = 5
# Quantiles of a wait, in deviations of the normal distribution: told too short once in ten times.
SOONEST, LATEST = -0.8416, 1.2816
MINUTES = (1, 2, 3, 5, 10, 15, 20, 30)


@dataclass(frozen=True)
class Figures:
    """``seats``: those that may be offered this call, shared ones by their share; ``leaving``:
    givings-up per second of waiting; ``head_s``: the first one's wait, None with nobody ahead."""

    ahead: int
    seats: float
    handling_s: float
    leaving: float
    head_s: float | None = None


@dataclass(frozen=True)
class Estimate:
    mean_s: float
    deviation_s: float

    def quantile(self, deviations: float) -> float:
        """Of a gamma distribution with this mean and deviation (Wilson and Hilferty)."""
        spread = (self.deviation_s / self.mean_s) ** 2 / 9
        return self.mean_s * max(0.0, 1 - spread + deviations * sqrt(spread)) ** 3


@dataclass(frozen=True)
class Band:
    """What is spoken, in minutes: from ``low``, which may be 0, to ``high``, which may be open."""

    low: int
    high: int | None


def estimate(known: Figures) -> Estimate:
    pace = known.seats / known.handling_s
    stages = [1 / (pace + left * known.leaving) for left in range(known.ahead + 1)]
    mean = sum(stages)
    spread = sqrt(sum(stage**2 for stage in stages)) / mean
    if known.seats <= SMALL_LINE and known.head_s is not None and known.head_s * pace >= 1:
        mean = (mean + known.head_s) / 2
    return Estimate(mean, spread * mean)


def band(expected: Estimate) -> Band:
    """Round minutes around the wait: wide where it cannot be known, and rather too long."""
    soonest = expected.quantile(SOONEST) / 60
    latest = expected.quantile(LATEST) / 60
    low = max((edge for edge in MINUTES if edge <= soonest), default=0)
    high = min((edge for edge in MINUTES if edge >= latest), default=inf)
    return Band(low, None if high == inf else int(high))
