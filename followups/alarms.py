"""Ratings that a lead must look into: a citizen may have been pressed."""

from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert

from followups.survey import satisfied
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import AlarmKind, Asking, FollowUp, FollowUpAlarm, StaffMember, TicketEvent
from tickets.history import note

# How the history says that a unit spoke to the citizen.
UNIT_SPOKE = ("contacted", "relayed")


def raise_(follow_up: FollowUp, kind: AlarmKind, **detail: Any) -> None:
    """One of a kind for a follow-up; leads see it at once."""
    raised = session.scalar(
        insert(FollowUpAlarm)
        .values(follow_up_id=follow_up.id, kind=kind, at=now(), detail=detail)
        .on_conflict_do_nothing(index_elements=["follow_up_id", "kind"])
        .returning(FollowUpAlarm.id)
    )
    if raised is not None:
        note(follow_up.ticket, "rating_alarm", follow_up=follow_up.id, kind=kind)
        publish("floor", "rating-alarm", follow_up=follow_up.id, kind=kind)


def look_for_flip(follow_up: FollowUp, before: int, after: int) -> None:
    """From bad to good, and between the two the unit has spoken to him."""
    if satisfied(before) or not satisfied(after):
        return
    first = session.scalar(
        select(func.min(Asking.at)).where(
            Asking.follow_up_id == follow_up.id, Asking.satisfied.is_not(None)
        )
    )
    spoke = exists().where(
        TicketEvent.ticket_id == follow_up.ticket_id,
        TicketEvent.name.in_(UNIT_SPOKE),
        TicketEvent.unit_id.is_not(None),
        TicketEvent.at >= first,
    )
    if session.scalar(select(spoke)):
        raise_(follow_up, AlarmKind.FLIPPED, before=before, after=after)


def see(alarm: FollowUpAlarm, *, by: StaffMember) -> None:
    if alarm.seen_at is None:
        alarm.seen_at, alarm.seen_by_id = now(), by.id
