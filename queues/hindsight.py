"""How a call went, as it is known once it is over, also by reports that come later."""

from datetime import timedelta

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Call, CallStatus, Direction, Disposition, Offer, OfferKind, OfferState
from queues.journal import note
from tickets import completion

# The carrier tells a talk's length in whole seconds.
ROUNDED = timedelta(seconds=2)
# What a caller chose who needed no person.
SELF_SERVICE = "ticket"


def spoke(call: Call, *, bridged: bool, seconds: int) -> None:
    """The carrier's word, at the end of a talk that we dialled, whether the two heard each other.

    Whoever hung up on the notice has picked up and yet spoken to nobody.  The word may come after
    the leg's own report, by which the call is over already."""
    if bridged:
        began = (call.ended_at or now()) - timedelta(seconds=seconds)
        # What was seen of the pick-up may have been seen late.
        if call.answered_at is None or call.answered_at - began > ROUNDED:
            call.answered_at = began
    else:
        call.answered_at = None
    if call.over:
        call.disposition = disposition_of(call)


def were_together(call: Call, leg: str) -> None:
    """The report of the end was faster than those of two who were in the conference before it.

    They have talked, up to the end: nothing is owed to him but what is owed after each talk."""
    lost = (Disposition.ABANDONED, Disposition.NOT_REACHED)
    if call.disposition not in lost or call.direction is Direction.OUT:
        return
    at = call.ended_at
    if leg == call.sid:
        call.citizen_joined_at = call.citizen_joined_at or at
    elif leg == call.agent_leg:
        call.agent_joined_at = call.agent_joined_at or at
    if not (call.citizen_joined_at and call.agent_joined_at):
        return
    claimed = select(Offer.agent_id).where(
        Offer.call_id == call.id, Offer.agent_leg == call.agent_leg
    )
    call.agent_id = session.scalar(claimed) or call.agent_id
    call.answered_at, call.tapped_at = call.answered_at or at, call.tapped_at or at
    call.disposition = Disposition.ANSWERED
    call.ticket_due_at = call.recording_due_at = now()
    contacts = completion.settle_missed(call)
    note(call, "talked_after_all", agent=call.agent_id, contacts=contacts)


def disposition_of(call: Call) -> Disposition:
    """By how he left: who waits again because he lost his agent has not had his answer."""
    if call.direction is Direction.OUT:
        return Disposition.ANSWERED if call.answered_at is not None else Disposition.NOT_REACHED
    if call.status in (CallStatus.TALKING, CallStatus.RATING):
        return Disposition.ANSWERED
    if call.direction is Direction.BACK and call.answered_at is None:
        return Disposition.NOT_REACHED
    if call.turned_away is not None:
        return call.turned_away
    if call.choice == SELF_SERVICE and call.person_due_at is None:
        return Disposition.SELF_SERVED
    return Disposition.ABANDONED if call.person_due_at is not None else Disposition.LEFT_EARLY


def talked_last(call: Call) -> int | None:
    return session.scalar(
        select(Offer.agent_id)
        .where(
            Offer.call_id == call.id,
            Offer.kind == OfferKind.CALL,
            Offer.state == OfferState.CONNECTED,
        )
        .order_by(Offer.id.desc())
        .limit(1)
    )
