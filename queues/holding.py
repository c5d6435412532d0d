"""保持: the citizen hears music while his agent looks something up, and nobody hears him.

He stays in the conference: what holds him, and lets him go on, are orders to the carrier."""

from infra.clock import now
from infra.events import publish
from models import Call, CallStatus, Direction, Seat
from queues.journal import desk_of, note
from telephony import orders

# Tells the desks of a talk that somebody is on hold, consulted, or gone.
MOVED = "talk-moved"


class NotNow(Exception):
    """The talk is not one in which this can be done."""

    permanent = True


def may(call: Call, seat: Seat) -> bool:
    """Whether it is this agent's talk, and one that goes through a conference: whom he dialled
    himself he is connected with directly."""
    talks = call.status is CallStatus.TALKING and call.direction is not Direction.OUT
    return talks and call.agent_id == seat.staff_id


def hold(call: Call, *, by: Seat, music: str) -> None:
    """Nothing happens to who is on hold already, or talks no more."""
    if not may(call, by) or call.held_since is not None:
        return
    call.held_since = now()
    call.holds += 1
    orders.hold(call, call.sid, music, key=f"{call.id}:hold:{call.holds}")
    note(call, "held", agent=by.staff_id)
    publish(desk_of(by.staff_id), MOVED, call=call.id)


def resume(call: Call, *, by: Seat) -> None:
    if may(call, by):
        release(call)


def release(call: Call) -> None:
    """He is heard again, by whoever is in his talk; nothing happens to who is not on hold."""
    if call.held_since is None:
        return
    call.held_since = None
    orders.resume(call, call.sid, key=f"{call.id}:resume:{call.holds}")
    note(call, "resumed", agent=call.agent_id)
    if call.agent_id is not None:
        publish(desk_of(call.agent_id), MOVED, call=call.id)
