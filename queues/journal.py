"""What happened in a call, written in the transaction that made it happen."""

from typing import Any

from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Call, CallEvent

FLOOR = "floor"


def note(call: Call, name: str, **detail: Any) -> None:
    """Add to the call's history and let the floor view know that something moved."""
    note_of(call.id, name, **detail)


def note_of(call_id: int, name: str, **detail: Any) -> None:
    """The same, of a call whose row is not at hand."""
    session.add(CallEvent(call_id=call_id, at=now(), name=name, detail=detail))
    publish(FLOOR, "floor-moved", call=call_id)


def alert(call: Call) -> None:
    """Leads hear of an emergency the moment it is spoken."""
    publish(FLOOR, "emergency", call=call.id, words=call.emergency)


def desk_of(agent_id: int) -> str:
    """The topic that an agent's desk listens to."""
    return f"agent:{agent_id}"
