"""Taking a ticket out of a unit's hands again, before it has answered."""

from models import Assignment, RecallReason, StaffMember
from tickets import ending, notices
from tickets.handling import NotYet, leads
from tickets.history import note
from web.languages import _


def recall(assignment: Assignment, *, by: StaffMember, because: RecallReason) -> None:
    """The unit is out, with the units below it; without its lead the ticket is dispatched anew.

    Raises NotYet for what a unit has handed down: that is its own to take back."""
    if assignment.parent is not None:
        raise NotYet(_("下派的承办由%(unit)s收回", unit=assignment.parent.unit.name))
    end(assignment, by=by, because=because)
    ticket = assignment.ticket
    note(
        ticket,
        "recalled",
        by=by,
        unit=assignment.unit,
        assignment=assignment.id,
        because=because,
    )
    if leads(assignment):
        ticket.make("take_back")
        ticket.unit = None


def end(assignment: Assignment, *, by: StaffMember | None, because: RecallReason) -> None:
    """It is theirs no longer, nor of those below; nor is what was asked for or pressed for."""
    ending.withdraw(assignment, "recall", by=by)
    assignment.recalled_because = because
    notices.tell_unit(assignment, "recalled")
