"""When a limit is over: natural time for what is urgent, working time for the rest.  Pure, no rows.

Working days count from the next working day and end at the close of the last one; working hours
run while the city's offices are open.  A half day is a working day that closes at noon.  Source:
the bureaus' own rules, that count from the next day on, and the State Council's yearly notice with
its days worked in exchange."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from infra.localtime import CITY, local
from web.languages import _
from web.refusals import Refused

ONE_DAY = timedelta(days=1)
# No city rests for so long: a calendar that says so is broken.
LONGEST_REST = 60


class Measure(StrEnum):
    MINUTES = "min"
    WORKING_HOURS = "wh"
    WORKING_DAYS = "wd"


class LimitInvalid(Refused):
    """The text is no limit; the message says how one is written."""


class NoWorkingDay(Refused):
    """The calendar knows no working day for two months: it was not filled in."""

    def __init__(self, day: date) -> None:
        super().__init__(_("%(day)s 前后两个月没有工作日：请检查工作日历", day=day))


@dataclass(frozen=True)
class Limit:
    """``30 min`` natural minutes, ``4 wh`` working hours, ``5 wd`` working days."""

    amount: int
    measure: Measure

    @classmethod
    def parse(cls, written: str) -> "Limit":
        """Raises LimitInvalid."""
        amount, _space, measure = written.strip().partition(" ")
        if not (amount.isascii() and amount.isdecimal() and int(amount) > 0):
            raise LimitInvalid(_("“%(limit)s”不是时限：应为正整数和单位", limit=written))
        try:
            return cls(int(amount), Measure(measure))
        except ValueError as error:
            words = _("“%(limit)s”的单位应为分钟、工作小时或工作日", limit=written)
            raise LimitInvalid(words) from error

    def __str__(self) -> str:
        return f"{self.amount} {self.measure}"


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked, and when; of those that ``half`` names the morning only."""

    works: Callable[[date], bool]
    hours: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(13, 30), time(17, 30)))
    closes: time = time(18)
    half: Callable[[date], bool] = lambda _day: False

    def due(self, start: datetime, limit: Limit) -> datetime:
        """The moment, in UTC, at which ``limit`` counted from ``start`` is over."""
        match limit.measure:
            case Measure.MINUTES:
                return start + timedelta(minutes=limit.amount)
            case Measure.WORKING_HOURS:
                return self._after_hours(start, timedelta(hours=limit.amount))
            case Measure.WORKING_DAYS:
                return self._after_days(start, limit.amount)

    def over_for(self, at: datetime, days: int) -> datetime:
        """What lies before this moment is at least ``days`` working days past at ``at``."""
        day = local(at).date()
        for back in range(LONGEST_REST + days):
            tried = day - back * ONE_DAY
            if self._after_days(_moment(tried, time(12)), days) <= at:
                return _moment(tried + ONE_DAY, time())
        raise NoWorkingDay(day)

    def working_days_after(self, day: date) -> Iterator[date]:
        """The working days after ``day``, one by one; raises NoWorkingDay."""
        rested = 0
        while True:
            day += ONE_DAY
            rested = 0 if self.works(day) else rested + 1
            if rested > LONGEST_REST:
                raise NoWorkingDay(day)
            if not rested:
                yield day

    def _after_days(self, start: datetime, days: int) -> datetime:
        following = self.working_days_after(local(start).date())
        last = next(day for number, day in enumerate(following, 1) if number == days)
        return _moment(last, self.hours[0][1] if self.half(last) else self.closes)

    def _after_hours(self, start: datetime, left: timedelta) -> datetime:
        for opens, shuts in self._windows(start):
            begins = max(opens, start)
            if shuts - begins >= left:
                return begins + left
            left -= max(timedelta(), shuts - begins)
        raise AssertionError("the calendar goes on for ever")

    def _windows(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = local(start).date()
        for worked in self.working_days_after(day - ONE_DAY):
            for opens, shuts in self.hours[:1] if self.half(worked) else self.hours:
                if _moment(worked, shuts) > start:
                    yield _moment(worked, opens), _moment(worked, shuts)


def _moment(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, CITY).astimezone(UTC)
