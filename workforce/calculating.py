"""Both calculators: what is asked in an address, and what Erlang's formulas answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.shift import HALF_HOUR
from queues import erlang
from web.languages import _
from workforce.promised import Goal

MOST_CALLS, MOST_SEATS = 50_000, 5_000
# Seats around the answer that are shown beside it.
AROUND = 3


@dataclass(frozen=True)
class Asked:
    """``seats`` None: as many as the goal needs."""

    calls: int
    handling_s: int
    patience_s: int
    share: int
    within_s: int
    shrinkage: int
    seats: int | None

    @property
    def per_second(self) -> float:
        return self.calls / HALF_HOUR.total_seconds()

    @property
    def load(self) -> float:
        return self.per_second * self.handling_s


@dataclass(frozen=True)
class Answer:
    """What so many seats would give; None: the queue would grow for ever."""

    seats: int
    on_roster: int
    level: float | None
    mean_wait_s: float | None
    occupancy: float | None
    abandon_rate: float | None
    p_wait: float | None
    enough: bool


@dataclass(frozen=True)
class Answers:
    needed_c: int
    needed_a: int
    rows_c: list[Answer]
    rows_a: list[Answer]


def read(given: Mapping[str, str], goal: Goal) -> tuple[Asked, str]:
    """What is asked; and what is wrong with it, in words."""
    asked = Asked(
        calls=whole(given, "calls", 100, 1, MOST_CALLS),
        handling_s=whole(given, "handling", round(goal.handling_s), 5, 7200),
        patience_s=whole(given, "patience", round(goal.patience_s), 5, 3600),
        share=whole(given, "share", round(100 * goal.share), 1, 99),
        within_s=whole(given, "within", goal.within_s, 1, 600),
        shrinkage=whole(given, "shrinkage", round(100 * goal.shrinkage), 0, 80),
        seats=whole(given, "seats", 1, 1, MOST_SEATS) if given.get("seats", "").strip() else None,
    )
    if asked.load > MOST_SEATS / 2:
        return asked, _("这么多话务超出计算范围，请减少来电量或处理时长")
    return asked, ""


def whole(given: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    """A number in an address; what is none, or out of bounds, is taken for the nearest that is."""
    text = given.get(name, "").strip()[:7]
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if not (digits.isascii() and digits.isdecimal()):
        return usual
    return max(least, min(most, sign * int(digits)))


def answer(asked: Asked) -> Answers:
    line = asked.per_second, asked.handling_s
    share = asked.share / 100
    needed_c = erlang.seats_for(*line, asked.within_s, share)
    needed_a = erlang.seats_needed(*line, asked.patience_s, asked.within_s, share)
    return Answers(
        needed_c,
        needed_a,
        [_by_c(asked, seats) for seats in _around(asked.seats or needed_c)],
        [_by_a(asked, seats) for seats in _around(asked.seats or needed_a)],
    )


def _around(seats: int) -> range:
    return range(max(1, seats - AROUND), seats + AROUND + 1)


def _by_c(asked: Asked, seats: int) -> Answer:
    line = asked.per_second, asked.handling_s, seats
    roster = erlang.with_shrinkage(seats, asked.shrinkage / 100)
    if asked.load >= seats:
        return Answer(seats, roster, None, None, None, None, None, False)
    level = erlang.answered_within(*line, asked.within_s)
    found = erlang.erlang_c(*line)
    enough = level >= asked.share / 100
    return Answer(
        seats, roster, level, found.mean_wait_s, found.occupancy, None, found.p_wait, enough
    )


def _by_a(asked: Asked, seats: int) -> Answer:
    line = asked.per_second, asked.handling_s, asked.patience_s, seats
    level = erlang.served_within(*line, asked.within_s)
    found = erlang.erlang_a(*line)
    return Answer(
        seats,
        erlang.with_shrinkage(seats, asked.shrinkage / 100),
        level,
        found.mean_wait_s,
        found.occupancy,
        found.abandon_rate,
        found.p_wait,
        level >= asked.share / 100,
    )
