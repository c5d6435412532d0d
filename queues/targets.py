"""Whom an agent may consult or transfer to, and how it stands there now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from infra.clock import now
from infra.db import session
from models import Activity, Call, Desired, Direction, Line, Place, Seat, Skill
from queues import steps


@dataclass(frozen=True)
class LineNow:
    """A line: callers who wait, since when the first of them, and its seats."""

    line: Line
    waiting: int
    waits_since: datetime | None
    free: int
    signed_on: int


def lines() -> list[LineNow]:
    waiting = {line: (many, since) for line, many, since in _waiting()}
    staffed = list(_staffed())
    found = session.scalars(select(Line).order_by(Line.rank, Line.id))
    return [
        LineNow(line, *waiting.get(line.id, (0, None)), *_able(line, staffed)) for line in found
    ]


def _able(line: Line, staffed: list[tuple[int, int, int, int]]) -> tuple[int, int]:
    """Its seats that are free and that are signed on, as well skilled as the line asks for."""
    least = steps.lowest_level(line)
    able = [one for one in staffed if one[0] == line.id and one[1] >= least]
    return sum(one[2] for one in able), sum(one[3] for one in able)


def colleagues(besides: Seat) -> Sequence[Seat]:
    """Everybody who is signed on, those first who are free."""
    at = now()
    return session.scalars(
        select(Seat)
        .where(_signed_on(at), Seat.staff_id != besides.staff_id)
        .order_by(_free(at).desc(), Seat.idle_since, Seat.staff_id)
    ).all()


def free(seat: Seat) -> bool:
    """Whether he could be rung now; asked under the routing lock it stays so."""
    at = now()
    return bool(session.scalar(select(_free(at)).where(Seat.staff_id == seat.staff_id)))


def best_of(line: Line, language: str) -> Seat | None:
    """The line's best free seat, as the routing pass would choose: one that speaks the language, by
    skill, by idle time; else one that does not."""
    at = now()
    return session.scalar(
        select(Seat)
        .join(Skill, Skill.staff_id == Seat.staff_id)
        .where(Skill.line_id == line.id, Skill.level >= steps.lowest_level(line), _free(at))
        .order_by(
            Seat.languages.contains([language]).desc(),
            Skill.level.desc(),
            Seat.idle_since,
            Seat.staff_id,
        )
        .limit(1)
    )


def staffed(line: Line) -> bool:
    """Whether anybody who is signed on could serve it, as well as the line asks for."""
    on = exists().where(
        Skill.staff_id == Seat.staff_id,
        Skill.line_id == line.id,
        Skill.level >= steps.lowest_level(line),
    )
    return bool(session.scalar(select(exists().where(_signed_on(now()), on))))


def _signed_on(at: datetime) -> ColumnElement[bool]:
    return and_(Seat.desired == Desired.READY, Seat.lease_until > at)


def _free(at: datetime) -> ColumnElement[bool]:
    rested = or_(Seat.resting_until.is_(None), Seat.resting_until <= at)
    return and_(_signed_on(at), Seat.activity == Activity.IDLE, rested)


def _waiting() -> Iterable[tuple[int, int, datetime | None]]:
    """Line, callers who wait, since when the first of them."""
    found = session.execute(
        select(
            Place.line_id, func.count(), func.min(func.greatest(Place.age_from, Call.started_at))
        )
        .join(Call, Call.id == Place.call_id)
        .where(Place.left_at.is_(None), Call.direction == Direction.IN)
        .group_by(Place.line_id)
    )
    return found.tuples()


def _staffed() -> Iterable[tuple[int, int, int, int]]:
    """Line, level, its free seats of that level, all of them that are signed on."""
    at = now()
    found = session.execute(
        select(Skill.line_id, Skill.level, func.count().filter(_free(at)), func.count())
        .join(Seat, Seat.staff_id == Skill.staff_id)
        .where(_signed_on(at))
        .group_by(Skill.line_id, Skill.level)
    )
    return found.tuples()
