"""Whom a caller may meet, and from which age on: the steps of his line.  Pure, no rows.

The first step is his line itself.  The others stand in the line's settings, or are the usual ones:
its sister lines after 5 s, anybody after 10 s.  A certified line has no steps but those of its own
seats' levels."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from infra.wording import N_

SISTERS_AFTER = timedelta(seconds=5)
ANYONE_AFTER = timedelta(seconds=10)


class Where(StrEnum):
    """Whose seats a step opens."""

    LINE = "line"
    LINES = "lines"
    GROUP = "group"
    ANY = "any"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS: dict[Where, str] = {
    Where.LINE: N_("本专席等级不低于"),
    Where.LINES: N_("这些专席的座席"),
    Where.GROUP: N_("同组专席的座席"),
    Where.ANY: N_("任何座席"),
}


class Served(Protocol):
    """What is asked of a line, be it a row of one or the line itself."""

    @property
    def id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def certified(self) -> bool: ...
    @property
    def sisters(self) -> list[str]: ...
    @property
    def group(self) -> str: ...
    @property
    def least_level(self) -> int: ...
    @property
    def steps(self) -> list[dict[str, Any]] | None: ...


@dataclass(frozen=True)
class Step:
    """``after`` this wait, seats with ``level`` or more on one of ``lines``; or any seat at all."""

    after: timedelta
    where: Where
    lines: frozenset[int] = frozenset()
    level: int = 1

    @property
    def name(self) -> str:
        """As it is stored with an offer."""
        return "sister" if self.where in (Where.LINES, Where.GROUP) else self.where.value


def usual(sisters: list[str]) -> list[dict[str, Any]]:
    """The steps of a line for which none are set."""
    found: list[dict[str, Any]] = [{"after": ANYONE_AFTER.seconds, "where": "any"}]
    if sisters:
        found.insert(0, {"after": SISTERS_AFTER.seconds, "where": "lines", "lines": sisters})
    return found


def steps_of(line: Served, everything: Iterable[Served]) -> list[Step]:
    """In the order in which they open."""
    known, own = list(everything), frozenset([line.id])
    steps = [Step(timedelta(), Where.LINE, own, line.least_level)]
    for one in written(line):
        where = Where(one["where"])
        lines = own if where is Where.LINE else _lines(line, where, one, known)
        steps.append(Step(timedelta(seconds=one["after"]), where, lines, one.get("level", 1)))
    return steps


def lowest_level(line: Served) -> int:
    """Of the seats of the line itself, whatever his age."""
    own = (int(one.get("level", 1)) for one in written(line) if one["where"] == Where.LINE)
    return min([line.least_level, *own])


def written(line: Served) -> list[dict[str, Any]]:
    """What relaxes the line, as it is kept: in the order in which it does."""
    known = usual(line.sisters) if line.steps is None else line.steps
    allowed = [one for one in known if not line.certified or one["where"] == Where.LINE]
    return sorted(allowed, key=lambda step: int(step["after"]))


def last_after(line: Served) -> timedelta:
    """When nobody new is opened to a caller any more."""
    return timedelta(seconds=max((one["after"] for one in written(line)), default=0))


def _lines(line: Served, where: Where, step: dict[str, Any], known: list[Served]) -> frozenset[int]:
    """Never a certified line's: its seats may help where anybody may, and not before."""
    lending = (one for one in known if not one.certified and one.id != line.id)
    match where:
        case Where.LINES:
            codes = step.get("lines", [])
            return frozenset(one.id for one in lending if one.code in codes)
        case Where.GROUP:
            return frozenset(one.id for one in lending if line.group and one.group == line.group)
        case _:
            return frozenset(one.id for one in known)
