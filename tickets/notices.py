"""Telling units and leads: each thing once, whatever is repeated."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Assignment, Escalation, Notice, StaffMember, Ticket, Unit
from tickets.history import note

# A target that was missed, and being supervised for it: read before all other news.
PRESSING = {
    *("overdue", "late_sign", "late_respond", "late_mobilise", "late_on_site"),
    *("supervised", "legal_missed"),
}
# Built once: telling is what the clock does most.
WRITE = (
    insert(Notice)
    .on_conflict_do_nothing(index_elements=["key"])
    .returning(Notice.id)
    .execution_options(autoflush=False)
)
ESCALATE = (
    insert(Escalation)
    .on_conflict_do_nothing(index_elements=["assignment_id", "name", "due_at"])
    .returning(Escalation.id)
    .execution_options(autoflush=False)
)
HAS_LEADER = select(
    exists().where(
        StaffMember.unit_id == bindparam("unit"),
        StaffMember.leads_unit,
        StaffMember.disabled_at.is_(None),
    )
)


def tell_unit(assignment: Assignment, name: str, *, about: str = "", **detail: Any) -> None:
    """One thing about one assignment, told to its unit once; ``about`` tells it from its like."""
    key = f"assignment:{assignment.id}:{name}{about and ':'}{about}"
    _write(key, name, assignment.ticket_id, assignment.unit_id, detail)


def tell_leader(assignment: Assignment, name: str, *, about: str = "") -> None:
    """The leader of the unit, or of the nearest above it that has one."""
    unit = _led(assignment.unit)
    if unit is not None:
        key = f"assignment:{assignment.id}:{name}{about and ':'}{about}:leader"
        _write(key, name, assignment.ticket_id, unit.id, {}, for_leader=True)


def tell_about(ticket: Ticket, unit: Unit, name: str, key: str, **detail: Any) -> None:
    """Something about a ticket that a unit must know beyond its own assignment."""
    _write(key, name, ticket.id, unit.id, detail)


def tell_leads(assignment: Assignment, name: str, *, due: datetime) -> None:
    """A date passed: whoever leads a shift sees it at once, and it stays before the leads' eyes
    until one of them has seen to it; the ticket's history keeps it."""
    missed = {"assignment_id": assignment.id, "name": name, "due_at": due, "at": now()}
    if session.scalar(ESCALATE, missed) is None:
        return
    note(assignment.ticket, "escalated", unit=assignment.unit, missed=name)
    publish("floor", "assignment-late", ticket=assignment.ticket_id, late=name)


def _led(unit: Unit | None) -> Unit | None:
    while unit is not None:
        if session.scalar(HAS_LEADER, {"unit": unit.id}):
            return unit
        unit = unit.parent
    return None


def _write(
    key: str,
    name: str,
    ticket_id: int,
    unit_id: int,
    detail: dict[str, Any],
    *,
    for_leader: bool = False,
) -> None:
    notice = {
        "key": key,
        "name": name,
        "ticket_id": ticket_id,
        "unit_id": unit_id,
        "detail": detail,
        "for_leader": for_leader,
        "presses": name in PRESSING,
        "created_at": now(),
    }
    if session.scalar(WRITE, notice) is not None:
        publish(f"unit:{unit_id}", "notice", ticket=ticket_id)
