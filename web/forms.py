"""What a form says, read in one way: in its bounds, in the city's time, or refused in words."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from flask import request

from infra.localtime import CITY
from web.asked import FIRST_YEAR, LARGEST_ID, LAST_YEAR
from web.languages import _
from web.refusals import Refused

E = TypeVar("E", bound=StrEnum)

LONG = 2000
LAST_HOUR = 24


class Wrong(Refused):
    """Something in the form is missing or cannot be; the message names it."""


def words(name: str, label: str, *, most: int = LONG, needed: bool = True) -> str:
    value = request.form.get(name, "").replace("\0", "").strip()
    if needed and not value:
        raise Wrong(_("请填写%(label)s", label=label))
    if len(value) > most:
        raise Wrong(_("%(label)s最多 %(most)s 个字", label=label, most=most))
    return value


def matching(name: str, pattern: str, label: str) -> str:
    """A code: what the whole of it must look like stands in the pattern."""
    value = request.form.get(name, "").strip()
    if not re.fullmatch(pattern, value):
        raise Wrong(_("%(label)s只能用小写字母、数字和下划线，2 至 16 个", label=label))
    return value


def one_of(name: str, kind: type[E], label: str) -> E:
    value = request.form.get(name, "")
    if value not in set(kind):
        raise Wrong(_("请选择%(label)s", label=label))
    return kind(value)


def number(name: str, label: str, *, least: int = 1, most: int = LARGEST_ID) -> int:
    value = request.form.get(name, "").strip()
    if not (value.isascii() and value.isdigit() and least <= int(value[:11]) <= most):
        raise Wrong(_("%(label)s应为 %(least)s 到 %(most)s", label=label, least=least, most=most))
    return int(value)


def clock(name: str, label: str) -> int:
    """A time of day as minutes since midnight; 24:00 is the end of the day."""
    found = re.fullmatch(r"(\d\d?)[:：](\d\d)", request.form.get(name, "").strip(), re.ASCII)
    hour, minute = map(int, found.groups()) if found else (LAST_HOUR, 1)
    if minute >= 60 or hour * 60 + minute > LAST_HOUR * 60:
        raise Wrong(_("%(label)s应为 09:30 这样的时刻，最晚 24:00", label=label))
    return hour * 60 + minute


def limit(name: str) -> str:
    """A number and, in the field beside it, what it counts: ``4 wh``; empty without a number."""
    amount = request.form.get(name, "").strip()[:6]
    return f"{amount} {request.form.get(f'{name}_in', '')[:3]}" if amount else ""


def numbers(name: str) -> list[int]:
    """Ids that were ticked, each once."""
    given = dict.fromkeys(request.form.getlist(name))
    if not all(one.isascii() and one.isdigit() and int(one[:11]) <= LARGEST_ID for one in given):
        raise Wrong(_("编号应为数字"))
    return [int(one) for one in given]


def day(name: str, label: str) -> date:
    try:
        found = date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        found = date.min
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Wrong(_("请填写%(label)s", label=label))
    return found


def moment(name: str, label: str) -> datetime:
    """A day and time as a browser's field writes it, in the city's time."""
    try:
        found = datetime.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        raise Wrong(_("请填写%(label)s", label=label)) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Wrong(_("请填写%(label)s", label=label))
    return found.replace(tzinfo=CITY) if found.tzinfo is None else found
