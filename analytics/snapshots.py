"""A month's figures: counted anew each hour until they can no longer be appealed, and then kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select

from analytics.indicators import INDICATORS, MEASURED_BY, Indicator
from analytics.measuring import Figure, Period, by_unit, city_growth, growth, previous_month, whole
from infra.clock import now
from infra.db import session, transaction
from infra.jobs import job
from infra.localtime import local
from models import MonthFigure
from staff import norms
from tickets import appeals

GROWTH, CITY_GROWTH = "growth", "growth_city"
# One counts at a time; nothing else of ours locks by two numbers that begin with this.
COUNTING = 8

Parts = Mapping[int | None, Figure]


@dataclass(frozen=True)
class Standing:
    """How far a month's figures can be trusted; ``at`` None: counted for whoever looks, because
    they never were, or by numbers that hold no more."""

    at: datetime | None
    frozen: bool


def figures(indicator: Indicator, month: date) -> Parts:
    """By unit, as counted last; counted now where that never happened."""
    if standing(month).at is None:
        return by_unit(indicator, Period.month(month))
    return _kept(indicator.code, month)


def grown(month: date) -> Parts:
    return growth(month) if standing(month).at is None else _kept(GROWTH, month)


def city_grown(month: date) -> Figure:
    """Of the whole city; months that were frozen before it was kept have their parts only."""
    if standing(month).at is None:
        return city_growth(month)
    return _kept(CITY_GROWTH, month).get(None) or whole(_kept(GROWTH, month))


def standing(month: date) -> Standing:
    found = session.execute(
        select(MonthFigure.counted_at, MonthFigure.frozen)
        .where(MonthFigure.month == month)
        .limit(1)
    ).first()
    if found is None:
        return Standing(None, False)
    standing = Standing(*found)
    if not standing.frozen and norms.changed_since(MEASURED_BY, found.counted_at):
        return Standing(None, False)
    return standing


@job(queue="learning", timeout=1800)
def count(month: str) -> None:
    """Count a month, given as its first day; what is frozen is left alone."""
    with transaction():
        _count(date.fromisoformat(month))


def count_open() -> None:
    """Ask for the months that still move: this one, and the last until it is frozen."""
    with transaction():
        this = local(now()).date().replace(day=1)
        for month in (previous_month(this), this):
            if not standing(month).frozen:
                count.later(month.isoformat())


def _count(month: date) -> None:
    session.execute(select(func.pg_advisory_xact_lock(COUNTING, month.year * 100 + month.month)))
    if standing(month).frozen:
        return
    at, period = now(), Period.month(month)
    grown_so: list[tuple[str, int, Parts]] = [
        (GROWTH, 2, growth(month)),
        (CITY_GROWTH, 1, {None: city_growth(month)}),
    ]
    counted = [(one.code, one.version, by_unit(one, period)) for one in INDICATORS.values()]
    rows = [
        {
            "month": month,
            "indicator": code,
            "version": version,
            "unit_id": unit,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "excluded": dict(figure.excluded),
            "counted_at": at,
            "frozen": at >= appeals.frozen_from(month),
        }
        for code, version, parts in [*counted, *grown_so]
        for unit, figure in parts.items()
    ]
    session.execute(delete(MonthFigure).where(MonthFigure.month == month))
    if rows:
        session.execute(insert(MonthFigure), rows)


def _kept(code: str, month: date) -> Parts:
    kept = session.scalars(
        select(MonthFigure).where(MonthFigure.month == month, MonthFigure.indicator == code)
    )
    return {one.unit_id: Figure(one.numerator, one.denominator, one.excluded) for one in kept}
