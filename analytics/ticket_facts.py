"""What happened to tickets, as the indicators count it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.orm import aliased

from analytics.counting import Facts, Moment, Reasons, facts
from infra.clock import now
from models import (
    Assignment,
    AssignmentState,
    Kind,
    Part,
    RecallReason,
    Request,
    RequestKind,
    RequestState,
    Round,
    Supervision,
    Ticket,
    TicketState,
    Urge,
    WorkDay,
)
from staff import norms

HOUR_LIMIT = timedelta(days=1)

# Neither a unit's doing nor its success.
_WITHDRAWN: list[tuple[ColumnElement[bool], str]] = [
    (Assignment.state == AssignmentState.RECALLED, "recalled"),
    (Assignment.state == AssignmentState.RETURNED, "returned"),
]


def signing() -> Facts:
    """Signed by its date; a date that has passed unsigned is a failure."""
    in_time = func.coalesce(Assignment.signed_at <= Assignment.sign_due_at, False)
    gone = and_(Assignment.signed_at.is_(None), Assignment.ended_at <= Assignment.sign_due_at)
    return _of_assignments(
        Assignment.sign_due_at,
        in_time,
        excluded=[(gone, "withdrawn_before_due")],
    ).where(Assignment.sign_due_at <= now())


def responding() -> Facts:
    """The citizen was first spoken to by its date."""
    in_time = func.coalesce(Assignment.contacted_at <= Assignment.respond_due_at, False)
    return _of_assignments(Assignment.respond_due_at, in_time, excluded=_WITHDRAWN).where(
        Assignment.respond_due_at <= now(), Assignment.part == Part.LEAD
    )


def finishing() -> Facts:
    """Answered, with an answer that passed its check, by the date that holds now."""
    return _due(_replied_in_time())


def being_late() -> Facts:
    return _due(~_replied_in_time())


def extending() -> Facts:
    """By requests: a suspension moves the date, too, and is no extension."""
    return _due(_asked(RequestKind.EXTENSION, RequestState.APPROVED))


def finishing_early() -> Facts:
    """With a working day to spare before the first date; of a limit of hours, half of it."""
    whole = Assignment.due_at_original - Assignment.dispatched_at
    taken = Assignment.replied_at - Assignment.dispatched_at
    half_left = func.extract("epoch", taken) * 2 <= func.extract("epoch", whole)
    early = case((whole <= HOUR_LIMIT, half_left), else_=_working_day_left())
    return _of_assignments(Assignment.accepted_at, early).where(
        Assignment.state == AssignmentState.ACCEPTED
    )


def returning() -> Facts:
    return _of_assignments(Assignment.dispatched_at, _asked(RequestKind.RETURN))


def returning_rightly() -> Facts:
    return _of_assignments(
        Assignment.dispatched_at, _asked(RequestKind.RETURN, RequestState.APPROVED)
    )


def returning_wrongly() -> Facts:
    """Return requests that were refused, of those decided."""
    return (
        facts(
            Request.ticket_id,
            Request.decided_at,
            Request.state == RequestState.REJECTED,
            unit=Assignment.unit_id,
            excluded=[(Request.state == RequestState.CANCELLED, "cancelled")],
        )
        .join(Assignment, Assignment.id == Request.assignment_id)
        .where(Request.kind == RequestKind.RETURN)
    )


def dispatching_rightly() -> Facts:
    """Not returned with success, and not recalled because it was sent to the wrong unit: what was
    merged, or taken back for another reason, was not sent wrongly."""
    rightly = Assignment.recalled_because.is_distinct_from(RecallReason.WRONG_UNIT)
    not_returned = Assignment.state != AssignmentState.RETURNED
    return _of_assignments(Assignment.dispatched_at, not_returned & rightly, of_hotline=True)


def dispatching_in_time() -> Facts:
    """From submission to the first dispatch; the desk is staffed day and night: natural minutes."""
    first = (
        select(func.min(Assignment.dispatched_at))
        .where(Assignment.ticket_id == Ticket.id)
        .scalar_subquery()
    )
    in_time = first - Ticket.submitted_at <= norms.span("dispatched_within")
    return facts(Ticket.id, first, in_time).where(Ticket.dispatched_at.is_not(None))


def answering_directly() -> Facts:
    dispatched = Ticket.dispatched_at.is_not(None)
    answered = Ticket.state.in_([TicketState.ANSWERED, TicketState.ARCHIVED]) & ~dispatched
    return facts(Ticket.id, Ticket.submitted_at, answered).where(answered | dispatched)


def settling_at_once() -> Facts:
    """Closed or answered, not handled again, and not asked again soon by the same citizen."""
    ended = func.coalesce(Ticket.closed_at, Ticket.submitted_at)
    quiet = norms.span("settled_for")
    other = aliased(Ticket)
    again = select(Round.id).where(Round.ticket_id == Ticket.id, Round.number > 1)
    repeated = select(other.id).where(
        other.person_id == Ticket.person_id,
        other.topic_id == Ticket.topic_id,
        other.id != Ticket.id,
        other.submitted_at > ended,
        other.submitted_at <= ended + quiet,
    )
    young = ended + quiet > now()
    return facts(
        Ticket.id,
        ended,
        ~exists(again) & ~exists(repeated),
        excluded=[(young, "not_yet_seven_days")],
        unit=Ticket.unit_id,
    ).where(
        Ticket.state.in_([TicketState.ANSWERED, TicketState.CLOSED, TicketState.ARCHIVED]),
    )


def supervising() -> Facts:
    """A unit was pressed; what the hotline watches by itself no unit learns of, nor from this."""
    pressed = select(Supervision.id).where(
        Supervision.ticket_id == Ticket.id, Supervision.unit_id.is_not(None)
    )
    return _dispatched(exists(pressed))


def urging() -> Facts:
    return _dispatched(exists(select(Urge.id).where(Urge.ticket_id == Ticket.id)))


def repeating() -> Facts:
    """Of the same citizen, or in the same place, about the same topic soon after, or merged as
    a repeat.  Source: domain reference 1.9."""
    earlier = aliased(Ticket)
    before = select(earlier.id).where(
        (earlier.person_id == Ticket.person_id) | (earlier.place_mark == Ticket.place_mark),
        earlier.topic_id == Ticket.topic_id,
        earlier.id != Ticket.id,
        earlier.submitted_at < Ticket.submitted_at,
        earlier.submitted_at >= Ticket.submitted_at - norms.span("repeats_within"),
    )
    return facts(
        Ticket.id,
        Ticket.submitted_at,
        exists(before) | Ticket.merged_into_id.is_not(None),
        unit=Ticket.unit_id,
    ).where(Ticket.state != TicketState.VOID)


def demanding() -> Facts:
    """What the growth of demands counts: no consultation, praise, repeat or void ticket."""
    return facts(Ticket.id, Ticket.submitted_at, literal(True), unit=Ticket.unit_id).where(
        Ticket.kind.not_in([Kind.CONSULT, Kind.PRAISE]),
        Ticket.state.not_in([TicketState.MERGED, TicketState.VOID, TicketState.REJECTED]),
    )


def _due(hit: ColumnElement[bool]) -> Facts:
    """Assignments whose date has come."""
    waits = and_(
        Assignment.state == AssignmentState.REPLIED, Assignment.replied_at <= Assignment.due_at
    )
    return _of_assignments(
        Assignment.due_at, hit, excluded=[*_WITHDRAWN, (waits, "awaits_check")]
    ).where(Assignment.due_at <= now())


def _replied_in_time() -> ColumnElement[bool]:
    return and_(
        Assignment.state == AssignmentState.ACCEPTED,
        func.coalesce(Assignment.replied_at <= Assignment.due_at, False),
    )


def _working_day_left() -> ColumnElement[bool]:
    return exists(
        select(WorkDay.day).where(
            WorkDay.works,
            WorkDay.day > _day(Assignment.replied_at),
            WorkDay.day <= _day(Assignment.due_at_original),
        )
    )


def _asked(kind: RequestKind, state: RequestState | None = None) -> ColumnElement[bool]:
    asked = select(Request.id).where(Request.assignment_id == Assignment.id, Request.kind == kind)
    return exists(asked.where(Request.state == state) if state else asked)


def _dispatched(hit: ColumnElement[bool]) -> Facts:
    return facts(Ticket.id, Ticket.dispatched_at, hit, unit=Ticket.unit_id).where(
        Ticket.dispatched_at.is_not(None)
    )


def _of_assignments(
    at: Moment, hit: ColumnElement[bool], *, excluded: Reasons = (), of_hotline: bool = False
) -> Facts:
    """First-level assignments that owe something: what is delegated is the upper unit's affair."""
    unit = None if of_hotline else Assignment.unit_id
    found = facts(Assignment.ticket_id, at, hit, unit=unit, excluded=excluded)
    return found.where(Assignment.level == 1, Assignment.part != Part.INFO)


def _day(moment: Moment) -> ColumnElement[Any]:
    return func.date(func.timezone("Asia/Shanghai", moment))
