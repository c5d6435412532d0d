"""The same for each of several rows in one transaction: one that fails is left as it was.

A sweep that one bad row could stop would stop for everybody, every second."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from sqlalchemy import inspect

from infra.db import savepoint

log = structlog.get_logger(__name__)

T = TypeVar("T", bound=object)


def each(rows: Iterable[T], do: Callable[[T], object]) -> int:
    """Returns how many were done; the others are logged by name and key."""
    done = 0
    for row in rows:
        known = inspect(row, raiseerr=False)
        name = row if known is None else f"{type(row).__name__} {known.identity}"
        try:
            with savepoint():
                do(row)
        except Exception:
            log.exception("one row failed and is left as it was", row=name)
        else:
            done += 1
    return done
