"""Leads in talks whose reports are lost: the carrier is asked whether they are there."""

from collections.abc import Set
from datetime import timedelta

import structlog
from sqlalchemy import select

from infra import seldom
from infra.clock import now
from infra.db import session, transaction
from models import Call, Monitor, MonitorEnd, MonitorState
from queues import monitoring
from telephony.carrier import carrier
from telephony.errors import CarrierError

log = structlog.get_logger(__name__)

JOINS_WITHIN = timedelta(seconds=8)
# Younger legs may not be in the carrier's list yet.
SETTLED = timedelta(seconds=15)


def not_joined() -> list[str]:
    """Legs that have answered and were not seen in the conference in time."""
    connecting = (Monitor.live(), Monitor.state == MonitorState.CONNECTING)
    late = (*connecting, Monitor.claimed_at <= now() - JOINS_WITHIN)
    with transaction():
        found = session.scalars(select(Monitor.leg).where(*late)).all()
    return [leg for leg in found if leg is not None]


def missing(live: Set[str]) -> list[str]:
    """Legs that the carrier does not list any more."""
    settled = (Monitor.live(), Monitor.claimed_at <= now() - SETTLED)
    with transaction():
        found = session.scalars(select(Monitor.leg).where(*settled)).all()
    return [leg for leg in found if leg is not None and leg not in live]


def look_into(leg: str) -> None:
    """In the conference, elsewhere, or gone; where the carrier is silent it is asked again."""
    with transaction():
        found = session.execute(
            select(Call.id, Call.key)
            .join(Monitor, Monitor.call_id == Call.id)
            .where(Monitor.leg == leg, Monitor.live())
        ).one_or_none()
    if found is None:
        return
    call_id, key = found
    try:
        inside = leg in {one.leg for one in carrier().participants(str(key))}
        lives = inside or carrier().alive(leg)
    except CarrierError as error:
        seldom.tell(log.warning, "cannot look into a monitor", call=call_id, error=str(error))
        return
    with transaction():
        call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
        if inside:
            monitoring.join(call, leg)
        elif not lives:
            monitor = monitoring.of_leg(leg)
            if monitor is not None:
                monitoring.end(monitor, MonitorEnd.LEFT)
