"""Whom a ticket concerns turns out to be a minor: from here on nobody else learns of it."""

from models import StaffMember, Ticket
from tickets.history import note
from tickets.lifecycle import BY_AGENT


def protect(ticket: Ticket, *, by: StaffMember) -> None:
    """A minor's, and confidential, in whatever state it is; his number is a minor's from now on.
    Done already it stays done.  ``ticket`` is locked."""
    if ticket.person is not None:
        ticket.person.minor = True
    if ticket.is_draft:
        ticket.origins = ticket.origins | {"minor": BY_AGENT, "confidential": BY_AGENT}
    if ticket.minor and ticket.confidential:
        return
    ticket.minor = ticket.confidential = True
    if not ticket.is_draft:
        note(ticket, "protected", by=by)
