"""Exclusion: what the law forbids, what is not true, what goes beyond every policy.

Whose exclusion a lead has approved is answered like everybody, and counted; but he is not asked
whether he is satisfied, and what he said of it is in no ratio.  Source: domain reference 1.2."""

from sqlalchemy import select

from infra.db import session
from models import Request, RequestKind, RequestState, Ticket


def of(ticket: Ticket) -> Request | None:
    """The approved request, with the reason that the pages show."""
    approved = select(Request).where(
        Request.ticket_id == ticket.id,
        Request.kind == RequestKind.EXCLUSION,
        Request.state == RequestState.APPROVED,
    )
    return session.scalar(approved.order_by(Request.id).limit(1))
