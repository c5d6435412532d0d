"""One call that complains and reports: two tickets, because the law handles them apart.

Source: domain reference 2.9: the complaint is mediated, the report is a clue to look into."""

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Kind, StaffMember, Ticket
from models.lifecycle import BEFORE_UNITS
from tickets import fields, legal, lifecycle, shared_clock
from tickets.handling import NotYet
from tickets.history import note
from web.languages import _

OTHER = {Kind.COMPLAINT: Kind.REPORT, Kind.REPORT: Kind.COMPLAINT}
SHARED = (
    *("person_id", "channel", "line_id", "topic_id", "district_id", "address", "citizen_name"),
    *("minor", "confidential", "needs_reply"),
)


def may_split(ticket: Ticket) -> bool:
    free = ticket.state in BEFORE_UNITS and ticket.split_from_id is None
    return free and legal.applies(ticket) and _other_half(ticket) is None


def split(ticket: Ticket, *, by: StaffMember, summary: str, demand: str) -> Ticket:
    """The other half as a ticket of its own, with a number that its citizen is told.

    Raises NotYet."""
    if ticket.kind is None or not may_split(ticket):
        raise NotYet(_("只有尚未派出、未分过单的市场监管投诉举报可以分单"))
    # By its own clock: what others that were merged into the first asked for is not about this one.
    urgency, wanted_by = shared_clock.own_of(ticket)
    second = Ticket(
        created_at=now(),
        split_from_id=ticket.id,
        urgency=urgency,
        wanted_by=wanted_by,
        **{name: getattr(ticket, name) for name in SHARED},
    )
    session.add(second)
    session.flush()  # what is submitted must be there
    said = {"kind": OTHER[ticket.kind], "summary": summary, "demand": demand}
    typed = fields.Typed.model_validate(said)
    lifecycle.submit(second, by=by, typed=typed)
    note(ticket, "split", by=by, other=second.id)
    note(second, "split_from", by=by, other=ticket.id)
    return second


def halves(ticket: Ticket) -> list[Ticket]:
    """The other ticket of the same call, either way."""
    other = (
        session.get(Ticket, ticket.split_from_id) if ticket.split_from_id else _other_half(ticket)
    )
    return [other] if other is not None else []


def _other_half(ticket: Ticket) -> Ticket | None:
    return session.scalar(select(Ticket).where(Ticket.split_from_id == ticket.id))
