"""A seat that seems stuck is freed, but only with proof: the carrier says that its leg is dead.

Each second the sweeps free what they can see; this is for what nobody reported, at once, and it
tells the lead what the carrier has said."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import or_, select

from infra.clock import now
from infra.db import roll_back, serialise_routing, session, transaction
from models import Activity, Call, CallStatus, Consult, Offer, OfferState, Outside, Seat
from queues import routing, seats, vanishing
from telephony.carrier import carrier
from telephony.errors import CarrierError

BUSY = (CallStatus.CONNECTING, CallStatus.TALKING)


class Found(StrEnum):
    # There is nothing to free, or what rings, or is wrapped up, ends by itself.
    IDLE = "idle"
    RINGS = "rings"
    WRAPS_UP = "wraps_up"
    # His leg lives: whoever is on it would be cut off.
    ALIVE = "alive"
    # The carrier does not say.
    UNKNOWN = "unknown"
    # No leg of his, and yet a talk that he is needed for: it goes on with somebody else in it.
    NEEDED = "needed"
    FREED = "freed"


@dataclass(frozen=True)
class Proof:
    """What was found, and which leg the carrier was asked about; none where no leg holds him."""

    found: Found
    leg: str | None = None


def look(staff_id: int) -> Proof:
    """Whether there is anything to free; the first words of a transaction.  While the carrier is
    asked none is open."""
    seat = session.get_one(Seat, staff_id)
    if seat.activity is Activity.IDLE:
        return Proof(Found.IDLE)
    if seat.activity is Activity.WRAP_UP:
        return Proof(Found.WRAPS_UP)
    if _rings(staff_id):
        return Proof(Found.RINGS)
    leg = _leg(staff_id)
    roll_back()
    if leg is None:
        return Proof(Found.FREED)
    try:
        alive = carrier().alive(leg)
    except CarrierError:
        return Proof(Found.UNKNOWN, leg)
    return Proof(Found.ALIVE if alive else Found.FREED, leg)


def settle(leg: str, *, requeue_url: str) -> None:
    """What the carrier has said of a dead leg, as its report would: a transaction of its own, so
    that it stays whatever is found of the seat afterwards."""
    with transaction():
        vanishing.agent_leg_over(leg, requeue_url=requeue_url)


def let_go(staff_id: int) -> Found:
    """What holds the seat although no leg does; the first words of a transaction.  A talk that
    broke off is wrapped up like any other."""
    serialise_routing()
    seat = session.get_one(Seat, staff_id, populate_existing=True)
    if _rings(staff_id):
        # Free already, and the next caller is his.
        return Found.FREED
    if _needed(staff_id):
        return Found.NEEDED
    at = now()
    match seat.activity:
        case Activity.RINGING | Activity.CONNECTING:
            seats.free(seat, at)
        case Activity.TALKING:
            seats.wrap_up(seat, at)
    routing.run()
    return Found.FREED


def _leg(staff_id: int) -> str | None:
    """By which he may be heard: of his call, of a talk that he is asked into, or with 110."""
    call = select(Call.agent_leg).where(Call.agent_id == staff_id, Call.status.in_(BUSY))
    consult = select(Consult.leg).where(Consult.agent_id == staff_id, Consult.live())
    police = (
        select(Call.agent_leg)
        .join(Outside, Outside.call_id == Call.id)
        .where(Outside.by_id == staff_id, Outside.live())
    )
    for asked in (call, consult, police):
        leg = session.scalar(asked)
        if leg is not None:
            return leg
    return None


def _rings(staff_id: int) -> bool:
    ringing = select(Offer.id).where(
        Offer.agent_id == staff_id, Offer.state == OfferState.RINGING, Offer.deadline > now()
    )
    return session.scalar(ringing) is not None


def _needed(staff_id: int) -> bool:
    call = select(Call.id).where(Call.agent_id == staff_id, Call.status.in_(BUSY))
    asked = or_(Consult.agent_id == staff_id, Consult.by_id == staff_id)
    consult = select(Consult.id).where(asked, Consult.live())
    party = select(Outside.id).where(Outside.by_id == staff_id, Outside.live())
    ringing = select(Offer.id).where(
        Offer.agent_id == staff_id, Offer.state.in_((OfferState.RINGING, OfferState.CLAIMED))
    )
    return any(session.scalar(one.limit(1)) is not None for one in (call, consult, party, ringing))
