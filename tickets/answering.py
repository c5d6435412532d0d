"""Each citizen whose ticket was merged is answered for himself: told, and asked what he thinks.

He is told by a text message when the master closes, and rates by himself; who cannot or may not be
texted is rung by a person.  His answers are kept with his own ticket and count for the round of
the master that they speak of: figures count satisfaction for every citizen."""

from flask import current_app
from sqlalchemy import bindparam, select

from infra.clock import now
from infra.db import session
from models import (
    FollowUp,
    FollowUpResult,
    FollowUpState,
    Kind,
    Person,
    Round,
    StaffMember,
    Ticket,
    Unit,
)
from staff import norms
from telephony.sentences import tongue
from tickets import sms, telling
from tickets.history import note
from tickets.messages import queue_text

# Built once: each end asks it.
MERGED_INTO = (
    select(Ticket)
    .where(Ticket.merged_into_id == bindparam("ticket"))
    .order_by(Ticket.id)
    .execution_options(autoflush=False)
)


def answer_children(master: Ticket, handled: Round | None, *, by: StaffMember | None) -> None:
    """The master is closed: so is the matter of each that was merged into it, and he hears so."""
    for child in session.scalars(MERGED_INTO, {"ticket": master.id}).all():
        note(child, "answered_with_master", by=by, master=master.id)
        wanted = child.needs_reply and child.kind is not Kind.PRAISE
        if handled is not None and child.person is not None and wanted:
            _ask(child, child.person, handled)


def tell_children_of_hand_over(master: Ticket, to: Unit, *, by: StaffMember | None) -> None:
    """The master is another platform's from now on, and with it the matter of each child: nobody
    else would tell him.  There is nothing yet that he could rate."""
    for child in session.scalars(MERGED_INTO, {"ticket": master.id}).all():
        note(child, "handed_over_with_master", by=by, master=master.id, unit=to)
        person = child.person
        if person is None or not (sms.reaches(person) and telling.by_number_alone(child)):
            continue
        body = tongue(person.language).sentence("handed_over_text", number=child.number, to=to.name)
        queue_text(person, body, key=f"ticket:{child.id}:handed_over:{master.id}", ticket=child)


def ask_children_no_more(master: Ticket) -> None:
    """It is handled again: what they were to be asked about is not how things stand.  Who has rated
    already, has rated the round that was."""
    open_ones = (
        select(FollowUp)
        .join(Ticket, Ticket.id == FollowUp.ticket_id)
        .where(Ticket.merged_into_id == master.id, FollowUp.state != FollowUpState.DONE)
    )
    for asked in session.scalars(open_ones).all():
        asked.move_to(FollowUpState.DONE)
        asked.result, asked.done_at = asked.or_rated(FollowUpResult.WITHDRAWN), now()
        asked.taken_by_id = asked.taken_until = None


def _ask(child: Ticket, person: Person, handled: Round) -> None:
    at = now()
    asked = FollowUp(
        ticket=child, round=handled, state=FollowUpState.PERSON, why="merged", opened_at=at
    )
    if sms.reaches(person) and telling.by_number_alone(child):
        # Nobody rings him: unless he rates by himself it says nothing of the unit.
        asked.state, asked.why = FollowUpState.DONE, ""
        asked.result, asked.texted_at, asked.done_at = FollowUpResult.WITHDRAWN, at, at
        _tell(child, person, handled)
    session.add(asked)


def _tell(child: Ticket, person: Person, handled: Round) -> None:
    body = tongue(person.language).sentence(
        "merged_text",
        number=child.number,
        page=f"{current_app.config['SETTINGS'].public_url}/my",
        days=norms.amount("rating_changed_within"),
    )
    queue_text(person, body, key=f"ticket:{child.id}:answered:{handled.id}", ticket=child)
