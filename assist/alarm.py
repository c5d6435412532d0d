"""Somebody speaks of danger: his call goes first, his agent sees it, every lead hears of it."""

from datetime import timedelta

from sqlalchemy import select

from assist.emergency import Danger
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import EMERGENCY_PRIORITY, Call, CallEvent, Place

FLOOR = "floor"
# So long it stands on every lead's page, and on the desk where he calls again.
DANGER_TOLD_FOR = timedelta(hours=12)
# What every desk listens to: somebody in danger begins to wait, or waits no longer.
DANGER = "danger"


def raise_for(call: Call, danger: Danger) -> None:
    """The first danger of a call is told; whoever waits, or has to wait again, is first in line."""
    if call.emergency is not None:
        return
    call.emergency = danger.words
    call.priority = EMERGENCY_PRIORITY
    place = session.scalar(
        select(Place).where(Place.call_id == call.id, Place.left_at.is_(None)).with_for_update()
    )
    if place is not None:
        # He waits already, or will again in this place, and his line holds him back no more.
        place.priority = max(place.priority, 0) + EMERGENCY_PRIORITY
    session.add(
        CallEvent(call_id=call.id, at=now(), name="emergency", detail={"words": danger.words})
    )
    publish(FLOOR, "floor-moved")
    publish(FLOOR, "emergency", call=call.id, words=danger.words)
    publish(DANGER, "danger-moved")
    if call.agent_id is not None:
        # The agent's desk draws its call anew.
        publish(f"agent:{call.agent_id}", "seat-moved")
