"""Where a ticket has been and how long it waited there: each hop, and who had it."""

from collections.abc import Iterable, Iterator, Sequence
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
    # Below which the unit that has the ticket: 0 for that unit itself, and for the hotline.
    depth: int = 0

    @property
    def lasted(self) -> timedelta:
        return (self.ended or now()) - self.began


def hops(ticket: Ticket, assignments: Iterable[Assignment]) -> list[Hop]:
    """In their order: dispatch, signing, handling, what was handed down, check, follow-up, and
    again."""
    if ticket.submitted_at is None:
        return []
    given, found = list(assignments), list[Hop]()
    free: datetime | None = ticket.submitted_at
    before: Assignment | None = None
    for one in given:
        if one.part is Part.LEAD and one.level == 1:
            found += _between(before, free, one)
            found += _with_unit(one, given)
            free, before = one.ended_at, one
    if free is not None and ticket.state is not TicketState.ARCHIVED:
        found += _with_hotline(ticket, free)
    return found


def widths(found: list[Hop]) -> list[int]:
    """Each hop's share of the whole in percent, none too narrow to see."""
    # What was handed down took none of the time besides.
    whole = sum((hop.lasted for hop in found if not hop.depth), timedelta()) or timedelta(seconds=1)
    return [max(NARROWEST, round(100 * (hop.lasted / whole))) for hop in found]


def _between(before: Assignment | None, free: datetime | None, one: Assignment) -> Iterator[Hop]:
    """With the hotline, until ``one`` began: to be dispatched, or, of a round that was over, to be
    asked about."""
    if free is None or free >= one.dispatched_at:
        return
    if before is None or before.round_id == one.round_id:
        yield Hop(_("派单"), "", free, one.dispatched_at)
        return
    asked_until = before.round.closed_at or one.dispatched_at
    if asked_until > free:
        yield Hop(_("回访"), "", free, asked_until)


def _with_unit(one: Assignment, given: Sequence[Assignment]) -> Iterator[Hop]:
    name, depth = one.unit.name, one.level - 1
    late_sign = "red" if "sign" in one.late else "green"
    signed = one.signed_at or one.ended_at
    waits = _("下派待签") if depth else _("待签收")
    yield Hop(waits, name, one.dispatched_at, signed, light=late_sign, depth=depth)
    if one.signed_at is None:
        return
    late = "red" if one.red_at is not None else "green"
    until = one.replied_at or one.ended_at
    handles = _("下派办理") if depth else _("办理")
    yield Hop(handles, name, one.signed_at, until, light=late, depth=depth)
    for below in given:
        if below.parent_id == one.id:
            yield from _with_unit(below, given)
    if one.replied_at is not None and not depth:
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
