"""A rating that turned from bad to good after the unit had spoken to the citizen."""

from sqlalchemy import exists, func, select

from followups.survey import satisfied
from infra.db import session
from models import AlarmKind, Asking, FollowUp, TicketEvent
from tickets import alarms

# How the history says that a unit spoke to the citizen.
UNIT_SPOKE = ("contacted", "relayed")


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
        flipped = AlarmKind.FLIPPED
        alarms.raise_(follow_up.round, follow_up.ticket, flipped, before=before, after=after)
