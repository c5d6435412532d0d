"""When it is time to learn, and what the last lessons brought."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.localtime import start_of_day
from infra.wording import N_
from models import Learned, Lesson, Purpose, Reason, StaffMember, Ticket, TicketState
from staff import audit

# Once a night when something is new, and between nights when much is.
NIGHT = timedelta(hours=3)
GROWN_BY = 500
PAUSE = timedelta(hours=1)
AGAIN_AFTER = timedelta(minutes=40)
ENOUGH_ATTEMPTS = 3
SHOWN = 20


def ask(reason: Reason, by: StaffMember | None = None) -> Lesson | None:
    """Begin a lesson; None when one is waiting already."""
    at = now()
    lesson = session.scalar(
        insert(Lesson)
        .values(reason=reason, asked_by_id=by.id if by else None, asked_at=at, next_at=at)
        .on_conflict_do_nothing()
        .returning(Lesson)
    )
    if lesson is not None and by is not None:
        audit.record("lesson.asked", "lesson", lesson.id)
    return lesson


def begin(lesson_id: int) -> bool:
    """Count the attempt; False when it has ended, or was tried often enough."""
    lesson = session.get(Lesson, lesson_id, with_for_update=True)
    if lesson is None or lesson.ended_at is not None:
        return False
    if lesson.attempts >= ENOUGH_ATTEMPTS:
        lesson.ended_at, lesson.error = now(), N_("多次没有完成，请查看后台任务的失败原因")
        return False
    lesson.attempts += 1
    lesson.next_at = now() + AGAIN_AFTER
    return True


def waiting() -> Lesson | None:
    """The lesson that nobody holds just now, if there is one."""
    return session.scalar(select(Lesson).where(Lesson.ended_at.is_(None), Lesson.next_at <= now()))


def due() -> Reason | None:
    """Why a new lesson should begin now; None when it should not."""
    at = now()
    last = session.scalar(select(func.max(Lesson.asked_at)))
    new = _submitted_since(last)
    if not new or (last is not None and last > at - PAUSE):
        return None
    night = start_of_day(at) + NIGHT
    if at >= night and (last is None or last < night):
        return Reason.NIGHT
    return Reason.GROWN if new >= GROWN_BY else None


def listed() -> Sequence[Lesson]:
    return session.scalars(
        select(Lesson)
        .options(joinedload(Lesson.asked_by))
        .order_by(Lesson.asked_at.desc())
        .limit(SHOWN)
    ).all()


def brought() -> dict[tuple[int, Purpose], Learned]:
    """What the lessons brought, by lesson and purpose."""
    held = session.scalars(select(Learned).order_by(Learned.id.desc()).limit(SHOWN * len(Purpose)))
    return {(one.lesson_id, one.purpose): one for one in held}


def _submitted_since(moment: object) -> int:
    query = select(func.count()).select_from(Ticket).where(Ticket.state != TicketState.DRAFT)
    if moment is not None:
        query = query.where(Ticket.submitted_at > moment)
    return session.scalar(query) or 0
