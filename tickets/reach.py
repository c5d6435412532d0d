"""What a unit reaches: the assignments of its own and of the units below it."""

from sqlalchemy import ColumnElement, and_, exists, select

from infra.db import session
from models import Assignment, Role, StaffMember, Ticket, Unit
from models.assignment import DEEPEST
from models.lifecycle import WITHDRAWN


def units_of(staff: StaffMember) -> list[int]:
    """His unit and those below it; nothing for who works for none."""
    if not staff.may(Role.UNIT) or staff.unit_id is None:
        return []
    found, layer = [staff.unit_id], [staff.unit_id]
    for _level in range(DEEPEST - 1):
        layer = list(session.scalars(select(Unit.id).where(Unit.parent_id.in_(layer))))
        found += layer
    return found


def handled_by(units: list[int]) -> ColumnElement[bool]:
    """Tickets that are, or were until their end, in the hands of one of these units.

    What a unit has returned is another's now, with what the citizen said."""
    return exists().where(
        and_(
            Assignment.ticket_id == Ticket.id,
            Assignment.unit_id.in_(units),
            Assignment.state.not_in(WITHDRAWN),
        )
    )


def reads(staff: StaffMember, ticket: Ticket) -> bool:
    units = units_of(staff)
    if not units:
        return False
    return bool(session.scalar(select(Ticket.id).where(Ticket.id == ticket.id, handled_by(units))))
