"""The city's work calendar as rows: seeded from the library, corrected by the official notice.

A year whose notice is not loaded yet is provisional: the library knows its statutory days, not
the days that will be worked in exchange."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import holidays
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from infra import within
from infra.clock import now
from infra.db import session
from infra.localtime import local
from infra.wording import N_
from models import CalendarChange, DaySource, StaffMember, WorkDay
from tickets.working_time import WorkCalendar
from web.asked import FIRST_YEAR, LAST_YEAR
from web.languages import _
from web.refusals import Refused

COUNTRY = "CN"
KEPT = "calendar"
# From here on the next year's notice must be there: it comes in November.
WARN_FROM = (11, 1)
# As the State Council's notices and people's spreadsheets say it.
WORK, REST, HALF = (True, False), (False, False), (True, True)
WORDS = {
    **{N_("班"): WORK, "work": WORK, "1": WORK},
    **{N_("休"): REST, "rest": REST, "0": REST},
    **{N_("半"): HALF, "half": HALF},
}
# Who rests on it works on another day: the exchange is the notice's, not the law's.
EXCHANGED = N_("休息日")
DECEMBER, SATURDAY = 12, 5
CORRECTED = ("works", "name", "provisional", "changed_at")
# Who asks about a day asks about some before it, and about many after it.
ASKED_BEFORE, ASKED_AFTER = timedelta(days=20), timedelta(days=60)
# Built once: nearly every verb asks it.
AROUND = (
    select(WorkDay.day, WorkDay.works, WorkDay.half)
    .where(WorkDay.day.between(bindparam("first"), bindparam("last")))
    .execution_options(autoflush=False)
)


class NoticeInvalid(Refused):
    """The text is no notice; the message names the line and how one is written."""


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
    known = within.kept(KEPT)
    days = known if isinstance(known, _Days) else within.keep(KEPT, _Days())
    return WorkCalendar(days.works, half=days.half)


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
    days: Iterable[Day], source: DaySource, *, by: StaffMember | None = None
) -> dict[date, bool | str]:
    """Take over what a notice or a person says of some days; returns those that are now worked
    differently, whose tickets the clock computes anew."""
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
                provisional=False,
                changed_at=at,
            )
        )
    session.flush()
    _log(changed, source, by)
    return changed


def announce(notice: str, *, by: StaffMember | None = None) -> tuple[int, Mapping[date, object]]:
    """Take over a year's official notice: the year, and the days now worked differently.

    What it does not name is worked as in an ordinary week, whatever the library had guessed; only
    what a person said of a day stands.  Raises NoticeInvalid where it cannot be the whole year's:
    a year is settled by its notice, and by nothing less."""
    said = parse(notice)
    year = _year_of(said)
    _insist_whole(year, said)
    seed([year])
    named = {one.day for one in said}
    unnamed = [
        Day(kept.day, works=_ordinary(kept.day))
        for kept in session.scalars(in_year(year))
        if kept.day not in named
        and kept.source is not DaySource.MANUAL
        and (kept.half or kept.works != _ordinary(kept.day))
    ]
    changed = load([*said, *unnamed], DaySource.NOTICE, by=by)
    for day in session.scalars(in_year(year).where(WorkDay.provisional)):
        day.provisional = False
    return year, changed


def parse(notice: str) -> list[Day]:
    """Lines ``2027-02-06,work,name``; raises NoticeInvalid, which names the line."""
    found: dict[date, tuple[int, Day]] = {}
    for number, line in enumerate(notice.splitlines(), start=1):
        if not line.strip():
            continue
        one = _line(number, line)
        if one.day in found:
            first = found[one.day][0]
            raise NoticeInvalid(
                _("第 %(line)s 行与第 %(first)s 行是同一天", line=number, first=first)
            )
        found[one.day] = (number, one)
    if not found:
        raise NoticeInvalid(_("通知里没有日期"))
    return [one for _number, one in found.values()]


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


def _line(number: int, line: str) -> Day:
    parts = [part.strip() for part in line.replace("\uff0c", ",").split(",")]
    try:
        day = date.fromisoformat(parts[0])
    except ValueError as error:
        raise NoticeInvalid(_("第 %(line)s 行的日期应为 2027-02-06 的形式", line=number)) from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NoticeInvalid(
            _(
                "第 %(line)s 行的年份应在 %(first)s 到 %(last)s 之间",
                line=number,
                first=FIRST_YEAR,
                last=LAST_YEAR,
            )
        )
    if len(parts) < 2 or parts[1] not in WORDS:
        raise NoticeInvalid(_("第 %(line)s 行应写明“班”“休”或“半”", line=number))
    works, half = WORDS[parts[1]]
    return Day(day, works, parts[2][:64] if len(parts) > 2 else "", half)


def _year_of(said: Sequence[Day]) -> int:
    """The year a notice is of; its New Year may begin in the last days of the year before."""
    year = max(one.day.year for one in said)
    for one in said:
        if one.day.year != year and (one.day.year, one.day.month) != (year - 1, DECEMBER):
            raise NoticeInvalid(
                _(
                    "通知是 %(year)s 年的，%(day)s 不属于这一年；每次只载入一年",
                    year=year,
                    day=one.day,
                )
            )
    return year


def _insist_whole(year: int, said: Sequence[Day]) -> None:
    """Each statutory holiday of the State Council's rule is free; one on a weekend goes without
    saying."""
    worked = {one.day: one.works for one in said}
    for day, name in sorted(_known(year, observed=False).items()):
        if name.startswith(EXCHANGED) or not worked.get(day, _ordinary(day)):
            continue
        raise NoticeInvalid(
            _(
                "%(day)s 是法定节假日（%(name)s），通知里应写明“休”：请载入全年的通知；"
                "只改个别日子请用“修改一天”",
                day=day,
                name=name,
            )
        )


def _ordinary(day: date) -> bool:
    """Whether it is worked in a week without holidays."""
    return day.weekday() < SATURDAY


def in_year(year: int) -> Select[WorkDay]:
    """Its days, in their order."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return select(WorkDay).where(WorkDay.day >= first, WorkDay.day <= last).order_by(WorkDay.day)


def _as_the_library_says(year: int) -> list[dict[str, Any]]:
    known = _known(year)
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


def _known(year: int, *, observed: bool = True) -> holidays.HolidayBase:
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


class _Days:
    """Whether a day is worked, and only in the morning; read month by month, once each."""

    def __init__(self) -> None:
        self._known: dict[date, tuple[bool, bool]] = {}

    def works(self, day: date) -> bool:
        return self._of(day)[0]

    def half(self, day: date) -> bool:
        return self._of(day)[1]

    def _of(self, day: date) -> tuple[bool, bool]:
        if day not in self._known:
            self._read(day)
        return self._known[day]

    def _read(self, day: date) -> None:
        found = session.execute(AROUND, {"first": day - ASKED_BEFORE, "last": day + ASKED_AFTER})
        self._known.update({one.day: (one.works, one.half) for one in found})
        # Beyond the calendar's end ordinary weeks are assumed until the year is seeded.
        self._known.setdefault(day, (_ordinary(day), False))


def _days_of(year: int) -> list[date]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _has_exchanged_days(known: holidays.HolidayBase, year: int) -> bool:
    """Only the official notice names days worked in exchange; without any it is not out yet."""
    return any(day.year == year for day in known.weekend_workdays)
