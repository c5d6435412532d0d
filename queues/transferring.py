"""直接转接: the citizen goes back to the queue, for a line or for one agent, at his own age.

An agent whom he is meant for is rung first and alone; where he does not answer, or is not free any
more, the citizen is offered to everybody of the line, as who waits there."""

from datetime import timedelta

from sqlalchemy import select

from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Activity, Call, Line, Offer, Place, Seat
from queues import consults, holding, outside, pausing, targets, waiting
from queues.consulting import NotFree
from queues.holding import NotNow
from queues.journal import desk_of, note
from queues.others import dismiss
from queues.seats import wrap_up
from telephony import orders

RING_FOR = timedelta(seconds=12)


def to_line(call: Call, line: Line, *, by: Seat, url: str) -> None:
    """Raises NotFree where nobody is signed on who could serve the line, and NotNow."""
    if not targets.staffed(line):
        raise NotFree
    _send(call, line, by=by, url=url)
    note(call, "sent_on", line=line.code, by=by.staff_id)


def to_agent(call: Call, whom: Seat, *, by: Seat, url: str) -> None:
    """Raises NotFree and NotNow."""
    if not targets.free(whom):
        raise NotFree
    line = session.get_one(Line, call.line_id)
    place = _send(call, line, by=by, url=url)
    place.meant_for_id = whom.staff_id
    note(call, "sent_on", agent=whom.staff_id, by=by.staff_id)


def ring_meant() -> int:
    """Ring whom callers are meant for, as soon as they are back in the carrier's queue; the caller
    holds the routing lock, and lets the pass run afterwards."""
    meant = session.scalars(
        select(Place).where(
            Place.meant_for_id.is_not(None), Place.left_at.is_(None), Place.heard_at.is_not(None)
        )
    ).all()
    return apart.each(meant, _ring)


def _ring(place: Place) -> None:
    seat = session.get_one(Seat, place.meant_for_id)
    if waiting.being_offered(place.call) is not None:
        return
    # Rung once: whatever becomes of it, from then on he is everybody's.
    place.meant_for_id = None
    if not targets.free(seat):
        return
    at, call = now(), place.call
    call.epoch += 1
    seat.move_to(Activity.RINGING, at)
    why = {"step": "transferred", "waited_s": round((at - place.entered_at).total_seconds())}
    offer = Offer(
        call_id=call.id,
        agent_id=seat.staff_id,
        epoch=call.epoch,
        offered_at=at,
        deadline=at + RING_FOR,
        why=why,
    )
    session.add(offer)
    session.flush()  # the desk is told its id
    note(call, "offered", agent=seat.staff_id, offer=offer.id, why=why)
    publish(desk_of(seat.staff_id), "offered", offer=offer.id)


def _send(call: Call, line: Line, *, by: Seat, url: str) -> Place:
    others = consults.of_call(call) or outside.of_call(call)
    if not holding.may(call, by) or others is not None:
        raise NotNow
    leg = call.agent_leg
    dismiss(call)
    orders.leave_room(call, call.sid)
    pausing.resume(call)
    place = waiting.enter(call, line, age_from=waiting.age_of(call))
    orders.redirect(call, call.sid, url, key=f"{call.id}:{place.id}:transfer")
    if leg:
        orders.hang_up(call, leg)
    call.agent_id = call.agent_leg = call.connecting_since = None
    call.citizen_joined_at = call.agent_joined_at = None
    wrap_up(by, now())
    publish(desk_of(by.staff_id), "call-ended", call=call.id)
    return place
