"""咨询转接: a colleague is asked into the talk, and may be given the citizen.

All are in the call's one conference; who is on hold says who talks with whom:

    consulting   the citizen is on hold
    swapped      the colleague is on hold
    three-way    nobody is

The colleague's desk rings by an offer of its own kind, so that he is rung for one thing at a time.
Whoever changes a consult holds the routing lock: seats are taken and come free by it."""

from datetime import timedelta

from assist import alerts
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import (
    LONGEST_QUESTION,
    Activity,
    Call,
    CallStatus,
    Consult,
    ConsultEnd,
    ConsultState,
    Offer,
    OfferKind,
    OfferState,
    Seat,
)
from queues import consults, holding, monitoring, outside, seats, targets
from queues.holding import NotNow
from queues.journal import desk_of, note
from telephony import orders

RING_FOR = timedelta(seconds=20)


class NotFree(Exception):
    """Nobody there can be asked now."""

    permanent = False


def ask(call: Call, whom: Seat, *, by: Seat, question: str, music: str) -> Consult:
    """Ring the colleague; the citizen is on hold from now on.  Raises NotFree and NotNow."""
    others = consults.of_call(call) or outside.of_call(call)
    if not holding.may(call, by) or others is not None:
        raise NotNow
    if not targets.free(whom):
        raise NotFree
    at = now()
    call.epoch += 1
    whom.move_to(Activity.RINGING, at)
    offer = Offer(
        call_id=call.id,
        agent_id=whom.staff_id,
        kind=OfferKind.CONSULT,
        epoch=call.epoch,
        offered_at=at,
        deadline=at + RING_FOR,
        why={"step": "consult"},
    )
    consult = Consult(
        call=call,
        by=by,
        agent=whom,
        offer=offer,
        question=question.strip()[:LONGEST_QUESTION],
        asked_at=at,
    )
    session.add(consult)
    session.flush()  # the desk is told the offer's id
    holding.hold(call, by=by, music=music)
    note(call, "consult_asked", agent=whom.staff_id, offer=offer.id)
    publish(desk_of(whom.staff_id), "offered", offer=offer.id)
    publish(desk_of(by.staff_id), holding.MOVED, call=call.id)
    return consult


def claim(offer: Offer, *, leg: str, by: Seat) -> Call | None:
    """The colleague's leg has arrived; a repeat answers alike.  None: he is asked no more."""
    consult = consults.of_offer(offer)
    if consult is None or consult.agent_id != by.staff_id:
        return None
    if consult.leg == leg:
        return consult.call
    if offer.state is not OfferState.RINGING:
        return None
    at = now()
    offer.move_to(OfferState.CLAIMED, at)
    offer.claimed_at = consult.claimed_at = at
    offer.agent_leg = consult.leg = leg
    consult.move_to(ConsultState.CONNECTING)
    by.move_to(Activity.CONNECTING, at)
    by.missed = 0
    publish(desk_of(by.staff_id), "call-connecting", call=consult.call_id)
    publish(desk_of(consult.by_id), holding.MOVED, call=consult.call_id)
    return consult.call


def join(call: Call, leg: str) -> bool:
    """The colleague is in the conference.  False: it is not his leg that joined."""
    consult = consults.of_call(call)
    if consult is None or consult.leg != leg:
        return False
    if consult.state is not ConsultState.CONNECTING:
        return True
    at = now()
    consult.move_to(ConsultState.JOINED)
    consult.joined_at = at
    consult.offer.move_to(OfferState.CONNECTED, at)
    consult.agent.move_to(Activity.TALKING, at)
    note(call, "consult_joined", agent=consult.agent_id)
    publish(desk_of(consult.agent_id), "call-talking", call=call.id)
    publish(desk_of(consult.by_id), holding.MOVED, call=call.id)
    return True


def swap(call: Call, *, by: Seat, music: str) -> None:
    """From the colleague to the citizen, and back again."""
    consult = _joined(call, by)
    if call.held_since is None:
        _let_hear(consult)
        holding.hold(call, by=by, music=music)
    else:
        _part(consult, music)
        holding.release(call)
    _tell(consult)


def bring_together(call: Call, *, by: Seat) -> None:
    """三方通话: all three hear each other."""
    consult = _joined(call, by)
    _let_hear(consult)
    holding.release(call)
    note(call, "three_way", agent=consult.agent_id)
    _tell(consult)


def complete(call: Call, *, by: Seat) -> None:
    """The citizen is the colleague's now, and who asked him is done."""
    consult = _joined(call, by)
    leg = call.agent_leg
    hand_over(consult)
    if leg:
        orders.hang_up(call, leg)
    seats.wrap_up(by, now())
    note(call, "transferred", agent=consult.agent_id, by=by.staff_id)
    publish(desk_of(by.staff_id), "call-ended", call=call.id)


def cancel(call: Call, *, by: Seat) -> None:
    """He is asked no more, or let go; nothing happens where nobody is asked."""
    consult = consults.of_call(call)
    if consult is not None and consult.by_id == by.staff_id:
        consults.dissolve(consult, ConsultEnd.CANCELLED, OfferState.WITHDRAWN)


def leave(consult: Consult) -> None:
    """The colleague goes, or his line broke off; who is still rung declines."""
    if consult.offer.state is OfferState.RINGING:
        consults.dissolve(consult, ConsultEnd.DECLINED, OfferState.DECLINED)
    else:
        consults.dissolve(consult, ConsultEnd.LEFT, OfferState.FAILED)


def inherit(call: Call, leg: str) -> bool:
    """The agent's line broke off while a colleague is in the talk: the citizen is his at once.

    False: there is nobody who could go on with him."""
    consult = consults.of_call(call)
    vanished = leg == call.agent_leg and call.status is CallStatus.TALKING
    if consult is None or not consult.joined or not vanished:
        return False
    seat = consult.by
    hand_over(consult)
    seats.wrap_up(seat, now())
    note(call, "taken_over", agent=consult.agent_id, by=seat.staff_id)
    publish(desk_of(seat.staff_id), "call-ended", call=call.id)
    return True


def hand_over(consult: Consult) -> None:
    """Whose call it is; what was the colleague's offer is now that of the call."""
    call = consult.call
    _let_hear(consult)
    call.agent_id, call.agent_leg = consult.agent_id, consult.leg
    call.agent_joined_at = consult.joined_at
    consult.offer.kind = OfferKind.CALL
    consults.close(consult, ConsultEnd.COMPLETED)
    monitoring.follow(call)
    # It was not his who has the call now.
    alerts.lower_hand(call)


def _joined(call: Call, by: Seat) -> Consult:
    consult = consults.of_call(call)
    if consult is None or consult.by_id != by.staff_id or not consult.joined:
        raise NotNow
    return consult


def _part(consult: Consult, music: str) -> None:
    if consult.held_since is not None or consult.leg is None:
        return
    consult.held_since = now()
    consult.holds += 1
    key = f"{consult.call_id}:{consult.leg}:hold:{consult.holds}"
    orders.hold(consult.call, consult.leg, music, key=key)


def _let_hear(consult: Consult) -> None:
    if consult.held_since is None or consult.leg is None:
        return
    consult.held_since = None
    key = f"{consult.call_id}:{consult.leg}:resume:{consult.holds}"
    orders.resume(consult.call, consult.leg, key=key)


def _tell(consult: Consult) -> None:
    for agent_id in (consult.by_id, consult.agent_id):
        publish(desk_of(agent_id), holding.MOVED, call=consult.call_id)
