"""What a lead must look into about a citizen's rating: one of a kind for each of his rounds."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session
from models import AlarmKind, FollowUpAlarm, Round, StaffMember, Ticket
from tickets.history import note


def raise_(handling: Round, of: Ticket, kind: AlarmKind, **detail: Any) -> bool:
    """Counted in the menu of every lead; False where there is one of the kind already about this
    round and the citizen ``of`` this ticket, which may have been merged into the round's."""
    raised = session.scalar(
        insert(FollowUpAlarm)
        .values(round_id=handling.id, ticket_id=of.id, kind=kind, at=now(), detail=detail)
        .on_conflict_do_nothing(index_elements=["round_id", "kind", "ticket_id"])
        .returning(FollowUpAlarm.id)
    )
    if raised is None:
        return False
    note(handling.ticket, "rating_alarm", round=handling.number, kind=kind, about=of.id)
    return True


def see(alarm: FollowUpAlarm, *, by: StaffMember) -> None:
    if alarm.seen_at is None:
        alarm.seen_at, alarm.seen_by_id = now(), by.id
