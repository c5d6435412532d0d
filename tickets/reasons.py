"""Why somebody did something to a ticket, in his own words: beside the history, which only names
them, so that they can be erased."""

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Remark, RemarkKind, StaffMember, Ticket


def keep(ticket: Ticket, words: str, *, by: StaffMember | None) -> int | None:
    """Returns what a link of the history says of the words: where they stand."""
    if not words.strip():
        return None
    said = Remark(
        ticket_id=ticket.id,
        kind=RemarkKind.REASON,
        at=now(),
        by_id=by.id if by else None,
        words=words.strip(),
    )
    session.add(said)
    session.flush()  # the history names it
    return said.id


def of(ticket: Ticket) -> list[Remark]:
    found = select(Remark).where(Remark.ticket_id == ticket.id, Remark.kind == RemarkKind.REASON)
    return list(session.scalars(found.order_by(Remark.id)))
