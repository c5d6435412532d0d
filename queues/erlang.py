"""How long callers wait when so many seats serve them: Erlang C, and Erlang A with impatience.

Rates are per second, times in seconds.  Callers come by a Poisson process, talks and patience are
exponential, nobody is told anything.  Erlang C: A. K. Erlang (1917); Erlang A: C. Palm (1957), in
the notation of A. Mandelbaum and S. Zeltyn, "Service engineering in action" (2007)."""

from bisect import bisect_left
from dataclasses import dataclass
from math import exp

# States further out than this add nothing to a sum of chances.
NEGLIGIBLE = 1e-13


@dataclass(frozen=True)
class Waiting:
    """What callers of a line meet: ``p_wait`` who finds no seat free, ``mean_wait_s`` over all
    callers, also those who give up, ``abandon_rate`` of all, ``occupancy`` of the seats."""

    p_wait: float
    mean_wait_s: float
    abandon_rate: float
    occupancy: float


def erlang_c(arrivals: float, handling_s: float, seats: int) -> Waiting:
    """Nobody gives up.  Raises ValueError where the line grows for ever."""
    load = _load(arrivals, handling_s, seats)
    p_wait = _p_wait(load, seats)
    return Waiting(p_wait, p_wait * handling_s / (seats - load), 0.0, load / seats)


def answered_within(arrivals: float, handling_s: float, seats: int, limit_s: float) -> float:
    """The share of callers who wait at most so long, where nobody gives up (Erlang C)."""
    load = _load(arrivals, handling_s, seats)
    return 1 - _p_wait(load, seats) * exp(-(seats - load) * limit_s / handling_s)


def seats_for(arrivals: float, handling_s: float, limit_s: float, share: float) -> int:
    """The fewest seats that answer this share of the callers within the limit (Erlang C)."""
    seats = int(arrivals * handling_s) + 1
    while answered_within(arrivals, handling_s, seats, limit_s) < share:
        seats += 1
    return seats


def with_shrinkage(seats: int, share: float) -> int:
    """How many must be on the roster when this share of them is away."""
    return -int(-seats / (1 - share) // 1)


def erlang_a(arrivals: float, handling_s: float, patience_s: float, seats: int) -> Waiting:
    """Callers give up after an exponential time of this mean; no line grows for ever."""
    load = arrivals * handling_s
    states = _states(load, handling_s / patience_s, seats)
    waiting = sum(chance * (n - seats) for n, chance in states.items() if n > seats)
    abandon = waiting / (patience_s * arrivals)
    p_wait = sum(chance for n, chance in states.items() if n >= seats)
    return Waiting(p_wait, waiting / arrivals, abandon, load * (1 - abandon) / seats)


def served_within(
    arrivals: float, handling_s: float, patience_s: float, seats: int, limit_s: float
) -> float:
    """The share of all callers who are answered, and within the limit (Erlang A).

    Whoever finds ``n`` there waits for ``k + 1 = n - seats + 1`` departures, at rates
    ``seats / handling + j / patience``; ``exp(-wait / patience)`` is then distributed as
    Beta(c, k + 1) with ``c = seats x patience / handling``."""
    c, bound = seats * patience_s / handling_s, exp(-limit_s / patience_s)
    served = 0.0
    tail, term = 0.0, bound ** (c + 1)
    for n, chance in _states(arrivals * handling_s, handling_s / patience_s, seats).items():
        if n < seats:
            served += chance
            continue
        # The regularised incomplete beta function I(bound; c + 1, k + 1), one term a step.
        k = n - seats
        tail += term
        term *= (c + 1 + k) / (k + 1) * (1 - bound)
        served += chance * c / (c + k + 1) * (1 - tail)
    return served


def seats_needed(
    arrivals: float, handling_s: float, patience_s: float, limit_s: float, share: float
) -> int:
    """The fewest seats that answer this share of all callers within the limit, of whom some give
    up (Erlang A); more seats never serve fewer, so the answer is found by halving."""
    if arrivals <= 0:
        return 0

    def suffice(seats: int) -> bool:
        return served_within(arrivals, handling_s, patience_s, seats, limit_s) >= share

    enough = max(1, int(arrivals * handling_s))
    while not suffice(enough):
        enough *= 2
    return bisect_left(range(1, enough), True, key=suffice) + 1


def _load(arrivals: float, handling_s: float, seats: int) -> float:
    load = arrivals * handling_s
    if load >= seats:
        raise ValueError(f"{seats} seats cannot carry {load:.2f} erlangs")
    return load


def _p_wait(load: float, seats: int) -> float:
    """Through Erlang's loss formula, whose recursion needs no factorials."""
    loss = 1.0
    for n in range(1, seats + 1):
        loss = load * loss / (n + load * loss)
    return loss / (1 - load / seats * (1 - loss))


def _states(load: float, impatience: float, seats: int) -> dict[int, float]:
    """How likely it is that so many are there; the most likely one is counted as 1 at first."""
    likely = {seats: 1.0}
    n = seats
    while n == seats or likely[n] > NEGLIGIBLE or load > seats + (n + 1 - seats) * impatience:
        likely[n + 1] = likely[n] * load / (seats + (n + 1 - seats) * impatience)
        n += 1
    for n in range(seats, 0, -1):
        likely[n - 1] = likely[n] * n / load
    total = sum(likely.values())
    return {n: chance / total for n, chance in sorted(likely.items())}
