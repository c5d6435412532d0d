"""How far an agent kept to his shift.  Pure: stretches of time in, minutes out.

In accord is who works while the shift says so and does not while it says break; minutes in accord
by minutes of the shift is his adherence.  A rest after a distressing call is neither for nor
against him: it is taken out of the shift, and told apart.  Who has not come at all is in accord
with nothing.  What is yet to come is not counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# Who signs on within so long after the beginning is on time.
GRACE = timedelta(minutes=3)
NOTHING = timedelta()


@dataclass(frozen=True)
class Stretch:
    begins: datetime
    ends: datetime

    @property
    def length(self) -> timedelta:
        return max(NOTHING, self.ends - self.begins)

    def within(self, other: "Stretch") -> "Stretch":
        return Stretch(max(self.begins, other.begins), min(self.ends, other.ends))


@dataclass(frozen=True)
class Adherence:
    scheduled: timedelta
    accord: timedelta
    # How long after the beginning he signed on; None: on time, or it has not begun.
    late: timedelta | None
    # He has not come at all.
    absent: bool
    # 情绪休整 within the shift, outside its breaks.
    recovered: timedelta = NOTHING

    @property
    def share(self) -> float | None:
        return self.accord / self.scheduled if self.scheduled else None


def measure(
    shift: Stretch,
    breaks: Sequence[Stretch],
    worked: Iterable[Stretch],
    until: datetime,
    recovered: Iterable[Stretch] = (),
) -> Adherence:
    """``worked`` and ``recovered``: when he did, stretches that do not overlap; ``breaks`` lie in
    the shift."""
    counted = Stretch(shift.begins, min(shift.ends, until))
    work = [part for one in worked if (part := one.within(counted)).length]
    rests = [part for one in breaks if (part := one.within(counted)).length]
    worked_in_rest = _together(rests, work)
    rest, all_work = _sum(rests), _sum(work)
    accord = (all_work - worked_in_rest) + (rest - worked_in_rest) if work else NOTHING
    recovery = [part for one in recovered if (part := one.within(counted)).length]
    spared = _sum(recovery) - _together(rests, recovery)
    first = min((one.begins for one in (*work, *recovery)), default=None)
    absent = not work and not recovery
    return Adherence(counted.length - spared, accord, _late(counted, first), absent, spared)


def together(adherences: Iterable[Adherence]) -> Adherence:
    """Of several shifts, such as those of a day."""
    known = list(adherences)
    return Adherence(
        sum((one.scheduled for one in known), NOTHING),
        sum((one.accord for one in known), NOTHING),
        max((one.late for one in known if one.late is not None), default=None),
        all(one.absent for one in known),
        sum((one.recovered for one in known), NOTHING),
    )


def _late(counted: Stretch, first: datetime | None) -> timedelta | None:
    """Who has not come is late until now."""
    late = (counted.ends if first is None else first) - counted.begins
    return late if late > GRACE else None


def _together(some: Sequence[Stretch], others: Sequence[Stretch]) -> timedelta:
    return sum((a.within(b).length for a in some for b in others), NOTHING)


def _sum(stretches: Iterable[Stretch]) -> timedelta:
    return sum((one.length for one in stretches), NOTHING)
