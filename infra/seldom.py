"""What fails each second is logged the first time, and then at growing distances.

A row that can never be served would else fill a disk with one sentence, in which nobody finds the
next.  What was silent for as long as it was last waited for is news again."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from infra.clock import now

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
MOST = 10_000
# Says what happened, not to what.
DETAIL = {"error"}


@dataclass
class Trouble:
    """Told at ``told``; heard of so many times since it was news."""

    told: datetime
    heard: datetime
    pause: timedelta = FIRST_PAUSE
    times: int = 1


_troubles: dict[object, Trouble] = {}
_guard = Lock()


def tell(say: Callable[..., object], event: str, **known: object) -> None:
    """Log it by ``say``, if it is its turn; the same event about the same thing counts as one."""
    kind = sys.exc_info()[0]
    about = sorted((name, str(value)) for name, value in known.items() if name not in DETAIL)
    times = _turn((event, kind, tuple(about)), now())
    if times == 1:
        say(event, **known)
    elif times:
        say(event, times=times, **known)


def forget() -> None:
    with _guard:
        _troubles.clear()


def _turn(what: object, at: datetime) -> int:
    """How many times it was heard of, when it is to be told; else 0."""
    with _guard:
        known = _troubles.get(what)
        if known is None or not timedelta() <= at - known.heard <= known.pause:
            if len(_troubles) >= MOST:
                _troubles.clear()
            _troubles[what] = Trouble(at, at)
            return 1
        known.heard, known.times = at, known.times + 1
        if at - known.told < known.pause:
            return 0
        known.told, known.pause = at, min(LONGEST_PAUSE, 2 * known.pause)
        return known.times
