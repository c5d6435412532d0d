"""From the agent's claim to the end of the call: who has the caller, and who has vanished."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.events import publish
from models import (
    Activity,
    Call,
    CallStatus,
    Direction,
    Disposition,
    Line,
    Offer,
    OfferKind,
    OfferState,
    Seat,
)
from queues import (
    callbacks,
    consulting,
    hindsight,
    holding,
    monitoring,
    offers,
    others,
    outside,
    pausing,
    seats,
    waiting,
)
from queues.holding import MOVED
from queues.journal import desk_of, note
from telephony import orders
from tickets import completion

# A caller whose agent vanished is ahead of everybody of his line.
VANISHED_BONUS = 30

RINGS = select(Offer.id).where(Offer.id == bindparam("offer"), Offer.state == OfferState.RINGING)
# With all that a claim looks at: it is asked under the routing lock.
CLAIMED = (
    select(Offer)
    .where(Offer.id == bindparam("offer"))
    .options(joinedload(Offer.call).joinedload(Call.line), joinedload(Offer.agent))
    .execution_options(populate_existing=True)
)


class OfferGone(Exception):
    """The offer is no longer to be had: lapsed, withdrawn, or not this agent's."""

    permanent = True


def rings(offer_id: int) -> bool:
    """Whether that offer rings now; one that does not will never do so again."""
    return session.scalar(RINGS, {"offer": offer_id}) is not None


def claim(offer_id: int, *, leg: str, by: Seat, join_url: str) -> Call:
    """The agent's leg has arrived: the first to claim has the caller, who is ordered in.

    A repeat by the same leg answers alike; anything else raises OfferGone."""
    offer = session.scalar(CLAIMED, {"offer": offer_id})
    if offer is None or offer.agent_id != by.staff_id or offer.kind is not OfferKind.CALL:
        raise OfferGone
    if offer.agent_leg == leg and offer.state in (OfferState.CLAIMED, OfferState.CONNECTED):
        return offer.call
    if offer.state is not OfferState.RINGING or offer.call.status is not CallStatus.WAITING:
        raise OfferGone
    if offer.call.unrung and not callbacks.stands(offer.call):
        raise OfferGone
    at = now()
    offer.move_to(OfferState.CLAIMED, at)
    offer.claimed_at, offer.agent_leg = at, leg
    by.move_to(Activity.CONNECTING, at)
    by.missed = 0
    call = offer.call
    call.move_to(CallStatus.CONNECTING)
    call.agent_id, call.agent_leg, call.connecting_since = by.staff_id, leg, at
    call.citizen_joined_at = call.agent_joined_at = None
    if call.unrung:
        callbacks.ring(call)
    else:
        # He is on his way back already, or was sent elsewhere: what brings him in is the last word.
        orders.has_come(call, call.sid)
        orders.bring_in(call, call.sid, join_url, key=f"{call.id}:{offer.epoch}:join")
    note(call, "claimed", agent=by.staff_id, offer=offer.id)
    publish(desk_of(by.staff_id), "call-connecting", call=call.id)
    return call


def join(call: Call, leg: str, *, requeue_url: str) -> None:
    """Somebody entered the conference; when both are in, the talk has begun.

    A citizen whose agent vanished while he was on his way in is taken back to the queue."""
    if call.over:
        hindsight.were_together(call, leg)
        return
    if call.status is CallStatus.RATING:
        # A late report: what was ordered since, the good-bye, still has to be carried out.
        return
    at = now()
    if leg == call.sid:
        if call.status is CallStatus.WAITING:
            orders.redirect(call, leg, requeue_url, key=_requeue_key(call))
            return
        # He is where he was ordered to: a repeat would pull him out again.
        orders.has_come(call, leg)
        call.citizen_joined_at = call.citizen_joined_at or at
        call.tapped_at = call.tapped_at or at
    elif leg == call.agent_leg:
        call.agent_joined_at = call.agent_joined_at or at
    if call.status is CallStatus.CONNECTING and call.citizen_joined_at and call.agent_joined_at:
        _begin(call, at)


def lose_agent(call: Call, leg: str, *, requeue_url: str, given_up: bool = False) -> None:
    """The agent's leg is over and the citizen's is not: he is back in line at his own age.

    Whether he is in the conference already only his report could tell, which may be lost: he is
    ordered back in any case.  Whoever gives him up himself does not want him back; where a
    colleague is in the talk already he is with him."""
    if not has_lost(call, leg) or consulting.inherit(call, leg):
        return
    party = outside.of_call(call)
    if party is not None and party.outlives:
        # He stays with 110, hears it, and is first in line once it has gone.
        holding.release(call)
        call.agent_leg = None
        monitoring.follow(call)
        note(call, "left_with_police", agent=call.agent_id)
        return
    return_to_queue(call, given_up=given_up)
    if call.unrung:
        callbacks.agent_lost(call)
        return
    orders.redirect(call, call.sid, requeue_url, key=_requeue_key(call))


def has_lost(call: Call, leg: str) -> bool:
    """Whether the end of this agent's leg leaves a citizen behind: he had not finished."""
    unfinished = call.status in (CallStatus.CONNECTING, CallStatus.TALKING)
    return leg == call.agent_leg and unfinished and call.direction is not Direction.OUT


def has_agent(call: Call) -> bool:
    return call.agent_leg is not None and call.status in (CallStatus.CONNECTING, CallStatus.TALKING)


def return_to_queue(call: Call, *, given_up: bool = False) -> None:
    """The talk broke off without a finish: the caller keeps his age and is first in line."""
    at = now()
    talked = call.status is CallStatus.TALKING
    seat = session.get_one(Seat, call.agent_id)
    others.dismiss(call)
    _end_offer(call, OfferState.DECLINED if given_up else OfferState.FAILED, at)
    orders.leave_room(call, call.sid)
    pausing.resume(call)
    if talked:
        seats.wrap_up(seat, at)
    else:
        seats.free(seat, at, rest=offers.REST_AFTER_MISS)
    call.move_to(CallStatus.WAITING)
    call.agent_id = call.agent_leg = call.connecting_since = None
    call.citizen_joined_at = call.agent_joined_at = None
    place = waiting.place_of(call) or waiting.enter(
        call, _line(call), age_from=waiting.age_of(call)
    )
    # He has left the carrier's queue for us: nobody is rung before he proves that he is back.
    place.heard_at = None
    if talked:
        place.priority += VANISHED_BONUS
    note(call, "agent_lost", agent=seat.staff_id, talked=talked)
    publish(desk_of(seat.staff_id), "call-lost", call=call.id)


def finish(call: Call, *, by: Seat, rating_url: str) -> None:
    """The agent is done: the citizen goes on to the rating, the agent to wrap-up."""
    if call.status is not CallStatus.TALKING or call.agent_id != by.staff_id:
        return
    at = now()
    others.dismiss(call)
    call.finished_at = at
    if call.direction is Direction.OUT:
        end(call)
        orders.hang_up(call, call.sid)
        return
    call.move_to(CallStatus.RATING)
    orders.redirect(call, call.sid, rating_url, key=f"{call.id}:rating")
    orders.stop_recording(call, call.sid)
    if call.agent_leg:
        orders.hang_up(call, call.agent_leg)
    seats.wrap_up(by, at)
    note(call, "finished", agent=by.staff_id)
    publish(desk_of(by.staff_id), "call-ended", call=call.id)


def rate(call: Call, points: int) -> None:
    """The citizen's first word counts; a key that is no rating is no rating."""
    if call.rating is None and 1 <= points <= 5:
        call.rating = points
        note(call, "rated", points=points)


def end(call: Call, *, kept: Disposition | None = None) -> None:
    """The citizen's leg is over: everybody who was busy with him is free, exactly once.

    ``kept``: he leaves with a promise, and has not given up."""
    if call.over:
        return
    at = now()
    if others.go_on_with_police(call):
        publish(desk_of(call.agent_id or 0), MOVED, call=call.id)
    else:
        others.dismiss(call)
        _release_agent(call, at)
    place = waiting.place_of(call)
    if place is not None:
        waiting.leave(place, because="ended")
    offers.withdraw(call, because="caller_gone")
    orders.forget(call, call.sid)
    disposition = kept or hindsight.disposition_of(call)
    if disposition is Disposition.ABANDONED:
        # What was said and drafted before he was lost stays with whom he said it to.
        call.agent_id = hindsight.talked_last(call) or call.agent_id
    call.move_to(CallStatus.ENDED)
    call.ended_at, call.disposition = at, disposition
    note(call, "ended", disposition=disposition)


def _begin(call: Call, at: datetime) -> None:
    call.move_to(CallStatus.TALKING)
    call.answered_at = call.answered_at or at
    seat = session.get_one(Seat, call.agent_id)
    seat.move_to(Activity.TALKING, at)
    _end_offer(call, OfferState.CONNECTED, at)
    place = waiting.place_of(call)
    if place is not None:
        waiting.leave(place, because=waiting.ANSWERED)
    note(call, "talking", agent=seat.staff_id)
    # In this order: what is missed is locked before what is promised for it.
    settled = completion.settle_missed(call)
    callbacks.reached(call)
    if settled:
        note(call, "reached_again", agent=seat.staff_id, contacts=settled)
    publish(desk_of(seat.staff_id), "call-talking", call=call.id)


def _release_agent(call: Call, at: datetime) -> None:
    # In a call through the line a unit's clerk is in the agent's place, and has no seat.
    if call.status not in (CallStatus.CONNECTING, CallStatus.TALKING) or call.agent_id is None:
        return
    seat = session.get_one(Seat, call.agent_id)
    if call.status is CallStatus.TALKING:
        # The citizen's exit ended the conference, and with it the agent's leg; but where it was
        # told to outlast him, the word that it shall not any more may be late.
        if call.agent_leg and outside.was_with_police(call):
            orders.hang_up(call, call.agent_leg)
        seats.wrap_up(seat, at)
    else:
        seats.free(seat, at)
        if call.agent_leg:
            orders.hang_up(call, call.agent_leg)
    _end_offer(call, OfferState.WITHDRAWN, at)
    publish(desk_of(seat.staff_id), "call-ended", call=call.id)


def _end_offer(call: Call, state: OfferState, at: datetime) -> None:
    claimed = session.scalar(
        select(Offer).where(
            Offer.call_id == call.id,
            Offer.kind == OfferKind.CALL,
            Offer.state == OfferState.CLAIMED,
        )
    )
    if claimed is not None:
        claimed.move_to(state, at)


def _requeue_key(call: Call) -> str:
    return f"{call.id}:{call.epoch}:requeue"


def _line(call: Call) -> Line:
    return session.get_one(Line, call.line_id)
