"""A ticket's number as staff type it: whole, its beginning, or the last digits of it.

``20261124-000123`` is also found by ``20261124``, ``202611``, ``20261124-0001``, ``123`` and
``24-123``."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, false, or_

from models import Ticket

EARLIEST_YEAR, LATEST_YEAR = 2000, 2099
DAY, SERIAL = 8, 6
TYPED = re.compile(rf"([0-9]{{1,{DAY}}})|([0-9]{{0,{DAY}}})-([0-9]{{0,{SERIAL}}})|([0-9]{{9,14}})")


@dataclass(frozen=True)
class Piece:
    """What a number must be; ``first`` and ``last`` are the days on which such were given.

    Whole days need no condition beside: a number begins with the day on which its ticket was
    submitted, and with two conditions for one thing the database guesses far too few tickets."""

    condition: ColumnElement[bool] | None = None
    first: date | None = None
    last: date | None = None


def read(typed: str) -> Piece | None:
    """None for what is no part of a number."""
    typed = "".join(typed.split())
    found = TYPED.fullmatch(typed)
    if found is None or typed == "-":
        return None
    if found[4]:
        return _of_a_day(typed[:DAY], typed[DAY:])
    if found[1]:
        return _beginning(typed) or _end("", typed)
    day, serial = found[2], found[3]
    if len(day) == DAY:
        return _of_a_day(day, serial)
    return _end(day, serial) if serial else _beginning(day)


def _beginning(typed: str) -> Piece | None:
    """A year, a month, a day, or the first digits of one; numbers are given day by day."""
    days = _days(typed)
    return Piece(None, days[0], days[-1]) if days else None


def _of_a_day(day: str, serial: str) -> Piece:
    whole = f"{day}-{serial:0>{SERIAL}}"
    if len(serial) == SERIAL:
        return Piece(Ticket.number == whole)
    days = _days(day)
    if not days:
        return Piece(false())
    if not serial:
        return Piece(None, days[0], days[-1])
    begins = Ticket.number.startswith(f"{day}-{serial}")
    return Piece(or_(begins, Ticket.number == whole), days[0], days[-1])


def _end(day: str, serial: str) -> Piece | None:
    """Counted anew each day, so there is one of them for each; ``day`` is the end of one."""
    if len(serial) > SERIAL:
        return None
    padded = f"{serial:0>{SERIAL}}"
    found = Ticket.serial() == padded
    return Piece(found & Ticket.number.endswith(f"{day}-{padded}") if day else found)


def _days(typed: str) -> list[date]:
    """All whose eight digits begin so; none for less than a year, and where no day does."""
    if len(typed) < len("2026") or not EARLIEST_YEAR <= int(typed[:4]) <= LATEST_YEAR:
        return []
    january = date(int(typed[:4]), 1, 1)
    year = (january + timedelta(days=n) for n in range(366))
    return [day for day in year if f"{day:%Y%m%d}".startswith(typed)]
