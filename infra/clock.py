"""The only reader of the time, so that tests can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol


class TimeSource(Protocol):
    def __call__(self) -> datetime: ...


def _wall() -> datetime:
    return datetime.now(UTC)


_source: TimeSource = _wall


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _source()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """For a while it is this moment; afterwards whoever told the time before tells it again."""
    global _source
    before, _source = _source, lambda: moment
    try:
        yield
    finally:
        _source = before


def use(source: TimeSource | None) -> None:
    """Let ``source`` tell the time from here on; None returns to the wall clock."""
    global _source
    _source = source or _wall
