"""Whether a citizen is on the line about his ticket: what is done for him then is his own doing."""

from datetime import timedelta

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Call, Direction, StaffMember, Ticket

# The talk and what is written afterwards.
WITHIN = timedelta(hours=1)


def of(ticket: Ticket, by: StaffMember) -> Call | None:
    """The call in which the ticket's citizen, who rang, speaks or has just spoken with ``by``."""
    if ticket.person_id is None:
        return None
    his = (Call.person_id == ticket.person_id) & (Call.direction != Direction.OUT)
    return session.scalar(
        select(Call)
        .where(
            his,
            Call.agent_id == by.id,
            Call.answered_at > now() - WITHIN,
            # Not the one by which it was registered.
            Call.id != (ticket.call_id or 0),
        )
        .order_by(Call.id.desc())
        .limit(1)
    )
