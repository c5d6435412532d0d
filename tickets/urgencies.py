"""How urgent a ticket is, set right before a unit has it: from then on its clocks run."""

from models import StaffMember, Ticket, Urgency
from models.lifecycle import BEFORE_UNITS
from tickets import deadlines, merging
from tickets.handling import NotYet
from tickets.history import note
from web.languages import _


def change(ticket: Ticket, urgency: Urgency, *, by: StaffMember) -> None:
    """Setting what it is already is harmless.  Raises NotYet."""
    if ticket.state not in BEFORE_UNITS:
        raise NotYet(_("工单已派出，紧急程度不能再改；确需更改请先撤回"))
    if merging.children_of(ticket):
        raise NotYet(_("已有工单并入，紧急程度随其中最急的一张"))
    was = ticket.urgency
    if urgency is was:
        return
    ticket.urgency = urgency
    if ticket.dispatched_at is None and ticket.submitted_at is not None:
        ticket.due_at = deadlines.due_of(ticket, ticket.unit, ticket.submitted_at).handle
    note(ticket, "urgency_changed", by=by, was=was, now=urgency)
