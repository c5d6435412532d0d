"""What a minor's case owes, and when: a notice to civil affairs, a visit, a review.

Leads are told once when a notice is late or a visit due; it stands on every page of theirs until it
is done."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import joinedload

from assist.alarm import FLOOR
from infra.clock import now
from infra.db import session, transaction
from infra.events import publish
from models import Protection, ProtectionVisit, RiskLevel
from web.languages import _

SHOWN = 100
WORST_FIRST = case({level: nth for nth, level in enumerate(RiskLevel)}, value=Protection.level)


def run() -> None:
    """The clock's chore: each is told once."""
    with transaction():
        late = _told_now(Protection, _late_notice())
        due = _told_now(ProtectionVisit, _due_visit())
        if late or due:
            # Every page of leads and administrators hears of it as of danger.
            publish(FLOOR, "emergency")


def in_words() -> list[str]:
    """For the bar of every page."""
    late = session.scalar(select(func.count(Protection.id)).where(_late_notice())) or 0
    due = session.scalar(select(func.count(ProtectionVisit.id)).where(_due_visit())) or 0
    told = [_("未成年人个案：%(count)s 件到时未通报民政", count=late)] if late else []
    return told + ([_("未成年人个案：%(count)s 次跟踪到时", count=due)] if due else [])


def cases() -> Sequence[Protection]:
    """All that owe anything now, a notice, a visit or a review: the worst first, and of those the
    most urgent.  Then the newest of the others."""
    visits = exists().where(ProtectionVisit.protection_id == Protection.id, _due_visit())
    owes = or_(Protection.noticed_at.is_(None), Protection.reviewed_at.is_(None), visits)
    whole = select(Protection).options(
        joinedload(Protection.ticket), joinedload(Protection.by), joinedload(Protection.reviewed_by)
    )
    # Also a visit that is due comes before what needs nothing but a review.
    pressing = or_(Protection.noticed_at.is_(None), visits)
    owing = whole.where(owes).order_by(
        pressing.desc(), WORST_FIRST, Protection.notice_due_at, Protection.id
    )
    done = whole.where(~owes).order_by(Protection.id.desc()).limit(SHOWN)
    return [*session.scalars(owing), *session.scalars(done)]


def _told_now(table: type[Protection] | type[ProtectionVisit], which: ColumnElement[bool]) -> bool:
    told = update(table).where(which, table.told_at.is_(None)).values(told_at=now())
    return bool(session.scalars(told.returning(table.id)).all())


def _late_notice() -> ColumnElement[bool]:
    return and_(Protection.noticed_at.is_(None), Protection.notice_due_at <= now())


def _due_visit() -> ColumnElement[bool]:
    return and_(ProtectionVisit.done_at.is_(None), ProtectionVisit.due_at <= now())
