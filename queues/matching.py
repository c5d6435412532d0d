"""Who meets whom, without a database: one caller at a time, against the seats that are free.

The rules are those of ``docs/routing.md``: his own line, then step by step whoever it opens."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from queues.steps import Served, Step, Where, steps_of

SPARE_SEATS = 2
LOWEST = 1


@dataclass(frozen=True)
class Caller:
    call_id: int
    line_id: int
    language: str
    waited: timedelta
    priority: int
    # Any person is better than nobody, also of another line than a certified one.
    in_danger: bool

    def has_waited(self, long: timedelta) -> bool:
        """Long enough for the next step; danger waits for none."""
        return self.waited >= long or self.in_danger


@dataclass
class FreeSeat:
    staff_id: int
    idle_since: datetime
    languages: list[str]
    skills: dict[int, int]


@dataclass
class Floor:
    """What one pass knows: seats that are free now, and the best level that anybody signed on has
    on each line that he can serve."""

    lines: Mapping[int, Served]
    free: dict[int, FreeSeat]
    staffed: dict[int, int]
    by_line: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    # The free seats of a line that speak a language; and the same in order, best first.
    speaking: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    ranked: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    steps: dict[int, list[Step]] = field(default_factory=dict)

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

    def open_to(self, caller: Caller) -> Iterator[Step]:
        """The steps of his line that are open at his age; one that nobody signed on could serve is
        skipped at once, and danger waits for none."""
        if caller.line_id not in self.steps:
            self.steps[caller.line_id] = steps_of(self.lines[caller.line_id], self.lines.values())
        served = False
        for step in self.steps[caller.line_id]:
            if not served or caller.has_waited(step.after):
                yield step
            served = served or self.is_staffed(step)

    def is_staffed(self, step: Step) -> bool:
        return any(self.staffed.get(line_id, 0) >= step.level for line_id in step.lines)

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
    for step in floor.open_to(caller):
        found = _in_step(step, caller, floor)
        if found is not None:
            return found
    if caller.in_danger and floor.free:
        return _best(floor, set(floor.free), Step(timedelta(), Where.ANY, frozenset(floor.lines)))
    return None


def _in_step(step: Step, caller: Caller, floor: Floor) -> Match | None:
    match step.where:
        case Where.LINE:
            return _at_home(step, caller, floor)
        case Where.ANY:
            # Whatever he speaks: better a person than nobody.
            return _best(floor, set(floor.free), step) if floor.free else None
        case _:
            spare = _speaks(floor, _with_spare_seats(floor, step), caller.language)
            return _best(floor, spare, step) if spare else None


def _at_home(step: Step, caller: Caller, floor: Floor) -> Match | None:
    line_id = caller.line_id
    open_to = floor.speaking[line_id, caller.language]
    if not open_to:
        return None
    seat = floor.free[floor.best_of(line_id, caller.language)]
    if seat.skills[line_id] < step.level:
        return None
    able = len(open_to)
    if step.level > LOWEST:
        able = sum(floor.free[one].skills[line_id] >= step.level for one in open_to)
    return Match(seat, step.name, seat.skills[line_id], able)


def _speaks(floor: Floor, staff: set[int], language: str) -> set[int]:
    return {one for one in staff if language in floor.free[one].languages}


def _with_spare_seats(floor: Floor, step: Step) -> set[int]:
    """Seats of lines that keep an idle one for their own callers, one that may serve them at once:
    a lone seat stays at home."""
    spare: set[int] = set()
    for line_id in step.lines:
        seats, least = floor.by_line[line_id], floor.lines[line_id].least_level
        able = len(seats)
        if least > LOWEST:
            able = sum(floor.free[one].skills[line_id] >= least for one in seats)
        if able >= SPARE_SEATS:
            spare |= {one for one in seats if floor.free[one].skills[line_id] >= step.level}
    return spare


def _best(floor: Floor, staff: set[int], step: Step) -> Match:
    def level(one: int) -> int:
        return max((floor.free[one].skills.get(line, 0) for line in step.lines), default=0)

    chosen = min(staff, key=lambda one: (-level(one), floor.free[one].idle_since, one))
    return Match(floor.free[chosen], step.name, level(chosen), len(staff))
