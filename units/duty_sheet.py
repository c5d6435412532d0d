"""The duty rota as CSV: read in as a whole or not at all, with the lines that are wrong."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from infra.localtime import CITY
from models import Unit
from units.duty_rota import TurnRefused, Wanted
from web.languages import _

COLUMNS = ("unit", "officer", "rank", "number", "begins", "ends")
MOST_ROWS = 2000
MOST_ERRORS = 10


def read(content: bytes, units: Mapping[str, Unit]) -> list[Wanted]:
    """``units`` by code: those whose rota may be written.  Raises TurnRefused."""
    wanted: list[Wanted] = []
    wrong: list[str] = []
    for number, row in _rows(content):
        try:
            wanted.append(_wanted(row, units))
        except TurnRefused as error:
            wrong.append(_("第 %(number)s 行：%(why)s", number=number, why=str(error)))
    if wrong:
        raise TurnRefused("；".join(wrong[:MOST_ERRORS]))
    return wanted


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TurnRefused(_("请用 UTF-8 编码保存 CSV 文件")) from None
    if "\0" in text:
        raise TurnRefused(_("这不是 CSV 文件"))
    rows = csv.DictReader(io.StringIO(text, newline=""))
    lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if lacking:
        raise TurnRefused(_("首行缺少列：%(names)s", names="、".join(lacking)))
    try:
        for number, row in enumerate(rows, start=2):
            if number > MOST_ROWS + 1:
                raise TurnRefused(_("一次最多 %(most)s 行", most=MOST_ROWS))
            cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
            if any(cells.values()):
                yield number, cells
    except csv.Error:
        raise TurnRefused(_("这不是 CSV 文件")) from None


def _wanted(row: Mapping[str, str], units: Mapping[str, Unit]) -> Wanted:
    unit = units.get(row["unit"])
    if unit is None:
        raise TurnRefused(_("没有单位 %(code)s，或不归您安排", code=row["unit"]))
    rank = row["rank"] or "1"
    if not (rank.isascii() and rank.isdecimal() and len(rank) == 1):
        raise TurnRefused(_("呼叫顺序应为 1 至 %(last)s", last=9))
    begins, ends = _moment(row["begins"]), _moment(row["ends"])
    return Wanted(unit, row["officer"], int(rank), row["number"], begins, ends)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise TurnRefused(_("时间应为 2026-03-01 08:00 的形式")) from None
    if not 2000 <= found.year <= 2100:
        raise TurnRefused(_("时间应为 2026-03-01 08:00 的形式"))
    if found.tzinfo is not None:
        raise TurnRefused(_("时间请按本地时间填写，不带时区：2026-03-01 08:00"))
    return found.replace(tzinfo=CITY)
