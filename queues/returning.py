"""An agent's voice broke off in mid-call: he takes his caller back, while nobody else has him.

A page that is reloaded, a network that fails: the caller is first in line again, and mostly it is
the same agent who can go on where he stopped."""

from datetime import timedelta

from sqlalchemy import func, select

from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Activity, Call, CallEvent, CallStatus, Offer, OfferKind, OfferState, Place, Seat
from queues import presence, waiting
from queues.journal import desk_of, note

HAD = (OfferState.CONNECTED, OfferState.FAILED)
# He has said that he is there: his browser's leg is all that is waited for.
RING_FOR = timedelta(seconds=12)


def lost_by(seat: Seat) -> Place | None:
    """The place of the caller whom this agent had last and who waits, rung at nobody.

    Had he not been seen to talk with him, the reports of it may be lost: his voice broke off all
    the same."""
    last = session.scalars(
        select(Offer)
        .where(Offer.agent_id == seat.staff_id, Offer.kind == OfferKind.CALL)
        .order_by(Offer.id.desc())
        .limit(1)
    ).first()
    if last is None or last.state not in HAD or last.id != _had_last(last.call):
        return None
    if last.call.status is not CallStatus.WAITING or waiting.being_offered(last.call):
        return None
    if _was_sent_on(last.call):
        return None
    return waiting.place_of(last.call)


def _had_last(call: Call) -> int | None:
    """By which offer: who has transferred him has not lost him."""
    had = (Offer.call_id == call.id) & Offer.state.in_(HAD) & (Offer.kind == OfferKind.CALL)
    return session.scalar(select(func.max(Offer.id)).where(had))


def _was_sent_on(call: Call) -> bool:
    """Its agent gave him on to others himself, and has not lost him."""
    left = select(CallEvent.name).where(
        CallEvent.call_id == call.id, CallEvent.name.in_(("agent_lost", "sent_on"))
    )
    return session.scalar(left.order_by(CallEvent.id.desc()).limit(1)) == "sent_on"


def may_return(place: Place) -> bool:
    """The carrier has enqueued the caller again; before that he could not be ordered in."""
    return place.heard_at is not None


def take_back(seat: Seat, call: Call) -> None:
    """Ring the lost caller at this agent alone; nothing happens while that cannot be."""
    place = lost_by(seat)
    if place is None or place.call_id != call.id or not may_return(place):
        return
    presence.complete_wrap_up(seat)
    if seat.activity is not Activity.IDLE:
        return
    at = now()
    call.epoch += 1
    seat.move_to(Activity.RINGING, at)
    offer = Offer(
        call_id=call.id,
        agent_id=seat.staff_id,
        epoch=call.epoch,
        offered_at=at,
        deadline=at + RING_FOR,
        why={"step": "returned", "waited_s": round((at - place.entered_at).total_seconds())},
    )
    session.add(offer)
    session.flush()  # the desk is told its id
    note(call, "offered", agent=seat.staff_id, offer=offer.id, why=offer.why)
    publish(desk_of(seat.staff_id), "offered", offer=offer.id)
