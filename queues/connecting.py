"""Calls whose two people should be together by now: the carrier is asked whether they are."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select

from infra import seldom
from infra.clock import now
from infra.db import serialise_routing, session, transaction
from models import NO_LEG_YET, Call, CallStatus, Direction, Offer
from queues import routing, talk
from telephony import orders
from telephony.carrier import carrier
from telephony.errors import CarrierError

log = structlog.get_logger(__name__)

CONNECTED_WITHIN = timedelta(seconds=8)
RAREST_LOOK = timedelta(seconds=30)


@dataclass(frozen=True)
class Addresses:
    """Where the carrier takes a leg that lost its way."""

    join: str
    requeue: str


def stuck() -> list[int]:
    with transaction():
        stuck = session.scalars(
            select(Call.id).where(
                Call.status == CallStatus.CONNECTING,
                Call.direction != Direction.OUT,
                Call.sid.not_like(f"{NO_LEG_YET}%"),
                Call.connecting_since <= now() - CONNECTED_WITHIN,
            )
        ).all()
    return list(stuck)


def look_into(call_id: int, addresses: Addresses) -> None:
    """Look before redirecting again: a second redirect would pull a caller out who is in."""
    with transaction():
        call = session.get_one(Call, call_id)
        conference, sid, agent_leg = call.conference, call.sid, call.agent_leg
    try:
        inside = {one.leg for one in carrier().participants(conference)}
        citizen_lives = sid in inside or carrier().alive(sid)
        agent_lives = agent_leg in inside or (agent_leg is not None and carrier().alive(agent_leg))
    except CarrierError as error:
        seldom.tell(log.warning, "cannot look into a conference", call=call_id, error=str(error))
        _look_again_later(call_id, agent_leg)
        return
    with transaction():
        serialise_routing()
        call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
        if call.status is not CallStatus.CONNECTING or call.agent_leg != agent_leg:
            return
        if not citizen_lives:
            talk.end(call)
        elif not agent_lives:
            talk.lose_agent(call, agent_leg or "", requeue_url=addresses.requeue)
        else:
            _bring_together(call, inside, addresses)
        routing.run()


def _look_again_later(call_id: int, agent_leg: str | None) -> None:
    """A carrier that fails is asked ever more rarely: half as long again as the two have waited."""
    at = now()
    with transaction():
        call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
        if call.status is not CallStatus.CONNECTING or call.agent_leg != agent_leg:
            return
        claimed = select(Offer.claimed_at).where(Offer.agent_leg == agent_leg)
        waited = at - (session.scalar(claimed) or at)
        call.connecting_since = at - CONNECTED_WITHIN + min(RAREST_LOOK, waited / 2)


def _bring_together(call: Call, inside: set[str], addresses: Addresses) -> None:
    at = now()
    for leg in (call.sid, call.agent_leg):
        if leg in inside:
            talk.join(call, leg, requeue_url=addresses.requeue)
    if call.sid not in inside:
        # Two of them would pull him out again.
        orders.has_come(call, call.sid)
        orders.bring_in(
            call, call.sid, addresses.join, key=f"{call.id}:{call.epoch}:join:{int(at.timestamp())}"
        )
    call.connecting_since = at
