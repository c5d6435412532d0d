"""The State Council's notice of a year's holidays, as it is typed: whole or not at all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select

from infra.db import session
from infra.wording import N_
from models import DaySource, StaffMember, WorkDay
from tickets import calendar
from tickets.calendar import Day
from web.asked import FIRST_YEAR, LAST_YEAR
from web.languages import _
from web.refusals import Refused

# As the State Council's notices and people's spreadsheets say it.
WORK, REST, HALF = (True, False), (False, False), (True, True)
WORDS = {
    **{N_("班"): WORK, "work": WORK, "1": WORK},
    **{N_("休"): REST, "rest": REST, "0": REST},
    **{N_("半"): HALF, "half": HALF},
}
# Who rests on it works on another day: the exchange is the notice's, not the law's.
EXCHANGED = N_("休息日")
DECEMBER = 12


class NoticeInvalid(Refused):
    """The text is no notice; the message names the line and how one is written."""


@dataclass(frozen=True)
class Announced:
    """What became of a notice: the days now worked differently, and those left as a person said."""

    year: int
    changed: Mapping[date, object]
    kept: Sequence[date]


def announce(notice: str, *, by: StaffMember | None = None) -> Announced:
    """Take over a year's official notice.

    What it does not name is worked as in an ordinary week, whatever the library had guessed or this
    notice said before it was corrected; only what a person said of a day stands, also of one in
    the December before, and what the next year's notice said of its end.  Raises
    NoticeInvalid where it cannot be the whole year's: a year is settled by nothing less."""
    said = parse(notice)
    year = _year_of(said)
    _insist_whole(year, said)
    calendar.seed([year])
    named = {one.day for one in said}
    days = {one.day: one for one in session.scalars(_concerned(year, named))}
    by_hand = {day for day, one in days.items() if one.source is DaySource.MANUAL}
    unnamed = [
        Day(day, works=calendar.ordinary(day))
        for day, one in days.items()
        if day not in named | by_hand and one.notice_year != year + 1 and not _is_ordinary(one)
    ]
    written = [one for one in said if one.day not in by_hand]
    changed = calendar.load([*written, *unnamed], DaySource.NOTICE, by=by, notice_year=year)
    for day in session.scalars(calendar.in_year(year).where(WorkDay.provisional)):
        day.provisional = False
    return Announced(year, changed, sorted(named & by_hand))


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


def _concerned(year: int, named: Collection[date]) -> Select[WorkDay]:
    """The year's days, and those of the December before of which this notice speaks, or spoke."""
    return select(WorkDay).where(
        WorkDay.day.between(date(year, 1, 1), date(year, 12, 31))
        | (WorkDay.notice_year == year)
        | WorkDay.day.in_(named)
    )


def _is_ordinary(one: WorkDay) -> bool:
    return not one.half and one.works == calendar.ordinary(one.day)


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
    for day, name in sorted(calendar.known_to_library(year, observed=False).items()):
        if name.startswith(EXCHANGED) or not worked.get(day, calendar.ordinary(day)):
            continue
        raise NoticeInvalid(
            _(
                "%(day)s 是法定节假日（%(name)s），通知里应写明“休”：请载入全年的通知；"
                "只改个别日子请用“修改一天”",
                day=day,
                name=name,
            )
        )
