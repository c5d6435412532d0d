"""Where a ticket has been and how long it waited there: each hop, and who had it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.clock import now
from models import Assignment, Part, Ticket, TicketState
from web.languages import _

# A hop of a minute beside one of days must still be seen.
NARROWEST = 4


@dataclass(frozen=True)
class Hop:
    """One wait; ``unit`` is empty where the hotline itself had it."""

    what: str
    unit: str
    began: datetime
    ended: datetime | None
    light: str = "green"

    @property
    def lasted(self) -> timedelta:
        return (self.ended or now()) - self.began


def hops(ticket: Ticket, assignments: Iterable[Assignment]) -> list[Hop]:
    """In their order: dispatch, signing, handling, check, follow-up, and again."""
    if ticket.submitted_at is None:
        return []
    found: list[Hop] = []
    free: datetime | None = ticket.submitted_at
    for one in assignments:
        if one.part is Part.LEAD and one.level == 1:
            if free is not None and free < one.dispatched_at:
                found.append(Hop(_("派单"), "", free, one.dispatched_at))
            found += _with_unit(one)
            free = one.ended_at
    if free is not None and ticket.state is not TicketState.ARCHIVED:
        found += _with_hotline(ticket, free)
    return found


def widths(found: list[Hop]) -> list[int]:
    """Each hop's share of the whole in percent, none too narrow to see."""
    whole = sum((hop.lasted for hop in found), timedelta()) or timedelta(seconds=1)
    return [max(NARROWEST, round(100 * (hop.lasted / whole))) for hop in found]


def _with_unit(one: Assignment) -> Iterator[Hop]:
    name = one.unit.name
    late_sign = "red" if "sign" in one.late else "green"
    yield Hop(_("待签收"), name, one.dispatched_at, one.signed_at or one.ended_at, light=late_sign)
    if one.signed_at is None:
        return
    late = "red" if one.red_at is not None else "green"
    yield Hop(_("办理"), name, one.signed_at, one.replied_at or one.ended_at, light=late)
    if one.replied_at is not None:
        yield Hop(_("审核"), "", one.replied_at, one.accepted_at or one.ended_at)


def _with_hotline(ticket: Ticket, since: datetime) -> Iterator[Hop]:
    match ticket.state:
        case TicketState.PENDING_REVIEW:
            yield Hop(_("预审"), "", since, None)
        case TicketState.NEED_INFO:
            yield Hop(_("待补充"), "", since, None)
        case TicketState.PENDING_DISPATCH:
            yield Hop(_("派单"), "", since, None)
        case TicketState.PENDING_FOLLOW_UP:
            yield Hop(_("回访"), "", since, None)
        case TicketState.CLOSED if ticket.closed_at is not None and ticket.closed_at > since:
            yield Hop(_("回访"), "", since, ticket.closed_at)
        case _:
            return
