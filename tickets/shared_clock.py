"""One handling for several tickets runs by the strictest of their clocks."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from infra.db import session
from models import Assignment, Part, StaffMember, Ticket, TicketEvent, Urgency
from tickets import deadlines, notices
from tickets.history import note

# From the most patient to the least.
RANKS = list(Urgency)


def take_over(child: Ticket, master: Ticket, *, by: StaffMember | None) -> None:
    """The more urgent of the two, and the earlier date: no unit is given a later one either."""
    urgency = max(master.urgency, child.urgency, key=RANKS.index)
    sooner = child.due_at if _is_sooner(child, master) else None
    if urgency is master.urgency and sooner is None:
        return
    before = {"urgency": master.urgency, "wanted_by": _written(master.wanted_by)}
    was_due = master.due_at
    master.urgency = urgency
    if sooner is not None:
        _hurry(master, sooner)
    note(
        master,
        "clock_taken_over",
        by=by,
        child=child.id,
        before=before,
        was_due=_written(was_due),
        due=_written(master.due_at),
    )
    if master.unit is not None:
        key = f"clock:{child.id}:{child.head_seq}"
        notices.tell_about(master, master.unit, "clock_taken_over", key=key)


def give_back(child: Ticket, master: Ticket) -> None:
    """Without this child; what the others ask for holds on.  An extension given since stays."""
    taken = _taken_over(master)
    hurried = {one["child"] for one in taken}
    if child.id not in hurried:
        return
    waiting = select(Ticket).where(
        Ticket.merged_into_id == master.id, Ticket.id != child.id, Ticket.id.in_(hurried)
    )
    others, own = session.scalars(waiting).all(), taken[0]["before"]
    master.urgency = max(
        [Urgency(own["urgency"]), *(one.urgency for one in others)], key=RANKS.index
    )
    limit, own_date = master.wanted_by, own["wanted_by"]
    dates = [one.due_at for one in others if one.due_at is not None]
    dates += [datetime.fromisoformat(own_date)] if own_date else []
    master.wanted_by = min(dates, default=None)
    _relax(master, limit)


def _is_sooner(child: Ticket, master: Ticket) -> bool:
    return child.due_at is not None and (master.due_at is None or child.due_at < master.due_at)


def _hurry(master: Ticket, due: datetime) -> None:
    master.wanted_by = min(master.wanted_by or due, due)
    master.due_at = due
    for one in _open(master):
        if one.due_at is not None and one.due_at > due:
            one.limits = one.limits | {"until": due.isoformat()}
            deadlines.move(one, due)


def _relax(master: Ticket, limit: datetime | None) -> None:
    """What was due by ``limit`` and no later gets its own time again, as far as others allow."""
    given = _open(master)
    for one in given:
        if limit is None or one.limits.get("until") != limit.isoformat() or "later" in one.limits:
            continue
        if one.level > 1 or "handle" not in one.limits:
            continue
        limits = {name: said for name, said in one.limits.items() if name != "until"}
        if master.wanted_by is not None:
            limits["until"] = master.wanted_by.isoformat()
        one.limits = limits
        deadlines.move(one, deadlines.due_by(limits, one.dispatched_at).handle)
    if not given and master.submitted_at is not None:
        master.due_at = deadlines.due_of(master, master.unit, master.submitted_at).handle


def _open(master: Ticket) -> list[Assignment]:
    given = select(Assignment).where(
        Assignment.ticket_id == master.id,
        Assignment.part != Part.INFO,
        Assignment.ended_at.is_(None),
    )
    return list(session.scalars(given))


def _taken_over(master: Ticket) -> list[dict[str, Any]]:
    """Whose clock it took over, and what its own was before; the first first."""
    links = select(TicketEvent.detail).where(
        TicketEvent.ticket_id == master.id, TicketEvent.name == "clock_taken_over"
    )
    return [one for one in session.scalars(links.order_by(TicketEvent.seq)) if one]


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
