"""A ticket becomes another platform's: with it go those that were merged into it."""

from models import StaffMember, Ticket, Unit
from tickets import answering


def hand_over(ticket: Ticket, to: Unit, *, by: StaffMember | None) -> None:
    """Raises IllegalMove."""
    ticket.make("hand_over")
    answering.tell_children_of_hand_over(ticket, to, by=by)
