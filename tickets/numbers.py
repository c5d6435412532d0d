"""Ticket numbers by day, and the query codes that let a citizen ask for his ticket."""

import re
import secrets
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from infra.db import session
from infra.localtime import local
from infra.privacy import fingerprint
from models import TicketCounter

# Digits alone, because a code is also entered on a telephone; guessing is limited by attempts.
DIGITS = "0123456789"
CODE_LENGTH = 6
NUMBER = re.compile(r"([0-9]{8})-?([0-9]{6})")


def next_number(at: datetime) -> str:
    """``20261124-000123``; the day is the city's.  Others wait for this transaction's end."""
    day = local(at).date()
    count = session.scalar(
        insert(TicketCounter)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": TicketCounter.last + 1})
        .returning(TicketCounter.last)
    )
    return f"{day:%Y%m%d}-{count:06d}"


def new_code() -> str:
    return "".join(secrets.choice(DIGITS) for _ in range(CODE_LENGTH))


def keyed(digits: str) -> str | None:
    """A number as it is keyed in, without its dash; None for what cannot be one."""
    found = NUMBER.fullmatch(digits)
    return f"{found[1]}-{found[2]}" if found else None


def hashed(number: str, code: str) -> str:
    """What is compared; the number in it keeps equal codes apart."""
    return fingerprint(f"{number}:{code.strip()}")
