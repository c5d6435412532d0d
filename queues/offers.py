"""What becomes of an offer: missed, declined, withdrawn; claiming it is the talk's affair."""

from datetime import datetime, timedelta

from sqlalchemy import select

from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Call, ConsultEnd, Desired, Offer, OfferKind, OfferState
from queues import consults, seats
from queues.journal import desk_of, note

REST_AFTER_MISS = timedelta(seconds=5)
MISSES_TO_BREAK = 2
# Why a seat is on break that its agent did not put there.
MISSED = "missed"


def lapse_due() -> int:
    """Offers past their deadline are missed; the agents rest, the callers keep their age."""
    at = now()
    lapsed = session.scalars(
        select(Offer).where(Offer.state == OfferState.RINGING, Offer.deadline <= at)
    ).all()
    return apart.each(lapsed, lambda offer: miss(offer, at))


def miss(offer: Offer, at: datetime, *, blamed: bool = True) -> None:
    """Nobody answered: the caller is offered on; an agent who misses twice is set to break.

    One whose desk had gone is not to blame."""
    offer.move_to(OfferState.MISSED, at)
    seat = offer.agent
    seat.missed += blamed
    seats.free(seat, at, rest=REST_AFTER_MISS)
    if seat.missed >= MISSES_TO_BREAK:
        seat.desired, seat.desired_since, seat.break_reason = Desired.BREAK, at, MISSED
    _tell_call(offer, "missed", ConsultEnd.MISSED)
    publish(desk_of(seat.staff_id), "offer-ended", offer=offer.id, because="missed")


def decline(offer: Offer) -> None:
    if offer.state is not OfferState.RINGING:
        return
    at = now()
    offer.move_to(OfferState.DECLINED, at)
    seats.free(offer.agent, at, rest=REST_AFTER_MISS)
    _tell_call(offer, "declined", ConsultEnd.DECLINED)
    publish(desk_of(offer.agent_id), "offer-ended", offer=offer.id, because="declined")


def withdraw(call: Call, because: str) -> None:
    """The caller is no longer to be had: whoever is being rung for him is free at once."""
    at = now()
    for offer in session.scalars(
        select(Offer).where(
            Offer.call_id == call.id,
            Offer.kind == OfferKind.CALL,
            Offer.state == OfferState.RINGING,
        )
    ):
        offer.move_to(OfferState.WITHDRAWN, at)
        seats.free(offer.agent, at)
        publish(desk_of(offer.agent_id), "offer-ended", offer=offer.id, because=because)


def _tell_call(offer: Offer, what: str, end: ConsultEnd) -> None:
    """Whoever asked a colleague goes on with his citizen; a caller is offered on."""
    consult = consults.of_offer(offer)
    if consult is not None:
        consults.close(consult, end)
    else:
        note(offer.call, what, agent=offer.agent_id, offer=offer.id)
