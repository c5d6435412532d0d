"""A roster as a table for spreadsheets: written out, and read in as a whole or not at all."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time

from infra.localtime import local
from models import Line, Seat, Shift, ShiftKind, StaffMember
from web.asked import FIRST_YEAR, LAST_YEAR
from web.languages import _
from workforce import rostering
from workforce.rostering import ShiftRefused, Wanted

# The first line of the file, in whatever language the page is: a file wanders between people.
COLUMNS = ("login", "name", "date", "kind", "begins", "ends", "line", "breaks")
NEEDED = ("login", "date", "kind", "begins", "ends")
MOST_ROWS = 5000
MOST_ERRORS = 10
TIME = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(shifts: Iterable[Shift]) -> str:
    text = io.StringIO()
    # So that spreadsheets see that it is UTF-8.
    text.write("\ufeff")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for one in shifts:
        rows.writerow(_harmless(cell) for cell in _row(one))
    return text.getvalue()


def read(content: bytes, seats: Iterable[Seat], lines: Iterable[Line]) -> list[Wanted]:
    """Every row as a shift; raises ShiftRefused with the lines that are wrong."""
    known = {one.staff.login: one.staff_id for one in seats}
    codes = {one.code: one.id for one in lines}
    wanted: list[Wanted] = []
    wrong: list[str] = []
    for number, row in _rows(content):
        try:
            wanted.append(_wanted(row, known, codes))
        except ShiftRefused as error:
            wrong.append(_("第 %(number)s 行：%(why)s", number=number, why=str(error)))
    if wrong:
        raise ShiftRefused("；".join(wrong[:MOST_ERRORS]))
    return wanted


def take_in(wanted: Iterable[Wanted], *, by: StaffMember) -> int:
    """All of them; one that cannot be undoes the others with its transaction."""
    made = 0
    for one in sorted(wanted, key=lambda it: (it.staff_id, it.begins)):
        rostering.schedule(one, by=by)
        made += 1
    return made


def breaks_in(text: str) -> list[tuple[time, time]]:
    """``12:00-12:30 15:00-15:15``; empty: none."""
    found = []
    for one in re.split(r"[\s;；,，、]+", text.strip()):
        if one:
            first, dash, last = re.sub(r"[–—~～至]", "-", one).partition("-")
            if not dash:
                raise ShiftRefused(_("休息应写成 12:00-12:30，多次以空格分开"))
            found.append((time_in(first), time_in(last)))
    return found


def time_in(text: str) -> time:
    found = TIME.fullmatch(text.strip())
    if found is None:
        raise ShiftRefused(_("时间应为 09:00 的形式"))
    return time(int(found[1]), int(found[2]))


def breaks_told(shift: Shift) -> str:
    return " ".join(f"{_clock(one.begins_at)}-{_clock(one.ends_at)}" for one in shift.breaks)


def _row(shift: Shift) -> list[str]:
    return [
        shift.seat.staff.login,
        shift.seat.staff.name,
        local(shift.begins_at).date().isoformat(),
        shift.kind.value,
        _clock(shift.begins_at),
        _clock(shift.ends_at),
        shift.line.code if shift.line else "",
        breaks_told(shift),
    ]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _rows(content: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ShiftRefused(_("请用 UTF-8 编码保存 CSV 文件")) from None
    if "\0" in text:
        raise ShiftRefused(_("这不是 CSV 文件"))
    rows = csv.DictReader(io.StringIO(text, newline=""))
    lacking = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if lacking:
        raise ShiftRefused(_("首行缺少列：%(names)s", names="、".join(lacking)))
    try:
        yield from _numbered(rows)
    except csv.Error:
        raise ShiftRefused(_("这不是 CSV 文件")) from None


def _numbered(rows: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS + 1:
            raise ShiftRefused(_("一次最多 %(most)s 行", most=MOST_ROWS))
        cells = {name: value.strip() for name, value in row.items() if isinstance(value, str)}
        if any(cells.values()):
            yield number, cells


def _wanted(row: Mapping[str, str], known: Mapping[str, int], codes: Mapping[str, int]) -> Wanted:
    login, line, kind = row.get("login", ""), row.get("line", ""), row.get("kind", "")
    if login not in known:
        raise ShiftRefused(_("没有座席 %(login)s", login=login))
    if line and line not in codes:
        raise ShiftRefused(_("没有专席 %(code)s", code=line))
    if kind not in set(ShiftKind):
        raise ShiftRefused(_("班次应为 %(kinds)s 之一", kinds="、".join(ShiftKind)))
    begins, ends = rostering.on(
        _day(row.get("date", "")), time_in(row.get("begins", "")), time_in(row.get("ends", ""))
    )
    breaks = rostering.rests(begins, breaks_in(row.get("breaks", "")))
    return Wanted(known[login], ShiftKind(kind), begins, ends, codes.get(line), breaks)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ShiftRefused(_("日期应为 2026-03-01 的形式"))
    return found


def _clock(moment: object) -> str:
    return local(moment).strftime("%H:%M")  # type: ignore[arg-type]
