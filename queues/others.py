"""Who else is in a talk, when it ends: colleagues, outside parties, leads, and 110, which may
stay."""

from sqlalchemy import BindParameter, bindparam, exists, select

from assist import alerts
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Alert, Call, Consult, Monitor, Outside, OutsideEnd, Panic
from queues import consults, monitoring, outside, panicking, seats
from queues.journal import desk_of
from telephony import orders

OF_CALL: BindParameter[int] = bindparam("call")
ATTENDED = select(
    exists().where(Consult.call_id == OF_CALL, Consult.live()),
    exists().where(Monitor.call_id == OF_CALL, Monitor.live()),
    exists().where(Outside.call_id == OF_CALL, Outside.live()),
    exists().where(Alert.call_id == OF_CALL, Alert.live()),
    exists().where(Panic.call_id == OF_CALL, Panic.open()),
)


def leave_police(party: Outside) -> None:
    """The citizen hung up before; now the agent goes, or 110 does: the talk is over for both."""
    call, at = party.call, now()
    outside.dismiss(party, OutsideEnd.CALL_OVER)
    panicking.end_of(call)
    if call.agent_leg:
        orders.hang_up(call, call.agent_leg)
    seats.wrap_up(party.by, at)
    publish(desk_of(party.by_id), "call-ended", call=call.id)


def go_on_with_police(call: Call) -> bool:
    """The citizen's exit does not end a talk with 110 in which the agent still is."""
    party = outside.of_call(call)
    if party is None or not party.outlives or call.agent_leg is None:
        return False
    # Without the citizen there is nobody to lead an agent through.
    monitoring.dismiss(call)
    return True


def dismiss(call: Call) -> None:
    """The talk is over, or broke off: whoever was asked or rung into it is let go, and no lead is
    called for.  Most talks have nobody else in them, which is asked in one question."""
    consulted, listened, joined, hand, panicked = session.execute(ATTENDED, {"call": call.id}).one()
    if consulted:
        consults.dissolve_of(call)
    if listened:
        monitoring.dismiss(call)
    party = outside.of_call(call) if joined else None
    if party is not None:
        outside.dismiss(party, OutsideEnd.CALL_OVER)
    if hand:
        alerts.lower_hand(call)
    if panicked:
        panicking.end_of(call)
