"""What may be told of a ticket to somebody who shows nothing but a telephone number."""

from models import Kind, Ticket, Unit
from models.lifecycle import BEFORE_UNITS


def by_number_alone(ticket: Ticket) -> bool:
    """Whether a number, which anybody can forge, may learn that this ticket exists.

    Never of confidential tickets and reports, and never where a minor is concerned: whoever holds
    the telephone at home may be the one complained about."""
    return not (ticket.confidential or ticket.kind is Kind.REPORT or concerns_a_minor(ticket))


def unit(ticket: Ticket) -> Unit | None:
    """Whose the ticket is; nobody's before it is dispatched, whatever the agent proposed, nor while
    it waits to be dispatched anew."""
    with_it = ticket.dispatched_at is not None and ticket.state not in BEFORE_UNITS
    return ticket.unit if with_it else None


def concerns_a_minor(ticket: Ticket) -> bool:
    """By what it is about, by the line it came in on, by who called, or because he said so.

    Lines whose seats need a certificate are those of minors and others in need of protection."""
    topic, call, person = ticket.topic, ticket.call, ticket.person
    lines = (topic.line if topic else None, call.line if call else None)
    protected = any(line is not None and line.certified for line in lines)
    return protected or ticket.minor or (person is not None and person.minor)
