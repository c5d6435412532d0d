"""An agent's leg is over while he had a citizen: is the citizen still there?

The end of a conference ends both legs at once, and their reports come in any order.  Who still
lives is asked of the carrier, with no transaction open, instead of being guessed from the order.
"""

import structlog
from flask import Flask, current_app
from sqlalchemy import select

from infra.db import roll_back, serialise_routing, session, transaction
from models import Call, CallStatus, Outside, OutsideEnd, Seat
from queues import (
    calls,
    consulting,
    consults,
    monitoring,
    others,
    outside,
    routing,
    talk,
    telephoning,
)
from telephony import orders
from telephony.carrier import carrier
from telephony.errors import CarrierError

log = structlog.get_logger(__name__)

# Where a citizen goes whose talk is finished.
RATING = "/voice/rate"


def agent_leg_over(leg: str, *, requeue_url: str) -> None:
    """Whoever the agent left behind is first in line; if nobody is there any more, it is over."""
    behind = _left_behind(leg)
    if behind is None:
        consulted_over(leg)
        return
    if behind.unrung or _alive(behind.sid):
        settle(behind.id, leg, citizen_lives=True, requeue_url=requeue_url)
    else:
        # Both legs are over: it is the citizen's end, which need not wait for the routing pass.
        call_over(behind.sid)


def lead_leg_over(leg: str, *, requeue_url: str) -> None:
    """A lead's line is over: he has listened, or has taken the talk over, perhaps this moment."""
    if not monitoring.over(leg):
        roll_back()
        agent_leg_over(leg, requeue_url=requeue_url)


def consulted_over(leg: str) -> None:
    """It may be the leg of a colleague who was consulted, or of an agent whose citizen has left him
    with 110; the first words of a transaction."""
    found = consults.of_leg(leg)
    if found is None:
        _left_with_police(leg)
        return
    call_id = found.call_id
    roll_back()
    serialise_routing()
    session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
    consult = consults.of_leg(leg)
    if consult is not None:
        consulting.leave(consult)
        routing.run()


def outside_over(leg: str, *, requeue_url: str) -> None:
    """An outside party has hung up; the caller holds the routing lock."""
    party = outside.of_leg(leg)
    if party is not None:
        party_gone(party, OutsideEnd.LEFT, requeue_url=requeue_url)


def party_gone(party: Outside, because: OutsideEnd, *, requeue_url: str) -> None:
    """An outside party is in the talk no more; the caller holds the routing lock."""
    call = session.get_one(Call, party.call_id, with_for_update=True, populate_existing=True)
    # Behind the call's lock: somebody else may have ended it meanwhile.
    session.refresh(party)
    if party.ended_at is not None:
        return
    if call.over:
        others.leave_police(party)
    else:
        outside.dismiss(party, because)
        if call.agent_leg is None:
            # His agent's line was cut before: now nobody is with him.
            talk.return_to_queue(call)
            orders.redirect(call, call.sid, requeue_url, key=f"{call.id}:{call.epoch}:requeue")
    routing.run()


def _left_with_police(leg: str) -> None:
    over = (Call.agent_leg == leg) & (Call.status == CallStatus.ENDED)
    if session.scalar(select(Outside.id).join(Outside.call).where(over, Outside.live())) is None:
        return
    roll_back()
    serialise_routing()
    party = session.scalar(select(Outside).join(Outside.call).where(over, Outside.live()))
    if party is not None:
        others.leave_police(party)
        routing.run()


def call_over(leg: str) -> None:
    """The leg that a call stands and falls with is over; the first words of a transaction.

    Only who waits, is being connected or is in a consult has a place in line, a desk that rings or
    a seat that comes free by it: only his end is the routing pass's affair."""
    call = calls.of_leg(leg, lock=True)
    if call is None or call.over:
        return
    alone = consults.of_call(call) is None
    if alone and call.status not in (CallStatus.WAITING, CallStatus.CONNECTING):
        talk.end(call)
        return
    roll_back()
    serialise_routing()
    call = calls.of_leg(leg, lock=True)
    if call is not None:
        talk.end(call)
        routing.run()


def gone_unheard(leg: str, number: str) -> None:
    """A citizen's leg is over of which no document has reached us: he rang all the same.

    A document that comes later finds his call over, and makes no second one of a dead leg."""
    talk.end(calls.open(leg, number))


def gone_before_joining(call_id: int, leg: str) -> None:
    """The carrier cannot order the citizen in, because he has hung up: his agent learns it now."""
    with transaction():
        settle(call_id, leg, citizen_lives=False, requeue_url="")


def init_app(app: Flask) -> None:
    app.extensions.setdefault("gone_before_joining", []).append(gone_before_joining)


def settle(call_id: int, leg: str, *, citizen_lives: bool, requeue_url: str) -> None:
    """Write down what became of the call; must be the first words of a transaction."""
    serialise_routing()
    call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
    if not talk.has_lost(call, leg) and call.sid != leg:
        return
    if citizen_lives and telephoning.ends_talk(call, leg):
        seat = session.get_one(Seat, call.agent_id)
        talk.finish(call, by=seat, rating_url=_rating())
    elif citizen_lives and call.sid != leg:
        talk.lose_agent(call, leg, requeue_url=requeue_url)
    else:
        talk.end(call)
    routing.run()


def _rating() -> str:
    """The clock asks, too, which knows no doors."""
    public: str = current_app.config["SETTINGS"].public_url
    return public + RATING


def _left_behind(leg: str) -> Call | None:
    """The call that this leg has let down, or had dialled; read in a transaction of its own."""
    call = session.scalar(
        select(Call).where(
            Call.agent_leg == leg,
            Call.status.in_([CallStatus.CONNECTING, CallStatus.TALKING]),
        )
    )
    if call is not None:
        session.expunge(call)
    roll_back()
    return call


def _alive(leg: str) -> bool:
    """In doubt he lives: a caller taken back for nothing is better than one left in silence."""
    try:
        return carrier().alive(leg)
    except CarrierError as error:
        log.warning("the carrier does not say whether a citizen is there", error=str(error))
        return True
