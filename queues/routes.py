"""The carrier's doors of waiting and talking: wait document, dequeue, join, reports.

A door that may route, end a wait or free a seat takes the routing lock, and takes it first.  The
others only lock their own call: most webhooks of a busy hour must not wait for each other.  What
they change the clock's pass sees within a second."""

import structlog
from flask import Blueprint, Response, current_app

from infra.db import roll_back, serialise_routing, session
from models import Call, CallStatus, Offer, OfferKind, Party, Role, Seat
from queues import (
    calls,
    consulting,
    diverting,
    monitoring,
    outgoing,
    promised,
    routing,
    talk,
    transferring,
    vanishing,
    waiting,
)
from queues.doors import (
    absolute,
    agent_joins,
    enqueue,
    is_lead,
    lead_joins,
    lead_of,
    seat_of,
    where_he_belongs,
)
from queues.wait_document import no_longer_waiting, wait_document_of
from telephony import orders
from telephony.replies import Reply
from telephony.webhook import agent_document, call_document, signed, wait_document
from telephony.words import param_number, words

log = structlog.get_logger(__name__)
bp = Blueprint("queues", __name__, url_prefix="/voice")

# A caller who has waited longer has fetched a wait document before: nothing new is to be routed.
JUST_ENQUEUED = 2
OFFERED_SECONDS = 2
LEG_IS_OVER = {"completed", "busy", "failed", "no-answer", "canceled"}


@bp.post("/wait")
@wait_document
def wait() -> Response:
    """The heartbeat of a waiting caller: at most 20 s of words and music, asked for again.

    A leg that we know nothing of (its first webhook failed) gets its rows here."""
    asked = words()
    new = asked.queue_seconds < JUST_ENQUEUED
    routes = new and routing.anybody_free()
    if routes:
        _begin_to_route()
    call = calls.open(asked.leg, asked.caller)
    if call.status is CallStatus.GREETED:
        waiting.enter(call, call.line or calls.general())
    if call.status is not CallStatus.WAITING or diverting.is_there(call):
        return no_longer_waiting(call)
    place = waiting.place_of(call) or waiting.enter(call, call.line or calls.general())
    if place.speaks_since is not None:
        # He wants to leave a message, and the word that leads him to the tone got lost.
        return Reply(call.language).leave_queue().send()
    # The carrier repeats a document whose answer it did not get.
    heard_before = None if new else place.last_heard_at
    first = waiting.hear(place)
    # Where the first document was lost, or nobody was free, the clock's next pass finds the caller.
    if first and routes:
        transferring.ring_meant()
        routing.run()
    return wait_document_of(call, place, heard_before=heard_before, brief=routes)


@bp.post("/dequeued")
@call_document
def dequeued() -> Response:
    """The caller left the queue alive: on our word, or because it is full or has failed.

    A full queue gives him no wait document: that he asks here proves as well that he is there, and
    he is offered like everybody else."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    place = waiting.place_of(call)
    if call.status is CallStatus.WAITING and place is not None and place.speaks_since is not None:
        return promised.takes_message(call)
    if call.status is CallStatus.WAITING:
        waiting.hear(place or waiting.enter(call, call.line or calls.general()))
        # Back to a queue that failed, but not in a circle that lets no time pass.
        return enqueue(call, Reply(call.language).say("still_waiting").pause(OFFERED_SECONDS))
    return where_he_belongs(call)


@bp.post("/join")
@call_document
def join() -> Response:
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    orders.has_come(call, call.sid)
    return where_he_belongs(call)


@bp.post("/requeue")
@call_document
def requeue() -> Response:
    """His agent vanished: he hears so and waits on at his own age."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.WAITING:
        return where_he_belongs(call)
    orders.has_come(call, call.sid)
    return enqueue(call, Reply(call.language).say("agent_lost"))


@bp.post("/agent")
@agent_document
def agent() -> Response:
    """An agent's own browser phone arrives: it claims the offer that rang, or dials out.

    An offer that rings no more changes nothing: the answer is the same as before, or "taken"."""
    asked = words()
    if is_lead(asked.identity):
        return _listen_in(asked.identity, asked.leg)
    seat = seat_of(asked.identity)
    offer, dial = param_number("offer"), param_number("dial")
    leads = seat is not None and seat.staff.may(Role.LEAD)
    if dial is not None or (offer is not None and talk.rings(offer)):
        _begin_to_route()
        if seat is not None and leads:
            monitoring.let_go(seat.staff)
    try:
        if seat is not None and dial is not None:
            return _dial_out(*outgoing.arrive(dial, leg=asked.leg, by=seat))
        if seat is not None and offer is not None:
            return agent_joins(_claim(offer, leg=asked.leg, by=seat))
    except talk.OfferGone:
        log.info("an offer is no longer to be had", offer=offer, dial=dial)
    return Reply().say("taken").hang_up().send()


@bp.post("/dialled")
@agent_document
def dialled() -> Response:
    """The other side of a call that we placed has hung up or was not reached.

    Whether they spoke is said here alone; the report of the pick-up may have been lost, too."""
    asked = words()
    call = calls.of_leg(asked.leg, lock=True)
    if call is not None:
        outgoing.over(call, bridged=asked.bridged, seconds=asked.bridged_seconds)
    vanishing.call_over(asked.leg)
    return Reply().hang_up().send()


@bp.post("/notice/<language>")
@call_document
def notice(language: str) -> Response:
    """Heard by whom an agent has dialled, before the two are connected; it asks no database."""
    return Reply(language).say(outgoing.NOTICE).send()


@bp.post("/dialled-leg/<int:call_id>")
@signed
def dialled_leg(call_id: int) -> tuple[str, int]:
    """Reports of the outside telephone that an agent dials."""
    if words().status != "in-progress":
        return "", 204
    call = calls.by_id(call_id)
    if call is not None:
        outgoing.answered(call)
    return "", 204


@bp.post("/status")
@signed
def status() -> tuple[str, int]:
    """A leg is over: the citizen's ends the call, an agent's may leave a citizen behind."""
    asked = words()
    if asked.status not in LEG_IS_OVER:
        return "", 204
    if asked.identity is not None:
        over = vanishing.lead_leg_over if is_lead(asked.identity) else vanishing.agent_leg_over
        over(asked.leg, requeue_url=absolute(".requeue"))
        return "", 204
    if calls.of_leg(asked.leg) is None:
        vanishing.gone_unheard(asked.leg, asked.caller)
    else:
        vanishing.call_over(asked.leg)
    return "", 204


@bp.post("/conference")
@signed
def conference() -> tuple[str, int]:
    """Somebody is in; who has left is said by the report of his leg."""
    asked = words()
    call = calls.by_key(asked.conference)
    joined = call is not None and asked.event == "participant-join"
    if call is None or not joined:
        return "", 204
    # Whose talk it is need not be looked for among those who have come besides.
    own = asked.leg in (call.sid, call.agent_leg)
    if own or not (consulting.join(call, asked.leg) or monitoring.join(call, asked.leg)):
        talk.join(call, asked.leg, requeue_url=absolute(".requeue"))
    return "", 204


@bp.post("/after")
@call_document
def after() -> Response:
    """The citizen is out of the conference and still on the line."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if not talk.has_agent(call):
        return where_he_belongs(call)
    _begin_to_route()
    call = calls.open(asked.leg, asked.caller)
    if talk.has_agent(call):
        talk.return_to_queue(call)
        return enqueue(call, Reply(call.language).say("agent_lost"))
    return where_he_belongs(call)


def _listen_in(identity: str | None, leg: str) -> Response:
    """A lead's browser phone arrives.  Under the routing lock, as a desk's: he has one voice."""
    _begin_to_route()
    lead, monitor = lead_of(identity), param_number("monitor")
    if lead is not None and monitor is not None:
        call = monitoring.claim(monitor, leg=leg, by=lead)
        if call is not None:
            return lead_joins(call)
    return Reply().say("taken").hang_up().send()


def _claim(offer_id: int, *, leg: str, by: Seat) -> Call:
    """A caller's offer, or a colleague's question.  Raises OfferGone."""
    offer = session.get(Offer, offer_id)
    if offer is None or offer.kind is OfferKind.CALL:
        return talk.claim(offer_id, leg=leg, by=by, join_url=absolute(".join"))
    session.refresh(offer)
    call = consulting.claim(offer, leg=leg, by=by)
    if call is None:
        raise talk.OfferGone
    return call


def _begin_to_route() -> None:
    """What was read before was read without the lock, which must be the first of a transaction."""
    roll_back()
    serialise_routing()


def _dial_out(call: Call, number: str) -> Response:
    shown: str = current_app.config["SETTINGS"].hotline_number
    return (
        Reply(call.language)
        .record(absolute("recordings.arrived"))
        .transcribe(str(call.key), absolute("recordings.words", speaker=Party.AGENT))
        .dial(
            number,
            shown=shown,
            after=absolute(".dialled"),
            reports=absolute(".dialled_leg", call_id=str(call.id)),
            notice=absolute(".notice", language=call.language),
        )
        .send()
    )
