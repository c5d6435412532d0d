"""Missed targets as the hotline's leads see them: each until one of them has seen to it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from models import Assignment, Escalation, StaffMember

PER_PAGE = 30


def unseen(most: int, before: int | None = None) -> Sequence[Escalation]:
    """The newest first; ``before``: the last of the page before."""
    return session.scalars(_listed(before).where(Escalation.seen_at.is_(None)).limit(most)).all()


def everything(most: int, before: int | None = None) -> Sequence[Escalation]:
    """With those that somebody has seen to, and who it was."""
    return session.scalars(_listed(before).limit(most)).all()


def see(ids: Iterable[int], *, by: StaffMember) -> Sequence[Escalation]:
    """``by`` looks after them; what another lead has seen stays his."""
    found = session.scalars(
        _listed(None)
        .where(Escalation.id.in_(list(ids)), Escalation.seen_at.is_(None))
        .with_for_update(of=Escalation)
    ).all()
    for one in found:
        one.seen_at, one.seen_by_id = now(), by.id
    return found


def _listed(before: int | None) -> Select[Escalation]:
    listed = (
        select(Escalation)
        .options(
            joinedload(Escalation.assignment, innerjoin=True).options(
                joinedload(Assignment.ticket, innerjoin=True),
                joinedload(Assignment.unit, innerjoin=True),
            ),
            joinedload(Escalation.seen_by),
        )
        .order_by(Escalation.id.desc())
    )
    return listed if before is None else listed.where(Escalation.id < before)
