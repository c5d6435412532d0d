"""The same for each of several rows in one transaction: one that fails is left as it was.

A sweep that one bad row could stop would stop for everybody, every second."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from sqlalchemy import inspect

from infra import seldom
from infra.db import savepoint

log = structlog.get_logger(__name__)

T = TypeVar("T", bound=object)


def name_of(row: object) -> str:
    known = inspect(row, raiseerr=False)
    return str(row) if known is None else f"{type(row).__name__} {known.identity}"


def each(
    rows: Iterable[T], do: Callable[[T], object], *, called: Callable[[T], str] = name_of
) -> int:
    """Returns how many were done; the others are logged by name and key."""
    done = 0
    for row in rows:
        name = called(row)
        try:
            with savepoint():
                do(row)
        except Exception:
            seldom.tell(log.exception, "one row failed and is left as it was", row=name)
        else:
            done += 1
    return done
