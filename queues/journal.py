"""What happened in a call, written in the transaction that made it happen."""

from typing import Any

from assist.alarm import FLOOR
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Call, CallEvent


def note(call: Call, name: str, **detail: Any) -> None:
    """Add to the call's history and let the floor view know that something moved."""
    session.add(CallEvent(call_id=call.id, at=now(), name=name, detail=detail))
    publish(FLOOR, "floor-moved")


def desk_of(agent_id: int) -> str:
    """The topic that an agent's desk listens to."""
    return f"agent:{agent_id}"
