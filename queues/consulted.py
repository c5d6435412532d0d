"""Colleagues and outside parties whose reports are lost: the carrier is asked who is there."""

from collections.abc import Set
from datetime import timedelta

import structlog
from sqlalchemy import select

from infra import seldom
from infra.clock import now
from infra.db import serialise_routing, session, transaction
from models import Call, CallStatus, Consult, ConsultState, Outside, OutsideState
from queues import consulting, vanishing
from telephony.carrier import carrier
from telephony.errors import CarrierError

log = structlog.get_logger(__name__)

JOINS_WITHIN = timedelta(seconds=8)
# Younger legs may not be in the carrier's list yet.
SETTLED = timedelta(seconds=15)


def not_joined() -> list[str]:
    """Legs that have answered and were not seen in the conference in time."""
    return _legs(ConsultState.CONNECTING, older_than=JOINS_WITHIN)


def look_into(leg: str) -> None:
    with transaction():
        found = session.execute(
            select(Call.id, Call.key)
            .join(Consult, Consult.call_id == Call.id)
            .where(Consult.leg == leg, Consult.state == ConsultState.CONNECTING)
        ).one_or_none()
    if found is None:
        return
    call_id, key = found
    try:
        inside = {one.leg for one in carrier().participants(str(key))}
        lives = leg in inside or carrier().alive(leg)
    except CarrierError as error:
        seldom.tell(log.warning, "cannot look into a consult", call=call_id, error=str(error))
        return
    if not lives:
        with transaction():
            vanishing.consulted_over(leg)
    elif leg in inside:
        with transaction():
            call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
            consulting.join(call, leg)


def settle(leg: str) -> None:
    """The list may be older than the leg; where the carrier is silent he is taken to be there."""
    try:
        if carrier().alive(leg):
            return
    except CarrierError:
        return
    with transaction():
        vanishing.consulted_over(leg)


def missing(live: Set[str]) -> list[str]:
    """Legs that the carrier does not list any more."""
    joined = _legs(ConsultState.JOINED, ConsultState.CONNECTING, older_than=SETTLED)
    return [leg for leg in joined if leg not in live]


def outside_missing(live: Set[str]) -> list[str]:
    with transaction():
        joined = session.scalars(
            select(Outside.leg).where(
                Outside.state == OutsideState.JOINED, Outside.joined_at <= now() - SETTLED
            )
        ).all()
        # Of those that outlive the citizen the agent's leg may be gone unreported.
        agents = session.scalars(
            select(Call.agent_leg)
            .join(Outside, Outside.call_id == Call.id)
            .where(Outside.live(), Call.status == CallStatus.ENDED)
        ).all()
    return [leg for leg in [*joined, *agents] if leg is not None and leg not in live]


def settle_outside(leg: str, *, requeue_url: str) -> None:
    try:
        if carrier().alive(leg):
            return
    except CarrierError:
        return
    with transaction():
        serialise_routing()
        vanishing.outside_over(leg, requeue_url=requeue_url)
    with transaction():
        vanishing.consulted_over(leg)


def _legs(*states: ConsultState, older_than: timedelta) -> list[str]:
    with transaction():
        found = session.scalars(
            select(Consult.leg).where(
                Consult.state.in_(states), Consult.claimed_at <= now() - older_than
            )
        ).all()
    return [leg for leg in found if leg is not None]
