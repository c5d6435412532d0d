"""What a package says, and the checksum by which both sides know that they hold the same."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from assist import redaction
from models import Kind, Ticket, Urgency


@dataclass(frozen=True)
class Package:
    """One matter on its way; codes of topics and districts are those that both sides agreed on."""

    number: str
    version: int
    hop: int
    kind: Kind
    topic: str
    district: str
    address: str
    summary: str
    demand: str
    urgency: Urgency
    due_at: datetime | None


def checksum(package: Package) -> str:
    """SHA-256 over the values in their order, each followed by a line feed; a date in whole
    seconds since 1970, what is not there empty.  docs/api.md tells it to the other side."""
    values = vars(package).values()
    return hashlib.sha256("".join(_lines(values)).encode()).hexdigest()


def of_ticket(ticket: Ticket, hop: int) -> Package:
    """What a peer is told of a ticket of ours: the matter at its address, without who called."""
    return Package(
        number=ticket.number or "",
        version=1,
        hop=hop,
        kind=ticket.kind or Kind.HELP,
        topic=ticket.topic.code if ticket.topic else "",
        district=ticket.district.code if ticket.district else "",
        address=shown(ticket.address),
        summary=shown(ticket.summary),
        demand=shown(ticket.demand),
        urgency=ticket.urgency,
        due_at=ticket.due_at,
    )


def shown(text: str | None) -> str:
    return redaction.blank(text or "", keeping=redaction.PLACE)


def _lines(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        plain = int(value.timestamp()) if isinstance(value, datetime) else value
        yield f"{'' if plain is None else plain}\n"
