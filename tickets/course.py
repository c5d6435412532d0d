"""What became of a ticket, as its page tells it: its history, calls back and text messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from models import Call, StaffMember, TextMessage, Ticket, TicketEvent
from tickets import search


@dataclass(frozen=True)
class Row:
    """One of the three, and when it was."""

    at: datetime
    event: TicketEvent | None = None
    call: Call | None = None
    text: TextMessage | None = None


def of(ticket: Ticket, staff: StaffMember) -> list[Row]:
    """All in the order of their times; of citizens only to whom they are known."""
    return sorted(_rows(ticket, staff), key=lambda row: row.at)


def _rows(ticket: Ticket, staff: StaffMember) -> Iterator[Row]:
    for event in search.history(ticket, staff):
        yield Row(event.at, event=event)
    if not search.knows_citizens(staff):
        return
    for call in search.calls_about(ticket):
        yield Row(call.started_at, call=call)
    for text in search.texts_of(ticket):
        # One that waits, or was given up, stands where it was written.
        yield Row(text.sent_at or text.created_at, text=text)
