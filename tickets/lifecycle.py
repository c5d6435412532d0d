"""From a call to a submitted ticket: draft, type, fill, submit."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from infra.clock import now
from infra.db import session
from infra.log import bind
from models import Call, Kind, Protection, StaffMember, Ticket, TicketState, Urgency
from models.lifecycle import OPEN
from telephony.sentences import tongue
from tickets import (
    deadlines,
    fields,
    locking,
    numbers,
    outcomes,
    same_place,
    sms,
    telling,
)
from tickets.history import note
from tickets.messages import queue_text
from tickets.outcomes import DISPATCHED, Outcome
from web.languages import _

BY_AGENT = {"by": "agent"}
# Understood from all that was said: more words may make it another, or unsure again.
UNDERSTOOD = ("kind", "topic", "unit")
# Proposals are words; these fields hold something else.
MEANT: dict[str, Callable[[str], Any]] = {
    "kind": Kind,
    "urgency": Urgency,
    "minor": lambda said: said == "yes",
}


class Proposal(Protocol):
    """A value that the software read out of a call, and the sentence that says so."""

    @property
    def value(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class AlreadySubmitted(Exception):
    """The ticket is on its way; it can no longer be edited as a draft."""

    permanent = True

    def __init__(self, number: str | None) -> None:
        super().__init__(_("工单 %(number)s 已提交，不能再改草稿", number=number))


def draft(call: Call) -> Ticket:
    """The ticket of a call; begun when it is first asked for."""
    minor = call.person is not None and call.person.minor
    session.execute(
        insert(Ticket)
        .values(
            call_id=call.id,
            person_id=call.person_id,
            line_id=call.line_id,
            minor=minor,
            created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=["call_id"])
    )
    return of_call(call.id, lock=True)


def of_call(call_id: int, *, lock: bool = False) -> Ticket:
    """Raises NoResultFound when the call has none."""
    query = select(Ticket).where(Ticket.call_id == call_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    ticket = session.scalars(query).one()
    bind(call=call_id, ticket=ticket.id)
    return ticket


def type_in(ticket: Ticket, typed: fields.Typed) -> None:
    """What the agent typed holds against everything the software proposes later; also where he
    typed what the software had proposed."""
    if not ticket.is_draft:
        raise AlreadySubmitted(ticket.number)
    changed = fields.changed(ticket, typed)
    for field, value in changed.items():
        fields.write(ticket, field, value)
    ticket.origins = ticket.origins | dict.fromkeys(typed.model_fields_set, BY_AGENT)
    if "topic" in changed and ticket.origins.get("unit", BY_AGENT) != BY_AGENT:
        # It was guessed for another matter.
        fields.write(ticket, "unit", None)
        ticket.origins = {field: one for field, one in ticket.origins.items() if field != "unit"}


def fill(ticket: Ticket, proposals: Mapping[str, Proposal]) -> list[str]:
    """Take over what is proposed for fields that no agent touched; returns what has changed."""
    if not ticket.is_draft:
        return []
    origins, filled = dict(ticket.origins), []
    for field, proposal in proposals.items():
        if field not in fields.LABELS or origins.get(field, {}).get("by") == "agent":
            continue
        if field == "unit" and _of_another_topic(ticket, proposals):
            continue
        value = _value(field, proposal)
        if field in origins and fields.read(ticket, field) == value:
            continue
        fields.write(ticket, field, value)
        origins[field] = {
            "by": "software",
            "sentence": proposal.sentence,
            "confidence": round(proposal.confidence, 3),
        }
        filled.append(field)
    ticket.origins = origins
    return filled


def _of_another_topic(ticket: Ticket, proposals: Mapping[str, Proposal]) -> bool:
    """The agent chose a topic that the software does not hear: its unit goes with the other."""
    if ticket.origins.get("topic") != BY_AGENT:
        return False
    heard = proposals.get("topic")
    return heard is None or _value("topic", heard) != fields.read(ticket, "topic")


def take_back(ticket: Ticket, proposals: Mapping[str, Proposal]) -> list[str]:
    """Empty what the software understood before and does not any more, now that it has heard
    more; returns what has changed."""
    taken = [
        field
        for field in UNDERSTOOD
        if field not in proposals and ticket.origins.get(field, {}).get("by") == "software"
    ]
    for field in taken:
        fields.write(ticket, field, None)
    ticket.origins = {field: one for field, one in ticket.origins.items() if field not in taken}
    return taken


def submit(
    ticket: Ticket,
    *,
    by: StaffMember,
    typed: fields.Typed | None = None,
    outcome: Outcome = DISPATCHED,
) -> Ticket:
    """Number the ticket and tell the citizen; submitting twice is submitting once.

    Raises FieldsMissing while something that its kind requires is empty, and AlreadySubmitted for
    words that are not those which were submitted."""
    session.flush()  # else the refresh would forget what was typed in this transaction
    session.refresh(ticket, with_for_update=True)
    locking.hold(ticket)
    with session.no_autoflush:  # looking things up field by field would write it field by field
        return _submitted(ticket, by, typed, outcome)


def tell_again(ticket: Ticket) -> bool:
    """Send number and query code to the citizen once more, whatever is clicked once in a minute of
    the clock; False where he cannot be told: a draft, a landline, a number that was not shown."""
    if ticket.number is None or not may_be_texted(ticket):
        return False
    _tell_citizen(ticket, f"submitted:{now():%Y%m%d%H%M}")
    return True


def may_be_texted(ticket: Ticket) -> bool:
    """His number takes texts, and nobody else learns from one that a child has called."""
    return sms.reaches(ticket.person) and not telling.concerns_a_minor(ticket)


def by_number(number: str) -> Ticket | None:
    ticket = session.scalar(select(Ticket).where(Ticket.number == number))
    if ticket is not None:
        bind(ticket=ticket.id)
    return ticket


def open_of(person_id: int | None, *, besides: int | None = None) -> list[Ticket]:
    """Tickets of this person that are on their way, by themselves or with what they were merged
    into: a second one may be a duplicate."""
    if person_id is None:
        return []
    master = aliased(Ticket)
    with_master = exists().where(master.id == Ticket.merged_into_id, master.state.in_(OPEN))
    return list(
        session.scalars(
            select(Ticket)
            .where(
                Ticket.person_id == person_id,
                Ticket.state.in_(OPEN) | with_master,
                Ticket.id != (besides or 0),
            )
            .order_by(Ticket.submitted_at.desc())
            .limit(10)
        )
    )


def _submitted(
    ticket: Ticket, by: StaffMember, typed: fields.Typed | None, outcome: Outcome
) -> Ticket:
    if not ticket.is_draft:
        if typed is not None and fields.changed(ticket, typed):
            raise AlreadySubmitted(ticket.number)
        return ticket
    if typed is not None:
        type_in(ticket, typed)
    outcomes.insist_fits(ticket, outcome)
    fields.remember_name(ticket)
    if ticket.kind is Kind.REPORT and ticket.origins.get("confidential") != BY_AGENT:
        ticket.confidential = True
    judged = select(Protection.id).where(Protection.ticket_id == ticket.id)
    ticket.minor = ticket.minor or session.scalar(judged) is not None
    if telling.concerns_a_minor(ticket):
        # Whatever was ticked: who complains for a child may live with whom he complains about.
        ticket.confidential = True
    _number(ticket)
    ticket.place_mark = same_place.mark(ticket)
    ticket.submitted_by_id = by.id
    note(ticket, "submitted", by=by, unit=ticket.unit)
    outcomes.take(ticket, outcome, by=by)
    if ticket.state in OPEN:
        ticket.due_at = deadlines.due_of(ticket, ticket.unit, now()).handle
    if ticket.state is not TicketState.REJECTED:  # told of that, he need follow nothing
        _tell_citizen(ticket, "submitted")
    return ticket


def _value(field: str, proposal: Proposal) -> Any:
    return MEANT.get(field, str)(proposal.value)


def _number(ticket: Ticket) -> None:
    at = now()
    code = numbers.new_code()
    ticket.submitted_at = at
    ticket.number = numbers.next_number(at)
    ticket.query_code, ticket.query_code_hash = code, numbers.hashed(ticket.number, code)


def _tell_citizen(ticket: Ticket, occasion: str) -> None:
    if ticket.person is None or not may_be_texted(ticket):
        return
    body = tongue(ticket.person.language).sentence(
        "ticket_text",
        number=ticket.number,
        code=ticket.query_code,
        page=f"{current_app.config['SETTINGS'].public_url}/my",
    )
    queue_text(ticket.person, body, key=f"ticket:{ticket.id}:{occasion}", ticket=ticket)
