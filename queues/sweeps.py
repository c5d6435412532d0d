"""What the clock does each second and every 15 s, so that nothing depends on a webhook arriving.

``tick`` asks nobody but the database; what asks the carrier is apart from it, because the carrier
may take its time."""

from collections.abc import Set
from datetime import timedelta

import structlog
from sqlalchemy import Select, func, select

from infra import apart, parallel, seldom
from infra.clock import now
from infra.db import serialise_routing, session, transaction
from models import NO_LEG_YET, Call, CallStatus, Direction, Place
from queues import (
    connecting,
    consulted,
    diverting,
    each_second,
    monitored,
    outgoing,
    routing,
    talk,
    vanishing,
)
from queues.connecting import Addresses
from telephony import orders
from telephony.carrier import carrier
from telephony.errors import CarrierError
from telephony.replies import LARGEST_QUEUE, QUEUE

log = structlog.get_logger(__name__)

# Younger calls may not be in the carrier's list yet.
SETTLED = timedelta(seconds=15)
# Wait documents are at most 20 s long; who fetched none for so long is perhaps in no queue.
UNHEARD = timedelta(seconds=45)
SPEAKS_FOR = timedelta(minutes=4)  # a message, the sentence before it and the silence after
# The others wait for the next look: each is an order, and all are ordered under the routing lock.
UNHEARD_AT_ONCE = 50


def tick() -> None:
    """What lapses, and the routing pass; a row that cannot be served stops no other."""
    found = each_second.due()
    if not any(found):
        return
    with transaction():
        serialise_routing()
        each_second.move(found)


def look_into_stuck(addresses: Addresses, at_once: int = 1) -> None:
    """Calls whose two people should be together by now and are not."""
    parallel.each(
        connecting.stuck(), lambda one: connecting.look_into(one, addresses), at_once=at_once
    )
    parallel.each(consulted.not_joined(), consulted.look_into, at_once=at_once)
    parallel.each(monitored.not_joined(), monitored.look_into, at_once=at_once)


def reconcile(addresses: Addresses, at_once: int = 1) -> None:
    """Compare our live calls with the carrier's legs, queues and conferences; what it has ended is
    ended here too."""
    at = now()
    try:
        live = carrier().live_legs()
    except CarrierError as error:
        seldom.tell(log.warning, "the carrier does not say who is on the line", error=str(error))
        return
    with transaction():
        settled = session.execute(
            select(Call.id, Call.sid, Call.agent_leg).where(
                Call.status != CallStatus.ENDED, Call.started_at < at - SETTLED
            )
        ).all()
    legs = live.keys()
    missing = [one for one in settled if not set(one[1:]) - {None} <= legs]
    parallel.each(missing, lambda one: _settle_missing(*one, legs, addresses), at_once=at_once)
    parallel.each(consulted.missing(legs), consulted.settle, at_once=at_once)
    parallel.each(
        consulted.outside_missing(legs),
        lambda leg: consulted.settle_outside(leg, requeue_url=addresses.requeue),
        at_once=at_once,
    )
    parallel.each(monitored.missing(legs), monitored.look_into, at_once=at_once)
    bridging = {parent for parent in live.values() if parent}
    _see_taken_over(bridging)
    _requeue_unheard(legs - bridging, addresses)
    _part_separated(addresses)
    _see_answered(bridging)


def make_room() -> None:
    """The carrier's queue holds as many as it can: beyond it a caller hears no wait document."""
    carrier().make_room(QUEUE, LARGEST_QUEUE)


def _settle_missing(
    call_id: int, sid: str, agent_leg: str | None, live: Set[str], addresses: Addresses
) -> None:
    if sid not in live and not sid.startswith(NO_LEG_YET):
        _end_if_gone(call_id, sid)
    elif agent_leg:
        _lose_if_gone(call_id, agent_leg, addresses)


def _end_if_gone(call_id: int, sid: str) -> None:
    try:
        if carrier().alive(sid):
            return
    except CarrierError:
        return
    with transaction():
        serialise_routing()
        talk.end(session.get_one(Call, call_id, with_for_update=True, populate_existing=True))
        routing.run()


def _lose_if_gone(call_id: int, agent_leg: str, addresses: Addresses) -> None:
    try:
        if carrier().alive(agent_leg):
            return
    except CarrierError:
        return
    with transaction():
        vanishing.settle(call_id, agent_leg, citizen_lives=True, requeue_url=addresses.requeue)


def _requeue_unheard(live: Set[str], addresses: Addresses) -> None:
    """A caller who waits for us but is in none of the carrier's queues is taken back into one.

    After an outage all have been silent for long and still wait where they were: who is queued is
    left there, and asks for the next document by himself."""
    with transaction():
        silent = set(session.scalars(_unheard().with_only_columns(Call.sid)))
    lost = silent & live
    if not lost:
        return
    try:
        lost -= carrier().queued_legs()
    except CarrierError as error:
        seldom.tell(log.warning, "the carrier does not say who is queued", error=str(error))
        return
    at = now()
    # The key lets it be ordered again in another minute, not twice in this one.
    minute = int(at.timestamp()) // 60
    with transaction():
        serialise_routing()
        apart.each(
            session.scalars(_unheard().where(Call.sid.in_(lost)).limit(UNHEARD_AT_ONCE)).all(),
            lambda call: _requeue(call, addresses.join, minute),
        )


def _requeue(call: Call, url: str, minute: int) -> None:
    diverting.come_back(call)
    orders.redirect(call, call.sid, url, key=f"{call.id}:unheard:{minute}")


def _see_taken_over(bridging: Set[str]) -> None:
    with transaction():
        serialise_routing()
        diverting.see_taken_over(bridging)


def _unheard() -> Select[Call]:
    at = now()
    return (
        select(Call)
        .join(Place, Place.call_id == Call.id)
        .where(
            Call.status == CallStatus.WAITING,
            Place.left_at.is_(None),
            func.coalesce(Place.last_heard_at, Place.entered_at) < at - UNHEARD,
            Place.speaks_since.is_(None) | (Place.speaks_since < at - SPEAKS_FOR),
            # He dials a partner city, and is in no queue.
            Place.diverting_since.is_(None) | (Place.diverting_since < at - diverting.RUNG_WITHIN),
        )
        .order_by(Place.id)
    )


def _part_separated(addresses: Addresses) -> None:
    """Talks whose conference the carrier knows no more, though both are on the line.

    What told of its end got lost: the citizen is taken back like any whose agent vanished."""
    with transaction():
        talking = session.execute(
            select(Call.id, Call.key, Call.agent_leg).where(
                Call.status == CallStatus.TALKING,
                Call.direction != Direction.OUT,
                Call.agent_joined_at < now() - SETTLED,
            )
        ).all()
    if not talking:
        return
    try:
        together = carrier().live_conferences()
    except CarrierError as error:
        seldom.tell(log.warning, "the carrier does not say who talks", error=str(error))
        return
    for call_id, key, agent_leg in talking:
        if agent_leg is not None and str(key) not in together:
            _part(call_id, agent_leg, addresses)


def _part(call_id: int, agent_leg: str, addresses: Addresses) -> None:
    with transaction():
        serialise_routing()
        call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
        if call.status is CallStatus.TALKING and call.agent_leg == agent_leg:
            talk.lose_agent(call, agent_leg, requeue_url=addresses.requeue)
            orders.hang_up(call, agent_leg)
            routing.run()


def _see_answered(bridging: Set[str]) -> None:
    """Agents who talk to whom they dialled; the report that he picked up was lost."""
    with transaction():
        serialise_routing()
        talking = session.scalars(
            select(Call)
            .where(
                Call.status == CallStatus.CONNECTING,
                Call.direction == Direction.OUT,
                Call.agent_id.is_not(None),
                Call.sid.in_(bridging),
            )
            .with_for_update()
        ).all()
        apart.each(talking, outgoing.answered)
