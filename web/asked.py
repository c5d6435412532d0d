"""What an address asks for, read in one way: nothing that the database cannot hold gets in."""

from collections.abc import Mapping
from datetime import date, datetime

from flask import abort, flash, request

from models.pairs import SHORTEST_WORD
from web.languages import _

LARGEST_ID = 2**31 - 1
LAST_PAGE = 100_000
LONGEST_WORDS = 200
# Wide enough for every call that a city ever imports, and far from where calendars end.
FIRST_YEAR, LAST_YEAR = 1990, 2199


def text(name: str) -> str:
    """Words to look for; 400 for more than anybody would type."""
    value = request.args.get(name, "").strip()
    if len(value) > LONGEST_WORDS:
        abort(400, _("查找的内容太长，请用 %(most)s 个字以内", most=LONGEST_WORDS))
    return value


def words(name: str) -> list[str]:
    """Words to look for, one by one; a character alone stands everywhere, and is said so."""
    given = text(name).split()
    for word in given:
        if len(word) < SHORTEST_WORD:
            flash(_("“%(word)s”太短：请至少输入两个字", word=word))
    return [word for word in given if len(word) >= SHORTEST_WORD]


def number(name: str) -> int | None:
    """An id, None when none is given; 400 for what is none."""
    value = request.args.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdecimal() and int(value[:11]) <= LARGEST_ID):
        abort(400, _("编号应为数字"))
    return int(value)


def page() -> int:
    """Which page of a list, the first is 1; 404 for one that no list has."""
    value = request.args.get("page", "").strip() or "1"
    if not (value.isascii() and value.isdecimal() and 1 <= int(value[:8]) <= LAST_PAGE):
        abort(404, _("没有这一页"))
    return int(value)


def place(name: str) -> tuple[datetime, int] | None:
    """Where a list goes on that is ordered by a moment and an id, as ``place_told`` wrote it; 404
    for one that no list has."""
    moment, _cut, last = text(name).partition("_")
    if not moment:
        return None
    try:
        at, row = datetime.fromisoformat(moment), int(last[:10])
    except ValueError:
        abort(404, _("没有这一页"))
    if at.tzinfo is None or not 0 < row <= LARGEST_ID:
        abort(404, _("没有这一页"))
    return at, row


def place_told(at: datetime, row: int) -> str:
    return f"{at.isoformat()}_{row}"


def day(name: str) -> date | None:
    """A day, None when none is given; 400 for what is none."""
    return day_in(request.args, name)


def day_in(given: Mapping[str, str], name: str) -> date | None:
    """The same of a form."""
    value = given.get(name, "").strip()
    if not value:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        found = date.min
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        abort(400, _("日期应为 2026-03-01 的形式"))
    return found
