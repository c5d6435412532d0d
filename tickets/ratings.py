"""Whether a citizen may rate how his ticket was handled, or change what he said of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import FollowUp, FollowUpResult, Ticket, TicketState
from staff import norms


@dataclass(frozen=True)
class Standing:
    """What he is told of his rating.  Never the rating itself: somebody may stand beside him and
    want to see it."""

    rated: bool
    # None while the hotline still asks him.
    until: datetime | None


def standing(ticket: Ticket) -> Standing | None:
    """None where there is nothing to rate, or not any more."""
    last = newest(ticket)
    if ticket.state is TicketState.PENDING_FOLLOW_UP:
        asked = last if last is not None and not last.done else None
        return Standing(rated=asked is not None and asked.final_rating is not None, until=None)
    if last is None or last.done_at is None or not may_be_changed(last):
        return None
    return Standing(
        last.final_rating is not None, last.done_at + norms.span("rating_changed_within")
    )


def may_be_changed(follow_up: FollowUp) -> bool:
    """Also by who could not be reached, or did not want to answer then."""
    ended, result = follow_up.done_at, follow_up.result
    if ended is None or result is FollowUpResult.EXEMPT:
        return False
    return now() - ended <= norms.span("rating_changed_within")


def newest(ticket: Ticket) -> FollowUp | None:
    asked = select(FollowUp).where(FollowUp.ticket_id == ticket.id)
    return session.scalar(asked.order_by(FollowUp.id.desc()).limit(1))
