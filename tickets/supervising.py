"""Pressing a unit: by rule, by a leader's word, or as the citizen calls again."""

from datetime import timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session
from models import Call, StaffMember, SuperviseKind, Supervision, Ticket, Unit, Urge
from staff import norms
from tickets import notices
from tickets.history import note

# The same words sooner are the same click.
PRESSED_AGAIN_AFTER = timedelta(minutes=5)
PRESSED = (
    select(Supervision)
    .where(
        Supervision.ticket_id == bindparam("ticket"),
        Supervision.unit_id == bindparam("unit"),
        Supervision.ended_at.is_(None),
    )
    .execution_options(autoflush=False)
)


def supervise(
    ticket: Ticket,
    unit: Unit | None,
    kind: SuperviseKind,
    because: str,
    *,
    by: StaffMember | None,
    words: str = "",
) -> None:
    """Press for it; of each unit one of a cause is open at a time, so that a sweep may say it
    again."""
    begun = session.scalar(
        insert(Supervision)
        .values(
            ticket_id=ticket.id,
            unit_id=unit.id if unit else None,
            kind=kind,
            because=because,
            words=words,
            at=now(),
            by_id=by.id if by else None,
        )
        .on_conflict_do_nothing()
        .returning(Supervision.id)
    )
    if begun is None:
        return
    # Without a unit it is the hotline's own affair, and stands under a name that no unit reads.
    name = "supervised" if unit else "watched"
    note(ticket, name, by=by, unit=unit, supervision=begun, because=because)
    if unit is not None:
        notices.tell_about(ticket, unit, "supervised", key=f"supervision:{begun}")


def end(supervision: Supervision, *, by: StaffMember | None) -> None:
    if supervision.ended_at is None:
        supervision.ended_at = now()
        name = "supervision_ended" if supervision.unit_id else "watch_ended"
        note(supervision.ticket, name, by=by, supervision=supervision.id)


def end_of(ticket: Ticket, unit: Unit, *, by: StaffMember | None) -> None:
    """The unit's part is over, as its answer was accepted or the ticket is with it no longer:
    nothing is pressed for any more."""
    for one in session.scalars(PRESSED, {"ticket": ticket.id, "unit": unit.id}).all():
        end(one, by=by)


def urge(
    ticket: Ticket,
    *,
    call: Call | None,
    by: StaffMember | None,
    words: str = "",
    child: Ticket | None = None,
) -> int:
    """Somebody asks again: counted once a call, told to the unit; returns how often that was.

    The citizen does by his call, or by himself (``by`` None); who urges of his own accord is told
    on as well, and no repeat: only the citizen's have the unit supervised.  Source: domain
    reference 1.7.  Pressed twice it is one.  ``child``: it was merged into this one, and its
    citizen asks."""
    if by is not None and call is None and _just_pressed(ticket, by, words):
        return _urges(ticket)
    begun = _written(ticket, call, by, words)
    count = _urges(ticket)
    if begun is None:
        return count
    if child is None:
        note(ticket, "urged", by=by, urge=begun, count=count)
    else:
        note(ticket, "child_urged", by=by, child=child.id, urge=begun, count=count)
        note(child, "urged", by=by, master=ticket.id)
    if ticket.unit is not None:
        notices.tell_about(ticket, ticket.unit, "urged", key=f"urge:{begun}", count=count)
        by_citizen = by is None or call is not None
        if by_citizen and _by_citizens(ticket) >= norms.amount("urges_to_supervise"):
            supervise(ticket, ticket.unit, SuperviseKind.SYSTEM, "repeats", by=by)
    return count


def _written(ticket: Ticket, call: Call | None, by: StaffMember | None, words: str) -> int | None:
    """None where that call has urged already."""
    return session.scalar(
        insert(Urge)
        .values(
            ticket_id=ticket.id,
            call_id=call.id if call else None,
            at=now(),
            by_id=by.id if by else None,
            words=words,
        )
        .on_conflict_do_nothing(index_elements=["call_id"])
        .returning(Urge.id)
    )


def _urges(ticket: Ticket) -> int:
    return session.scalar(select(func.count()).where(Urge.ticket_id == ticket.id)) or 0


def _by_citizens(ticket: Ticket) -> int:
    own = Urge.by_id.is_(None) | Urge.call_id.is_not(None)
    return session.scalar(select(func.count()).where(Urge.ticket_id == ticket.id, own)) or 0


def _just_pressed(ticket: Ticket, by: StaffMember, words: str) -> bool:
    """The same by the same, a moment ago: the ticket's lock has made the second wait for it."""
    same = select(Urge.id).where(
        Urge.ticket_id == ticket.id,
        Urge.by_id == by.id,
        Urge.call_id.is_(None),
        Urge.words == words,
        Urge.at > now() - PRESSED_AGAIN_AFTER,
    )
    return session.scalar(same.limit(1)) is not None
