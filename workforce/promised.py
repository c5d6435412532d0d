"""What a line promises and how it has lately been: goal, talks, patience; as set, else as seen."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from infra.clock import now
from infra.db import session
from models import Call, Direction, Disposition, Line, Place, StaffingGoal, StaffMember
from queues.seats import WRAP_UP_FOR

SHARE, WITHIN_S, SHRINKAGE = 80, 15, 30
# Before anything is measured: a talk of two and a half minutes and what is written after it.
HANDLING_S, PATIENCE_S = 195.0, 180.0
# So many talks, or givings-up, weigh as much as what is assumed.
WEIGHT = 20
TALKS, PLACES = 200, 1000


@dataclass(frozen=True)
class Goal:
    share: float
    within_s: int
    shrinkage: float
    handling_s: float
    patience_s: float
    # Set by hand, not measured.
    fixed_handling: bool
    fixed_patience: bool


@dataclass(frozen=True)
class Promised:
    """As a lead sets it, shares in per cent; None is as measured."""

    share: int
    within_s: int
    shrinkage: int
    handling_s: int | None
    patience_s: int | None


def goal_of(line: Line | None) -> Goal:
    """Of a line, or of the whole hotline, whose settings hold for lines without their own."""
    row = setting_of(line) or (setting_of(None) if line is not None else None)
    handling = row.handling_s if row else None
    patience = row.patience_s if row else None
    return Goal(
        share=(row.share if row else SHARE) / 100,
        within_s=row.within_s if row else WITHIN_S,
        shrinkage=(row.shrinkage if row else SHRINKAGE) / 100,
        handling_s=handling or _handling_s(line),
        patience_s=patience or _patience_s(line),
        fixed_handling=handling is not None,
        fixed_patience=patience is not None,
    )


def setting_of(line: Line | None) -> StaffingGoal | None:
    wanted = StaffingGoal.line_id.is_not_distinct_from(line.id if line is not None else None)
    return session.scalar(select(StaffingGoal).where(wanted))


def promise(line: Line | None, promised: Promised, *, by: StaffMember) -> StaffingGoal:
    """From now on the line is staffed for this."""
    row = setting_of(line)
    if row is None:
        row = StaffingGoal(line_id=line.id if line is not None else None)
        session.add(row)
    row.share, row.within_s, row.shrinkage = promised.share, promised.within_s, promised.shrinkage
    row.handling_s, row.patience_s = promised.handling_s, promised.patience_s
    row.changed_at, row.changed_by_id = now(), by.id
    session.flush()
    return row


def _handling_s(line: Line | None) -> float:
    """A talk and its wrap-up, which is taken as long as it may be."""
    over = func.coalesce(Call.finished_at, Call.ended_at)
    talks = (
        select(func.extract("epoch", over - Call.answered_at).label("seconds"))
        .where(
            Call.answered_at.is_not(None),
            over.is_not(None),
            Call.direction == Direction.IN,
            Call.disposition.is_distinct_from(Disposition.ABANDONED),
            *_of(Call.line_id, line),
        )
        .order_by(Call.answered_at.desc())
        .limit(TALKS)
        .subquery()
    )
    seconds, many = session.execute(select(func.sum(talks.c.seconds), func.count())).one()
    measured: float = float(seconds or 0) + int(many) * WRAP_UP_FOR.total_seconds()
    return (measured + WEIGHT * HANDLING_S) / (int(many) + WEIGHT)


def _patience_s(line: Line | None) -> float:
    """All the time that callers have waited, by those who gave up: of exponential patience the
    likeliest mean."""
    gave_up = (Call.disposition == Disposition.ABANDONED) & (Place.left_at >= Call.ended_at)
    last = (
        select(
            case((gave_up, 1), else_=0).label("gave_up"),
            func.extract("epoch", Place.left_at - Place.entered_at).label("seconds"),
        )
        .join(Call, Call.id == Place.call_id)
        .where(
            Place.left_at.is_not(None), Call.direction == Direction.IN, *_of(Place.line_id, line)
        )
        .order_by(Place.id.desc())
        .limit(PLACES)
        .subquery()
    )
    many, seconds = session.execute(
        select(func.sum(last.c.gave_up), func.sum(last.c.seconds))
    ).one()
    return (float(seconds or 0) + WEIGHT * PATIENCE_S) / (int(many or 0) + WEIGHT)


def _of(column: Any, line: Line | None) -> list[ColumnElement[bool]]:
    return [column == line.id] if line is not None else []
