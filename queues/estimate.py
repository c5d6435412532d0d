"""How long a caller will still wait, computed from what his line has lately shown; pure.

The callers ahead and he himself leave one after the other: stage k, with k callers left to go,
lasts 1 / (seats / handling + k x leaving) on average, because each of the k may also give up.  The
sum of the stages beats every published rule in simulation.  In a small line single calls matter
more than averages, and in a surge averages come too late, so it is blended with how long the head
of the line has been waiting, once that is longer than a seat takes to come free: a queue that has
just formed tells nothing.  What is told is wider where what was told before did not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

SMALL_LINE = 5
# Quantiles of a wait, in deviations of the normal distribution: told too short once in ten times.
SOONEST, LATEST = -0.8416, 1.2816
MINUTES = (1, 2, 3, 5, 10, 15, 20, 30)
# A line with few talks is taken to be like the others; before anybody gave up, callers are taken to
# have three minutes' patience.
WEIGHT_OF_ALL = 20
PATIENCE_S = 180
WEIGHT_OF_PATIENCE = 5
# More than its seats can serve, by so much.
SURGE = 1.1
# So many promises tell how wide a band has to be; of them these shares are told too long and short.
ENOUGH_PROMISES = 20
SOONER, LATER = 0.2, 0.9
# Shorter waits are over before a ratio of them says anything: a seat's ringing alone is a few
# seconds of them.
TOLD_FROM_S = 30
# A seat answers so long after it is free for him.
RINGS_S = 5
# However the last promises went, no band is made wider than this.
WIDEST = 3.0


@dataclass(frozen=True)
class Figures:
    """``seats``: those that may be offered this call, shared ones by their share; ``leaving``:
    givings-up per second of waiting; ``head_s``: the first one's wait, None with nobody ahead."""

    ahead: int
    seats: float
    handling_s: float
    leaving: float
    head_s: float | None = None
    surge: bool = False


@dataclass(frozen=True)
class Stretch:
    """What waits turned out to be, in parts of their estimates: as early and as late as is told."""

    sooner: float = inf
    later: float = 0.0


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
    blends = known.surge or known.seats <= SMALL_LINE
    if blends and known.head_s is not None and known.head_s * pace >= 1:
        mean = (mean + known.head_s) / 2
    return Estimate(mean, spread * mean)


def handling(mean_s: float, talks: int, of_all_s: float) -> float:
    """The mean of a line's last talks, with that of all of them as so many talks beside it."""
    return (mean_s * talks + of_all_s * WEIGHT_OF_ALL) / (talks + WEIGHT_OF_ALL)


def leaving(gave_up: int, waited_s: float) -> float:
    """Givings-up per second that somebody waits: the likeliest rate, from some patience on."""
    patience = WEIGHT_OF_PATIENCE * PATIENCE_S
    return (gave_up + WEIGHT_OF_PATIENCE) / (waited_s + patience)


def is_surge(arrivals: int, within_s: float, seats: float, handling_s: float) -> bool:
    """Whether more call than the seats can serve."""
    return arrivals * handling_s > SURGE * seats * within_s


def stretch(turned_out: Sequence[tuple[float, bool]]) -> Stretch:
    """``turned_out``: the waits of the last promises in parts of what was expected of each, and
    whether they ended with an answer.  Who gave up, or was taken over elsewhere, would have waited
    so long at least (Kaplan and Meier)."""
    if sum(answered for _ratio, answered in turned_out) < ENOUGH_PROMISES:
        return Stretch()
    order = sorted(turned_out, key=lambda one: (one[0], not one[1]))
    still, sooner = 1.0, inf
    for nth, (ratio, answered) in enumerate(order):
        if not answered:
            continue
        left = len(order) - nth
        still *= (left - 1) / left
        if sooner == inf and 1 - still > SOONER:
            sooner = ratio
        if 1 - still >= LATER:
            return Stretch(sooner, min(ratio, WIDEST))
    # Longer than any of them has waited.
    return Stretch(sooner, min(order[-1][0], WIDEST))


def band(expected: Estimate, turned_out: Stretch | None = None) -> Band:
    """Round minutes around the wait: wide where it cannot be known, and rather too long; wider
    where promises did not hold, never narrower."""
    known = turned_out or Stretch()
    soonest = min(expected.quantile(SOONEST), known.sooner * expected.mean_s) / 60
    latest = max(expected.quantile(LATEST), known.later * expected.mean_s) / 60
    low = max((edge for edge in MINUTES if edge <= soonest), default=0)
    high = min((edge for edge in MINUTES if edge >= latest), default=inf)
    return Band(low, None if high == inf else int(high))
