"""Exclusion: what the law forbids, what is not true, what goes beyond every policy.

Whose exclusion a lead has approved is answered like everybody, and counted; but he is not asked
whether he is satisfied, and what he said of it is in no ratio.  It is of one round: another one,
before or after it, is asked about and counts as if there had been none.  Source: domain reference
1.2."""

from sqlalchemy import bindparam, select

from infra.db import session
from models import Assignment, Request, RequestKind, RequestState, Round

APPROVED = (
    select(Request)
    .join(Request.assignment)
    .where(
        Assignment.round_id == bindparam("round"),
        Request.kind == RequestKind.EXCLUSION,
        Request.state == RequestState.APPROVED,
    )
    .order_by(Request.id)
    .limit(1)
)


def of(handling: Round) -> Request | None:
    """The approved request, with the reason that the pages show."""
    return session.scalar(APPROVED, {"round": handling.id})
