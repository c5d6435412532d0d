"""The calls behind a figure of callers, each as the figure counts it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, true

from analytics.formulas import Formula, Tally
from analytics.scope import Scope
from analytics.tallies import ASKED_AT, FIRST_PLACE, LASTED, LINE
from analytics.tallies import OF_CALLERS as CONDITIONS
from analytics.tallies import callers as of_scope
from infra.db import session
from infra.localtime import CITY
from infra.wording import N_
from models import Call

PER_PAGE = 50
OF_CALLERS = frozenset({"sl1", "sl2", "sl2c", "sl3", "sl4", "sl5", "connect", "abandoned", "asa"})
# What became of a caller, as the tally has it.
BECAME = {
    "answered": N_("人工接听"),
    "abandoned": N_("放弃"),
    "called_back": N_("转为回呼"),
    "messages": N_("留言"),
    "turned_away": N_("未受理或转出"),
    "undecided": N_("还在等待"),
    "never_asked": N_("未请求人工"),
}


@dataclass(frozen=True)
class Behind:
    call_id: int
    at: datetime
    line_id: int | None
    became: str
    lasted: timedelta | None
    # In the numerator; None: it is in neither part.
    hit: bool | None


def callers(formula: Formula, scope: Scope, page: int, *, hour: int | None) -> list[Behind]:
    """A page of them, who was not answered in time first, the longest wait before the others; one
    more than a page says that there are more."""
    conditions = [func.coalesce(when, False).label(name) for name, when in CONDITIONS.items()]
    asked = (
        select(Call.id, ASKED_AT, LINE, LASTED, *conditions)
        .select_from(Call)
        .join(FIRST_PLACE, true(), isouter=True)
        .where(of_scope(scope))
        .order_by(
            func.coalesce(CONDITIONS["answered_soon"], False),
            LASTED.desc().nulls_last(),
            Call.id,
        )
    )
    if hour is not None:
        local = func.timezone(str(CITY), ASKED_AT)
        asked = asked.where(func.extract("hour", local) == hour)
    rows = session.execute(asked.limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE))
    return [_behind(formula, row) for row in rows]


def _behind(formula: Formula, row: Row[*tuple[Any, ...]]) -> Behind:
    """A tally of one says of him what the figure says of all."""
    own = {name: int(getattr(row, name)) for name in CONDITIONS}
    tally = Tally(**own, waited=row[3] or timedelta())  # type: ignore[arg-type]
    counts = bool(formula.denominator(tally))
    return Behind(
        call_id=row[0],
        at=row[1],
        line_id=row[2],
        became=next((name for name in BECAME if own[name]), "never_asked"),
        lasted=row[3] if tally.asked else None,
        hit=bool(formula.numerator(tally)) if counts else None,
    )
