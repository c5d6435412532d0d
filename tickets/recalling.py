"""Taking a ticket out of a unit's hands again, before it has answered."""

from infra.clock import now
from models import Assignment, StaffMember
from tickets import handling, notices, requests, supervising
from tickets.handling import leads
from tickets.history import note


def recall(assignment: Assignment, *, by: StaffMember, because: str) -> None:
    """The unit is out, with the units below it; without its lead the ticket is dispatched anew."""
    requests.cancel_open(assignment)
    _end(assignment, by)
    ticket = assignment.ticket
    note(
        ticket,
        "recalled",
        by=by,
        unit=assignment.unit,
        assignment=assignment.id,
        because=because,
    )
    notices.tell_unit(assignment, "recalled")
    if leads(assignment):
        ticket.make("take_back")
        ticket.unit = None


def _end(assignment: Assignment, by: StaffMember) -> None:
    assignment.make("recall")
    assignment.ended_at = now()
    handling.recall_below(assignment, by=by)
    supervising.end_of(assignment.ticket, assignment.unit, by=by)
