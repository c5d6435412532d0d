"""Where a ticket is now, and since when: as its map of hops ends."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.db import session
from models import Assignment, Ticket
from tickets import trail


def of(ticket: Ticket) -> trail.Hop | None:
    """None once it is over.  What a unit has handed down is still with that unit."""
    given = session.scalars(
        select(Assignment)
        .where(Assignment.ticket_id == ticket.id)
        .options(joinedload(Assignment.unit), joinedload(Assignment.round))
        .order_by(Assignment.dispatched_at, Assignment.id)
    ).all()
    waits = [hop for hop in trail.hops(ticket, given) if hop.ended is None and not hop.depth]
    return waits[-1] if waits else None
