"""Sensitive matters: marked by a person, told to the leads at once."""

from infra.events import publish
from models import StaffMember, Ticket
from tickets.handling import NotYet
from tickets.history import note
from web.languages import _

# None, to be watched, serious, at once to the city's leaders.
MOST = 3


def mark_sensitive(ticket: Ticket, level: int, *, by: StaffMember) -> None:
    """0 takes the mark away; who did it stands in the history."""
    if not 0 <= level <= MOST:
        raise NotYet(_("敏感等级应为 0 到 3"))
    if ticket.sensitive == level:
        return
    note(ticket, "marked_sensitive", by=by, was=ticket.sensitive, level=level)
    ticket.sensitive = level
    if level:
        publish("floor", "ticket-sensitive", ticket=ticket.id, level=level)
