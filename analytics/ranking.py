"""Comparing units with their like: order of ratios, score sheet, red and black list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from sqlalchemy import func, select

from analytics.indicators import INDICATORS
from analytics.measuring import Figure
from analytics.snapshots import figures
from infra.db import session
from models import ScoreChange, ScoreItem, Unit, UnitGroup
from staff import norms

# 95 % of the normal distribution lies within so many standard deviations.
Z = 1.959964
SAID_BY_CITIZENS = "satisfied"


def wilson(figure: Figure) -> float | None:
    """The lower bound of the 95 % interval of a ratio: few cases do not win by luck.

    Source: E. B. Wilson, Probable inference, JASA 22 (1927)."""
    n = figure.denominator
    if not n:
        return None
    p = figure.numerator / n
    middle = p + Z * Z / (2 * n)
    spread = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return (middle - spread) / (1 + Z * Z / n)


def in_order(parts: Mapping[int, Figure], *, lower_is_better: bool, fewest: int) -> list[int]:
    """Units, the best first, those with too few cases last."""

    def standing(unit: int) -> tuple[bool, float, int]:
        figure = parts[unit]
        if lower_is_better:
            # The better share of the cases is the one that did not happen.
            figure = Figure(figure.denominator - figure.numerator, figure.denominator)
        return figure.denominator < fewest, -(wilson(figure) or 0), unit

    return sorted(parts, key=standing)


@dataclass(frozen=True)
class Score:
    unit: Unit
    # Points by indicator; None where nothing was counted, which costs nothing.
    items: dict[str, float | None]
    changes: float
    total: float
    # Ratings of citizens; of a sheet without them the most that any indicator counted.
    cases: int
    # With fewer of them nobody is ranked.
    fewest: int
    # What the points were reckoned of, by indicator.
    figures: Mapping[str, Figure | None]

    @property
    def scored(self) -> bool:
        """Whether anything was counted at all."""
        return bool(self.changes) or any(one is not None for one in self.items.values())

    @property
    def ranked(self) -> bool:
        return self.cases >= self.fewest


def earned(item: ScoreItem, value: float) -> float:
    """The points of one line of the sheet for an indicator's value."""
    way = (value - item.zero_at) / (item.full_at - item.zero_at)
    return item.points * (item.floor + (1 - item.floor) * min(1.0, max(0.0, way)))


def scores(group: UnitGroup, month: date) -> list[Score]:
    """The units of a group by their score, those with too few cases last.

    Where an indicator counted nothing its points are spread over the others, so that nobody gains
    or loses by what did not happen."""
    sheet = items_of(group)
    counted = {one.indicator: figures(INDICATORS[one.indicator], month) for one in sheet}
    changes = _changes(month)
    found = [
        _score(unit, sheet, {code: counted[code].get(unit.id) for code in counted}, changes)
        for unit in _units(group)
    ]
    return sorted(found, key=lambda one: (not one.ranked, -one.total, one.unit.id))


def red_list(ordered: Sequence[Score]) -> list[Score]:
    return [one for one in ordered if one.ranked][: norms.amount("listed")]


def black_list(ordered: Sequence[Score]) -> list[Score]:
    """The last of the ranked, the worst first; nobody is on both lists."""
    ranked = [one for one in ordered if one.ranked]
    listed = norms.amount("listed")
    return list(reversed(ranked[listed:]))[:listed]


def items_of(group: UnitGroup) -> list[ScoreItem]:
    kept = session.scalars(
        select(ScoreItem).where(ScoreItem.unit_group == group).order_by(ScoreItem.id)
    )
    return [one for one in kept if one.indicator in INDICATORS]


def _score(
    unit: Unit,
    sheet: Iterable[ScoreItem],
    parts: Mapping[str, Figure | None],
    changes: Mapping[int, float],
) -> Score:
    got: dict[str, float | None] = {}
    possible = reached = whole = 0.0
    for item in sheet:
        part = parts[item.indicator]
        value = part.value if part else None
        got[item.indicator] = None if value is None else earned(item, value)
        whole += item.points
        if value is not None:
            possible, reached = possible + item.points, reached + earned(item, value)
    spread = reached * whole / possible if possible else 0.0
    more = changes.get(unit.id, 0.0)
    cases = _cases(parts)
    return Score(unit, got, more, spread + more, cases, norms.amount("fewest_ranked"), parts)


def _cases(parts: Mapping[str, Figure | None]) -> int:
    """How much is known of a unit: what citizens said of it, where that counts at all."""
    said = parts.get(SAID_BY_CITIZENS)
    if SAID_BY_CITIZENS in parts:
        return said.denominator if said else 0
    return max((part.denominator for part in parts.values() if part), default=0)


def _units(group: UnitGroup) -> list[Unit]:
    """First-level units: those below them are their affair."""
    found = session.scalars(select(Unit).where(Unit.active, Unit.parent_id.is_(None)))
    return [unit for unit in found if unit.group is group]


def _changes(month: date) -> dict[int, float]:
    rows = session.execute(
        select(ScoreChange.unit_id, func.sum(ScoreChange.points))
        .where(ScoreChange.month == month)
        .group_by(ScoreChange.unit_id)
    )
    return {row.unit_id: row[1] for row in rows}
