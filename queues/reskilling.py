"""临时技能: an agent serves a line, or serves it no more, until then; then all is as before.

The pass reads skills anew each time, so it counts for callers who wait already.  Whoever changes
skills holds the routing lock."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from assist.alarm import FLOOR
from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Line, Reskill, ReskillEnd, Seat, Skill, StaffMember
from queues.journal import desk_of


class Unchanged(Exception):
    """He has that level already."""

    permanent = True


def reskill(
    seat: Seat, line: Line, level: int | None, reason: str, *, lasts: timedelta, by: StaffMember
) -> Reskill:
    """A second one for the same line takes the first one's place, and leads back to where that one
    began; of the same level it only lasts longer, or less long.  Raises Unchanged."""
    at, before = now(), _level(seat.staff_id, line.id)
    earlier = live(seat.staff_id, line.id)
    if before == level and earlier is None:
        raise Unchanged
    if earlier is not None:
        before = earlier.level_before
        _end(earlier, ReskillEnd.REPLACED)
        session.flush()  # of one line the schema allows one
    _set(seat.staff_id, line.id, level)
    change = Reskill(
        staff_id=seat.staff_id,
        line_id=line.id,
        level=level,
        level_before=before,
        reason=reason,
        by_id=by.id,
        at=at,
        expires_at=at + lasts,
    )
    if before != level:
        session.add(change)
        session.flush()  # the audit log names it
    _tell(seat.staff_id)
    return change


def undo(change: Reskill, because: ReskillEnd = ReskillEnd.UNDONE) -> None:
    """Nothing happens to one that is over."""
    if change.ended_at is not None:
        return
    _set(change.staff_id, change.line_id, change.level_before)
    _end(change, because)
    _tell(change.staff_id)


def lapse_due() -> int:
    """Those whose time is over; the caller holds the routing lock."""
    due = session.scalars(
        select(Reskill).where(Reskill.ended_at.is_(None), Reskill.expires_at <= now())
    ).all()
    return apart.each(due, lambda change: undo(change, ReskillEnd.EXPIRED))


def of_all() -> Sequence[Reskill]:
    """What counts now, of everybody."""
    return session.scalars(
        select(Reskill)
        .where(Reskill.ended_at.is_(None))
        .options(joinedload(Reskill.by))
        .order_by(Reskill.expires_at)
    ).all()


def live(staff_id: int, line_id: int) -> Reskill | None:
    mine = (Reskill.staff_id == staff_id, Reskill.line_id == line_id)
    return session.scalar(select(Reskill).where(*mine, Reskill.ended_at.is_(None)))


def _level(staff_id: int, line_id: int) -> int | None:
    skill = session.get(Skill, (staff_id, line_id))
    return skill.level if skill is not None else None


def _set(staff_id: int, line_id: int, level: int | None) -> None:
    skill = session.get(Skill, (staff_id, line_id))
    if level is None:
        if skill is not None:
            session.delete(skill)
    elif skill is None:
        session.add(Skill(staff_id=staff_id, line_id=line_id, level=level))
    else:
        skill.level = level
    session.flush()  # the pass asks the database


def _end(change: Reskill, because: ReskillEnd) -> None:
    change.ended_at, change.outcome = now(), because


def _tell(staff_id: int) -> None:
    publish(desk_of(staff_id), "seat-moved")
    publish(FLOOR, "floor-moved")
