"""暂停录音: what must not be kept, a card's number or a code, is neither recorded nor written down.

It goes on by itself when the agent forgets it."""

from datetime import timedelta

from sqlalchemy import select

from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Call, CallStatus, Order, OrderState, PauseReason, Seat
from queues.holding import MOVED
from queues.journal import desk_of, note
from telephony import orders

PAUSED_FOR = timedelta(seconds=90)


def may(call: Call, seat: Seat) -> bool:
    return call.status is CallStatus.TALKING and call.agent_id == seat.staff_id


def pause(call: Call, reason: PauseReason, *, by: Seat) -> None:
    """Nothing happens to a recording that is paused already."""
    if not may(call, by) or call.unrecorded_until is not None:
        return
    call.unrecorded_until = now() + PAUSED_FOR
    call.pauses += 1
    orders.pause_recording(call, call.sid, key=_ordered(call))
    note(call, "recording_paused", agent=by.staff_id, reason=reason)
    publish(desk_of(by.staff_id), MOVED, call=call.id)


def obeyed(call: Call) -> OrderState | None:
    """How far the carrier is with this pause: until it is done, what is said is still recorded.
    None while nothing is paused."""
    if call.unrecorded_until is None:
        return None
    return session.scalar(select(Order.state).where(Order.key == _ordered(call)))


def resume(call: Call) -> None:
    if call.unrecorded_until is None:
        return
    call.unrecorded_until = None
    orders.resume_recording(call, call.sid, key=f"{call.id}:resume_recording:{call.pauses}")
    note(call, "recording_resumed", agent=call.agent_id)
    if call.agent_id is not None:
        publish(desk_of(call.agent_id), MOVED, call=call.id)


def resume_due() -> int:
    """What was paused long enough."""
    due = session.scalars(
        select(Call).where(Call.unrecorded_until <= now()).with_for_update(skip_locked=True)
    ).all()
    return apart.each(due, resume)


def _ordered(call: Call) -> str:
    return f"{call.id}:pause_recording:{call.pauses}"
