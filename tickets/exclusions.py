"""Exclusion: what the law forbids, what is not true, what goes beyond every policy.

Whose exclusion a lead has approved is answered like everybody, and counted; but he is not asked
whether he is satisfied, and what he said of it is in no ratio.  Source: domain reference 1.2."""

from sqlalchemy import bindparam, select

from infra.db import session
from models import Request, RequestKind, RequestState, Ticket

APPROVED = (
    select(Request)
    .where(
        Request.ticket_id == bindparam("ticket"),
        Request.kind == RequestKind.EXCLUSION,
        Request.state == RequestState.APPROVED,
    )
    .order_by(Request.id)
    .limit(1)
)


def of(ticket: Ticket) -> Request | None:
    """The approved request, with the reason that the pages show."""
    return session.scalar(APPROVED, {"ticket": ticket.id})
