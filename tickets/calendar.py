"""The city's work calendar as rows: seeded from the library, corrected by the official notice.

A year whose notice is not loaded yet is provisional: the library knows its statutory days, not
the days that will be worked in exchange."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import holidays
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from infra import within
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import CalendarChange, DaySource, StaffMember, WorkDay
from tickets.working_time import WorkCalendar

COUNTRY = "CN"
KEPT = "calendar"
# From here on the next year's notice must be there: it comes in November.
WARN_FROM = (11, 1)
SATURDAY = 5
CORRECTED = ("works", "name", "provisional", "changed_at")
# Who asks about a day asks about some before it, and about many after it.
ASKED_BEFORE, ASKED_AFTER = timedelta(days=20), timedelta(days=60)
# Built once: nearly every verb asks it.
AROUND = (
    select(WorkDay.day, WorkDay.works, WorkDay.half, WorkDay.provisional)
    .where(WorkDay.day.between(bindparam("first"), bindparam("last")))
    .execution_options(autoflush=False)
)


@dataclass(frozen=True)
class Day:
    """A day as a notice or an administrator says it is."""

    day: date
    works: bool
    name: str = ""
    # Worked in the morning only.
    half: bool = False

    @property
    def told(self) -> bool | str:
        return "half" if self.half else self.works


def calendar() -> WorkCalendar:
    """The calendar as it stands, read as far as it is asked, once in a transaction."""
    days = _days()
    return WorkCalendar(days.works, half=days.half)


def is_provisional(since: datetime, until: datetime) -> bool:
    """Whether the notice for a day between them is still to come."""
    days, first, last = _days(), local(since).date(), local(until).date()
    return any(
        days.provisional(first + timedelta(days=n)) for n in range(1, (last - first).days + 1)
    )


def seed(years: Iterable[int]) -> int:
    """Add the days that are missing, and correct provisional ones once the library knows the
    notice; what a notice or a person said is left alone.  Returns how many rows it wrote."""
    within.forget(KEPT)
    rows = [row for year in years for row in _as_the_library_says(year)]
    days = [row["day"] for row in rows]
    kept = {
        one.day: one
        for one in session.execute(
            select(WorkDay.day, WorkDay.works, WorkDay.provisional).where(
                WorkDay.day.between(min(days), max(days))
            )
        )
    }
    # Asked every hour, and hardly ever is there anything to write.
    rows = [
        row
        for row in rows
        if row["day"] not in kept or (kept[row["day"]].provisional and not row["provisional"])
    ]
    was = {day: one.works for day, one in kept.items()}
    if not rows:
        return 0
    new = insert(WorkDay)
    written = session.execute(
        new.on_conflict_do_update(
            index_elements=["day"],
            set_={name: new.excluded[name] for name in CORRECTED},
            where=(WorkDay.source == DaySource.LIBRARY)
            & WorkDay.provisional
            & ~new.excluded.provisional,
        ).returning(WorkDay.day, WorkDay.works),
        rows,
    ).all()
    _log({one.day: one.works for one in written if was.get(one.day, one.works) != one.works})
    return len(written)


def load(
    days: Iterable[Day],
    source: DaySource,
    *,
    by: StaffMember | None = None,
    notice_year: int | None = None,
) -> dict[date, bool | str]:
    """Take over what a notice, of that year, or a person says of some days; returns those that are
    now worked differently, whose tickets the clock computes anew."""
    within.forget(KEPT)
    at = now()
    changed: dict[date, bool | str] = {}
    for said in days:
        kept = session.get(WorkDay, said.day)
        if kept is None or (kept.works, kept.half) != (said.works, said.half):
            changed[said.day] = said.told
        session.merge(
            WorkDay(
                day=said.day,
                works=said.works,
                half=said.half,
                name=said.name,
                source=source,
                notice_year=notice_year,
                provisional=False,
                changed_at=at,
            )
        )
    session.flush()
    _log(changed, source, by)
    return changed


def provisional_years() -> list[int]:
    year = func.extract("year", WorkDay.day)
    found = session.scalars(select(year).where(WorkDay.provisional).distinct().order_by(year))
    return [int(one) for one in found]


def warning() -> int | None:
    """The year whose official notice must be loaded now; None while there is time."""
    today = local(now()).date()
    upcoming = today.year + (1 if (today.month, today.day) >= WARN_FROM else 0)
    missing = [year for year in provisional_years() if year <= upcoming]
    return missing[0] if missing else None


def ordinary(day: date) -> bool:
    """Whether it is worked in a week without holidays."""
    return day.weekday() < SATURDAY


def in_year(year: int) -> Select[WorkDay]:
    """Its days, in their order."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return select(WorkDay).where(WorkDay.day >= first, WorkDay.day <= last).order_by(WorkDay.day)


def _as_the_library_says(year: int) -> list[dict[str, Any]]:
    known = known_to_library(year)
    provisional = not _has_exchanged_days(known, year)
    at = now()
    return [
        {
            "day": day,
            "works": known.is_working_day(day),
            "name": known.get(day, ""),
            "source": DaySource.LIBRARY,
            "provisional": provisional,
            "changed_at": at,
        }
        for day in _days_of(year)
    ]


def known_to_library(year: int, *, observed: bool = True) -> holidays.HolidayBase:
    """Its free days; ``observed``: also those given for a holiday on a weekend."""
    return holidays.country_holidays(COUNTRY, years=year, language="zh_CN", observed=observed)


def _log(
    changed: Mapping[date, bool | str],
    source: DaySource = DaySource.LIBRARY,
    by: StaffMember | None = None,
) -> None:
    if changed:
        session.add(
            CalendarChange(
                at=now(),
                by_id=by.id if by else None,
                source=source,
                days={day.isoformat(): changed[day] for day in sorted(changed)},
                first=min(changed),
                last=max(changed),
            )
        )


def _days() -> "_Days":
    known = within.kept(KEPT)
    return known if isinstance(known, _Days) else within.keep(KEPT, _Days())


class _Days:
    """Whether a day is worked, only in the morning, and as far as is known; read month by month,
    once each."""

    def __init__(self) -> None:
        self._known: dict[date, tuple[bool, bool, bool]] = {}

    def works(self, day: date) -> bool:
        return self._of(day)[0]

    def half(self, day: date) -> bool:
        return self._of(day)[1]

    def provisional(self, day: date) -> bool:
        return self._of(day)[2]

    def _of(self, day: date) -> tuple[bool, bool, bool]:
        if day not in self._known:
            self._read(day)
        return self._known[day]

    def _read(self, day: date) -> None:
        found = session.execute(AROUND, {"first": day - ASKED_BEFORE, "last": day + ASKED_AFTER})
        self._known.update({one.day: (one.works, one.half, one.provisional) for one in found})
        # Beyond the calendar's end ordinary weeks are assumed until the year is seeded.
        self._known.setdefault(day, (ordinary(day), False, True))


def _days_of(year: int) -> list[date]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _has_exchanged_days(known: holidays.HolidayBase, year: int) -> bool:
    """Only the official notice names days worked in exchange; without any it is not out yet."""
    return any(day.year == year for day in known.weekend_workdays)
