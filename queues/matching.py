"""Who meets whom, without a database: one caller at a time, against the seats that are free.

The rules are those of ``docs/routing.md``: his own line, then sister lines, then any line."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Row

from models import EMERGENCY_PRIORITY

SISTERS_AFTER = timedelta(seconds=5)
ANYONE_AFTER = timedelta(seconds=10)
SPARE_SEATS = 2


@dataclass(frozen=True)
class Caller:
    call_id: int
    line_id: int
    language: str
    waited: timedelta
    priority: int

    def has_waited(self, long: timedelta) -> bool:
        """Long enough for the next step; danger waits for none."""
        return self.waited >= long or self.in_danger

    @property
    def in_danger(self) -> bool:
        """Any person is better than nobody, also of another line than a certified one."""
        return self.priority >= EMERGENCY_PRIORITY


@dataclass
class FreeSeat:
    staff_id: int
    idle_since: datetime
    languages: list[str]
    skills: dict[int, int]


@dataclass
class Floor:
    """What one pass knows: seats that are free now, and lines that anybody signed on can serve."""

    lines: dict[int, Row[int, str, bool, list[str]]]
    free: dict[int, FreeSeat]
    staffed: set[int]
    by_line: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    # The free seats of a line that speak a language; and the same in order, best first.
    speaking: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    ranked: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def open(self, seat: FreeSeat) -> None:
        self.free[seat.staff_id] = seat
        for line_id in seat.skills:
            self.by_line[line_id].add(seat.staff_id)
            for language in seat.languages:
                self.speaking[line_id, language].add(seat.staff_id)

    def take(self, staff_id: int) -> None:
        seat = self.free.pop(staff_id)
        for line_id in seat.skills:
            self.by_line[line_id].discard(staff_id)
            for language in seat.languages:
                self.speaking[line_id, language].discard(staff_id)

    def best_of(self, line_id: int, language: str) -> int:
        """The line's best free seat for the language; sorted once a pass, taken from the end."""
        open_to = self.speaking[line_id, language]
        order = self.ranked.get((line_id, language))
        if order is None:
            order = sorted(open_to, key=lambda one: self._worth(one, line_id), reverse=True)
            self.ranked[line_id, language] = order
        while order[-1] not in open_to:
            order.pop()
        return order[-1]

    def _worth(self, staff_id: int, line_id: int) -> tuple[int, datetime, int]:
        seat = self.free[staff_id]
        return -seat.skills[line_id], seat.idle_since, staff_id


@dataclass(frozen=True)
class Match:
    seat: FreeSeat
    step: str
    level: int
    eligible: int


def match(caller: Caller, floor: Floor) -> Match | None:
    line = floor.lines[caller.line_id]
    open_to = floor.speaking[line.id, caller.language]
    if open_to:
        seat = floor.free[floor.best_of(line.id, caller.language)]
        return Match(seat, "line", seat.skills[line.id], len(open_to))
    if line.certified and not caller.in_danger:
        return None
    nobody = line.id not in floor.staffed
    sisters = {other.id for other in floor.lines.values() if other.code in line.sisters}
    if nobody or caller.has_waited(SISTERS_AFTER):
        spare = _speaks(floor, _with_spare_seats(floor, sisters), caller.language)
        if spare:
            return _best(floor, spare, sisters, "sister")
    if (nobody and not sisters & floor.staffed) or caller.has_waited(ANYONE_AFTER):
        return _best(floor, set(floor.free), set(floor.lines), "any")
    return None


def _speaks(floor: Floor, staff: set[int], language: str) -> set[int]:
    return {one for one in staff if language in floor.free[one].languages}


def _with_spare_seats(floor: Floor, lines: set[int]) -> set[int]:
    """Seats of lines that keep an idle one for their own callers; a lone seat stays at home."""
    spare: set[int] = set()
    for line_id in lines:
        if len(floor.by_line[line_id]) >= SPARE_SEATS:
            spare |= floor.by_line[line_id]
    return spare


def _best(floor: Floor, staff: set[int], lines: set[int], step: str) -> Match:
    def level(one: int) -> int:
        return max((floor.free[one].skills.get(line, 0) for line in lines), default=0)

    chosen = min(staff, key=lambda one: (-level(one), floor.free[one].idle_since, one))
    return Match(floor.free[chosen], step, level(chosen), len(staff))
