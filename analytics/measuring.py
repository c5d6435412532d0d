"""Measuring: what an indicator gives for a period, by unit, and what is behind it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Subquery, func, select

from analytics import ticket_facts
from analytics.indicators import Indicator
from infra.db import session
from infra.localtime import midnight
from models import Request, RequestKind, RequestState, Ticket
from staff import norms

PER_PAGE = 50


@dataclass(frozen=True)
class Period:
    """From the first moment on, and until before the second."""

    start: datetime
    end: datetime

    @classmethod
    def month(cls, day: date) -> "Period":
        """The month of the city's calendar that ``day`` lies in."""
        first = day.replace(day=1)
        return cls(midnight(first), midnight(following_month(first)))


@dataclass(frozen=True)
class Figure:
    numerator: float = 0
    denominator: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    def __add__(self, other: "Figure") -> "Figure":
        reasons = {*self.excluded, *other.excluded}
        return Figure(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            {one: self.excluded.get(one, 0) + other.excluded.get(one, 0) for one in reasons},
        )


def by_unit(indicator: Indicator, period: Period) -> dict[int | None, Figure]:
    """The figure of each unit that has one; under None what is the hotline's own."""
    rows = _within(indicator, period)
    found = session.execute(
        select(rows.c.unit_id, rows.c.excluded, func.count(), func.sum(rows.c.hit)).group_by(
            rows.c.unit_id, rows.c.excluded
        )
    )
    parts: defaultdict[int | None, Figure] = defaultdict(Figure)
    for unit, excluded, count, hits in found:
        part = Figure(0, 0, {excluded: count}) if excluded else Figure(hits, count)
        parts[unit] += part
    return dict(parts)


def whole(parts: Mapping[int | None, Figure]) -> Figure:
    """The city's figure: the parts' numerators and denominators, not the mean of their values."""
    return sum(parts.values(), Figure())


@dataclass(frozen=True)
class Counted:
    """A ticket (by its number) or a call (by its id) behind a figure, and what it did to it."""

    subject: str | int
    unit_id: int | None
    at: datetime
    hit: float
    excluded: str | None


# The three rates as one (三率综合), each by its weight.  Source: domain reference 1.9.
WEIGHTS = {one: f"weight_{one}" for one in ("respond", "solved", "satisfied")}


def combined(figures: Mapping[str, Figure]) -> float | None:
    """The three rates as one; None where one of them has no value."""
    values = {code: figures[code].value for code in WEIGHTS}
    if any(value is None for value in values.values()):
        return None
    return sum(percent / 100 * (values[code] or 0) for code, percent in weights().items())


def weights() -> dict[str, float]:
    """In percent, together a hundred, whatever the city has set beside one another."""
    given = {code: norms.amount(norm) for code, norm in WEIGHTS.items()}
    return {code: 100 * one / sum(given.values()) for code, one in given.items()}


def behind(
    indicator: Indicator,
    period: Period,
    unit: int | None,
    page: int = 1,
    *,
    before: datetime | None = None,
) -> list[Counted]:
    """A page of what a figure is made of, those against it first; one more than a page says that
    there are more.  ``unit`` None: all of them; ``before``: what is no newer."""
    rows = _within(indicator, period)
    against = rows.c.hit if not indicator.lower_is_better else -rows.c.hit
    subject = rows.c.subject_id if indicator.of_calls else Ticket.number
    found = select(subject, rows.c.unit_id, rows.c.at, rows.c.hit, rows.c.excluded)
    if not indicator.of_calls:
        found = found.join(Ticket, Ticket.id == rows.c.subject_id)
    if unit is not None:
        found = found.where(rows.c.unit_id == unit)
    if before is not None:
        found = found.where(rows.c.at < before)
    found = found.order_by(rows.c.excluded.is_not(None), against, rows.c.at, rows.c.subject_id)
    page_of = found.limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)
    return [Counted(*row) for row in session.execute(page_of)]


# Why something is in neither part of a ratio, where a unit had to ask for that.
ASKED_FOR = {"excluded": RequestKind.EXCLUSION, "appealed": RequestKind.SCORE_APPEAL}


def exclusions_of(listed: list[Counted]) -> dict[tuple[str | int, str | None], str]:
    """By ticket number and why it does not count: the reason of the request that was approved."""
    found: dict[tuple[str | int, str | None], str] = {}
    for why, kind in ASKED_FOR.items():
        numbers = [one.subject for one in listed if one.excluded == why]
        approved = (
            select(Ticket.number, Request.reason)
            .join(Request, Request.ticket_id == Ticket.id)
            .where(
                Ticket.number.in_(numbers),
                Request.kind == kind,
                Request.state == RequestState.APPROVED,
            )
            .order_by(Request.id.desc())
        )
        found |= {(number or "", why): reason for number, reason in session.execute(approved)}
    return found


def growth(day: date) -> dict[int | None, Figure]:
    """Growth of demands: (N - base) / base for the month of ``day``, of each unit, however small.

    The base is the same month last year, or the previous month where that has none."""
    current, last_year, previous = _months_compared(day)
    return {
        unit: _grown(current.get(unit, 0), last_year.get(unit, 0), previous.get(unit, 0))
        for unit in {*current, *last_year, *previous}
    }


def city_growth(day: date) -> Figure:
    """Of all units together, those too small for a figure of their own as well: against one month,
    whichever each of them is compared with."""
    return _grown(*(sum(month.values()) for month in _months_compared(day)))


def comparable(grown: Figure) -> bool:
    """Whether there was enough to grow from."""
    return grown.denominator >= norms.amount("grown_from")


def _months_compared(day: date) -> tuple[dict[int | None, int], ...]:
    """The month, the same of last year, and the one before."""
    first = day.replace(day=1)
    months = (first, first.replace(year=first.year - 1), previous_month(first))
    return tuple(_demands(month) for month in months)


def _grown(current: int, last_year: int, previous: int) -> Figure:
    base = last_year or previous
    return Figure(current - base, base)


def previous_month(first: date) -> date:
    return (
        first.replace(year=first.year - 1, month=12)
        if first.month == 1
        else first.replace(month=first.month - 1)
    )


def following_month(first: date) -> date:
    return (
        first.replace(year=first.year + 1, month=1)
        if first.month == 12
        else first.replace(month=first.month + 1)
    )


def _demands(first: date) -> dict[int | None, int]:
    period, rows = Period.month(first), ticket_facts.demanding().subquery()
    found = session.execute(
        select(rows.c.unit_id, func.count())
        .where(rows.c.at >= period.start, rows.c.at < period.end)
        .group_by(rows.c.unit_id)
    )
    return {row.unit_id: row[1] for row in found}


def _within(indicator: Indicator, period: Period) -> Subquery:
    rows: Any = indicator.facts().subquery()
    chosen = select(rows).where(rows.c.at >= period.start, rows.c.at < period.end)
    return chosen.subquery()
