"""Ticket numbers by day, and the query codes that let a citizen ask for his ticket."""

import secrets
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from infra.db import session
from infra.localtime import local
from infra.privacy import fingerprint
from models import TicketCounter

# Nothing that sounds or looks like something else: no 0 O, no 1 I L.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 6


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
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def hashed(number: str, code: str) -> str:
    """What is compared; the number in it keeps equal codes apart."""
    return fingerprint(f"{number}:{code.strip().upper()}")
