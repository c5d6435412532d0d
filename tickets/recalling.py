"""Taking a ticket out of a unit's hands again, before it has answered."""

from models import Assignment, RecallReason, StaffMember
from tickets import ending, notices
from tickets.handling import leads
from tickets.history import note


def recall(assignment: Assignment, *, by: StaffMember, because: RecallReason) -> None:
    """The unit is out, with the units below it; without its lead the ticket is dispatched anew."""
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
