"""Who else is in a talk, when it ends: colleagues, outside parties, leads, and 110, which may
stay."""

from infra.clock import now
from infra.events import publish
from models import Call, Outside, OutsideEnd
from queues import consults, monitoring, outside, seats
from queues.journal import desk_of
from telephony import orders


def leave_police(party: Outside) -> None:
    """The citizen hung up before; now the agent goes, or 110 does: the talk is over for both."""
    call, at = party.call, now()
    outside.dismiss(party, OutsideEnd.CALL_OVER)
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
    """The talk is over, or broke off: whoever was asked or rung into it is let go."""
    consults.dissolve_of(call)
    monitoring.dismiss(call)
    party = outside.of_call(call)
    if party is not None:
        outside.dismiss(party, OutsideEnd.CALL_OVER)
