"""Tickets of before their places had marks get them: in parts, the newest first, once."""

from collections.abc import Sequence

from sqlalchemy import select

from infra.db import session, transaction
from models import PlaceWalk, Ticket
from tickets import same_place

A_PART = 500
# In one turn of the clock; a part takes some tens of milliseconds.
PARTS = 20


def run() -> None:
    """Killed anywhere it goes on where it was: a part and its place in the walk are one
    transaction."""
    for _part in range(PARTS):
        with transaction():
            if not go_on():
                return


def go_on() -> bool:
    """The next part; False when there is none.  What somebody works on is looked at with the next
    part again."""
    walk = session.get(PlaceWalk, 1, with_for_update=True)
    if walk is None:
        return False
    older = select(Ticket.id).where(Ticket.id < walk.before_id)
    ids = session.scalars(older.order_by(Ticket.id.desc()).limit(A_PART)).all()
    free = {ticket.id: ticket for ticket in _locked(ids)}
    for ticket in free.values():
        _mark(ticket)
    missed = [one for one in ids if one not in free]
    if missed:
        walk.before_id = max(missed) + 1
        return missed[0] != ids[0]
    if len(ids) < A_PART:
        session.delete(walk)
        return False
    walk.before_id = ids[-1]
    return True


def _locked(ids: Sequence[int]) -> Sequence[Ticket]:
    return session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(ids))
        .order_by(Ticket.id)
        .with_for_update(skip_locked=True, of=Ticket)
        .execution_options(populate_existing=True)
    ).all()


def _mark(ticket: Ticket) -> None:
    """A draft gets its mark as it is submitted; what was erased has no place any more."""
    if ticket.is_draft or ticket.erased_at is not None or ticket.place_mark is not None:
        return
    ticket.place_mark = same_place.mark(ticket)
