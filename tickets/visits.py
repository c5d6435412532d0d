"""Which tickets a citizen's browser has opened by number and query code, and for how long."""

from flask import session as cookie

from infra.clock import now
from models import Ticket
from staff import norms
from tickets import locking

# In the cookie: number -> when it was opened, as seconds.
OPENED = "own_tickets"
MOST_OPENED = 5


def begin(ticket: Ticket) -> None:
    opened = {**cookie.get(OPENED, {}), ticket.number: now().timestamp()}
    # The newest are kept: a cookie has little room.
    cookie[OPENED] = dict(sorted(opened.items(), key=lambda one: one[1])[-MOST_OPENED:])


def own(number: str) -> Ticket | None:
    """The ticket that this browser has opened, behind its lock; None when it has not."""
    since = cookie.get(OPENED, {}).get(number, 0)
    if now().timestamp() - since > norms.span("ticket_open_for").total_seconds():
        return None
    return locking.with_master(number)


def end() -> None:
    cookie.pop(OPENED, None)
