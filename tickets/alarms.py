"""What a lead must look into about a citizen's rating: one of a kind for each round."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session
from models import AlarmKind, FollowUpAlarm, Round, StaffMember
from tickets.history import note


def raise_(handling: Round, kind: AlarmKind, **detail: Any) -> bool:
    """Counted in the menu of every lead; False where this round has one of the kind already."""
    raised = session.scalar(
        insert(FollowUpAlarm)
        .values(round_id=handling.id, kind=kind, at=now(), detail=detail)
        .on_conflict_do_nothing(index_elements=["round_id", "kind"])
        .returning(FollowUpAlarm.id)
    )
    if raised is None:
        return False
    note(handling.ticket, "rating_alarm", round=handling.number, kind=kind)
    return True


def see(alarm: FollowUpAlarm, *, by: StaffMember) -> None:
    if alarm.seen_at is None:
        alarm.seen_at, alarm.seen_by_id = now(), by.id
