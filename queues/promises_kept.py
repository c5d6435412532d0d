"""承诺兑现: how the waits that were told turned out, per line."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select

from infra.db import session
from models import Call, Disposition, Line, Place, Promise, PromiseKind

# Told too short by less is no harm.
HARMLESS_S = 30
BROKEN_TOLD = 50


@dataclass(frozen=True)
class Kept:
    """Of one line, or of all: announcements of a band, and what became of those who heard them."""

    line: Line | None
    told: int
    answered: int
    within: int
    sooner: int
    later: int
    # By more than what is harmless.
    broken: int
    gave_up: int
    gave_up_late: int

    @property
    def share(self) -> float | None:
        return self.within / self.answered if self.answered else None

    @property
    def broken_share(self) -> float | None:
        return self.broken / self.answered if self.answered else None


def by_line(since: datetime) -> list[Kept]:
    """Those of lines that told something, in the lines' order."""
    lines = {one.id: one for one in session.scalars(select(Line))}
    rows = session.execute(_counted(since).add_columns(Place.line_id).group_by(Place.line_id)).all()
    found = [Kept(lines[row.line_id], *row[:-1]) for row in rows]
    return sorted(found, key=lambda one: (one.line.rank, one.line.id) if one.line else (0, 0))


def of_all(since: datetime) -> Kept:
    return Kept(None, *session.execute(_counted(since)).one())


def broken(since: datetime) -> list[Row[Promise, Call, Line, float]]:
    """The last that were told too short by more than is harmless; also to who then gave up."""
    return list(
        session.execute(
            select(Promise, Call, Line, _WAITED.label("waited"))
            .join(Place, Place.id == Promise.place_id)
            .join(Call, Call.id == Place.call_id)
            .join(Line, Line.id == Place.line_id)
            .where(Promise.at >= since, Promise.kind == PromiseKind.WAIT, _TOO_SHORT)
            .order_by(Promise.at.desc())
            .limit(BROKEN_TOLD)
        ).all()
    )


_WAITED = func.extract("epoch", func.coalesce(Promise.answered_at, Promise.gone_at) - Promise.at)
_ANSWERED = Promise.answered_at.is_not(None)
# Whom a partner city took over has neither been answered nor given up.
_GAVE_UP = and_(
    Promise.gone_at.is_not(None), Call.disposition.is_distinct_from(Disposition.DIVERTED)
)
_LATER = Promise.high_minutes * 60 < _WAITED
_TOO_SHORT = Promise.high_minutes * 60 + HARMLESS_S < _WAITED
_SOONER = Promise.low_minutes * 60 > _WAITED
_WITHIN = and_(
    Promise.low_minutes * 60 <= _WAITED,
    or_(Promise.high_minutes.is_(None), Promise.high_minutes * 60 >= _WAITED),
)


def _counted(since: datetime) -> Select[int, int, int, int, int, int, int, int]:
    return (
        select(
            func.count(),
            _number(_ANSWERED),
            _number(_ANSWERED, _WITHIN),
            _number(_ANSWERED, _SOONER),
            _number(_ANSWERED, _LATER),
            _number(_ANSWERED, _TOO_SHORT),
            _number(_GAVE_UP),
            _number(_GAVE_UP, _LATER),
        )
        .select_from(Promise)
        .join(Place, Place.id == Promise.place_id)
        .join(Call, Call.id == Place.call_id)
        .where(Promise.at >= since, Promise.kind == PromiseKind.WAIT)
    )


def _number(*which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((and_(*which), 1)))
