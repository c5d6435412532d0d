"""Whether two addresses are one place.

They are sealed, so the database compares a mark of what is left when spaces, points and widths are
taken away; a road alone, without a house, is no place that two matters could share."""

import re
import unicodedata

from infra.privacy import fingerprint
from models import Ticket
from tickets import places

LEFT_OUT = re.compile(r"[\W_]+")


def written(address: str | None) -> str:
    """As it is compared."""
    return LEFT_OUT.sub("", unicodedata.normalize("NFKC", address or "")).casefold()


def mark(ticket: Ticket) -> str | None:
    place = written(ticket.address)
    if not place or not places.has_house(place):
        return None
    return fingerprint(f"place:{place}")
