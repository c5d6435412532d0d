"""The carrier's doors of waiting and talking: wait document, dequeue, join, reports.

A door that may route, end a call or free a seat takes the routing lock, and takes it first.  The
others only lock their own call: most webhooks of a busy hour must not wait for each other."""

from flask import Blueprint, Response, current_app

from infra.db import serialise_routing
from models import Call, CallStatus, Direction
from queues import calls, outgoing, routing, talk, waiting
from queues.doors import (
    absolute,
    agent_joins,
    call_of_agent,
    enqueue,
    seat_of,
    where_he_belongs,
)
from telephony.replies import Reply
from telephony.webhook import call_document, param, signed, wait_document, words

bp = Blueprint("queues", __name__, url_prefix="/voice")

WAIT_SECONDS = 12
OFFERED_SECONDS = 2
LEG_IS_OVER = {"completed", "busy", "failed", "no-answer", "canceled"}


@bp.post("/wait")
@wait_document
def wait() -> Response:
    """The heartbeat of a waiting caller: at most 20 s of words and pause, asked for again.

    A leg that we know nothing of (its first webhook failed) gets its rows here."""
    asked = words()
    if not waiting.heard_before(asked.leg):
        serialise_routing()
    call = calls.open(asked.leg, asked.caller)
    if call.status is CallStatus.GREETED:
        waiting.enter(call, call.line or calls.general())
    if call.status is not CallStatus.WAITING:
        return Reply(call.language).leave_queue().send()
    place = waiting.place_of(call) or waiting.enter(call, call.line or calls.general())
    if waiting.hear(place):
        routing.run()
    return _wait_document(call)


@bp.post("/dequeued")
@call_document
def dequeued() -> Response:
    """The caller left the queue: on our word, by hanging up, or because something failed."""
    asked = words()
    gone = asked.queue_result in {"hangup", "system-error"}
    if gone:
        serialise_routing()
    call = calls.open(asked.leg, asked.caller)
    if gone:
        talk.end(call)
        routing.run()
        return Reply(call.language).hang_up().send()
    return where_he_belongs(call)


@bp.post("/join")
@call_document
def join() -> Response:
    asked = words()
    return where_he_belongs(calls.open(asked.leg, asked.caller))


@bp.post("/requeue")
@call_document
def requeue() -> Response:
    """His agent vanished: he hears so and waits on at his own age."""
    serialise_routing()
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.WAITING:
        return where_he_belongs(call)
    return enqueue(call, Reply(call.language).say("agent_lost"))


@bp.post("/agent")
@call_document
def agent() -> Response:
    """An agent's own browser phone arrives: it claims the offer that rang, or dials out."""
    serialise_routing()
    asked = words()
    seat = seat_of(asked.identity)
    offer, dial = param("offer"), param("dial")
    if seat is None or not (offer.isdigit() or dial.isdigit()):
        return Reply().say("taken").hang_up().send()
    try:
        if dial.isdigit():
            return _dial_out(*outgoing.arrive(int(dial), leg=asked.leg, by=seat))
        call = talk.claim(int(offer), leg=asked.leg, by=seat, join_url=absolute(".join"))
    except talk.OfferGone:
        return Reply().say("taken").hang_up().send()
    return agent_joins(call)


@bp.post("/agent-left")
@call_document
def agent_left() -> Response:
    """The agent's leg has left the conference; unless he finished, the caller must not be lost."""
    serialise_routing()
    _lose(words().leg)
    return Reply().hang_up().send()


@bp.post("/dialled")
@call_document
def dialled() -> Response:
    """The other side of a call that we placed has hung up or was not reached."""
    serialise_routing()
    call = calls.of_leg(words().leg)
    if call is not None:
        talk.end(call)
        routing.run()
    return Reply().hang_up().send()


@bp.post("/dialled-leg/<int:call_id>")
@signed
def dialled_leg(call_id: int) -> tuple[str, int]:
    """Reports of the outside telephone that an agent dials."""
    serialise_routing()
    call = calls.by_id(call_id)
    if call is not None and words().status == "in-progress":
        outgoing.answered(call)
    return "", 204


@bp.post("/status")
@signed
def status() -> tuple[str, int]:
    """A leg is over: the citizen's ends the call, an agent's may leave a citizen behind."""
    serialise_routing()
    asked = words()
    if asked.status in LEG_IS_OVER:
        call = calls.of_leg(asked.leg)
        if call is not None:
            talk.end(call)
        _lose(asked.leg)
        routing.run()
    return "", 204


@bp.post("/conference")
@signed
def conference() -> tuple[str, int]:
    asked = words()
    if asked.event == "participant-leave":
        serialise_routing()
    call = calls.by_key(asked.conference)
    if call is None:
        return "", 204
    if asked.event == "participant-join":
        talk.join(call, asked.leg)
    elif asked.event == "participant-leave" and asked.leg == call.sid:
        talk.citizen_left(call)
    elif asked.event == "participant-leave":
        _lose(asked.leg)
    return "", 204


@bp.post("/after")
@call_document
def after() -> Response:
    """The citizen is out of the conference and still on the line."""
    serialise_routing()
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.agent_leg is not None and call.status in (CallStatus.CONNECTING, CallStatus.TALKING):
        talk.return_to_queue(call)
        return enqueue(call, Reply(call.language).say("agent_lost"))
    return where_he_belongs(call)


def _lose(leg: str) -> None:
    call = call_of_agent(leg)
    if call is not None and call.direction is Direction.IN:
        talk.lose_agent(call, leg, requeue_url=absolute(".requeue"))
        routing.run()


def _dial_out(call: Call, number: str) -> Response:
    shown: str = current_app.config["SETTINGS"].hotline_number
    return (
        Reply(call.language)
        .record(absolute("recordings.arrived"))
        .transcribe(f"agent-{call.key}", absolute("recordings.words", party="agent"))
        .dial(
            number,
            shown=shown,
            after=absolute(".dialled"),
            reports=absolute(".dialled_leg", call_id=str(call.id)),
        )
        .send()
    )


def _wait_document(call: Call) -> Response:
    reply = Reply(call.language)
    if waiting.being_offered(call):
        return reply.pause(OFFERED_SECONDS).send()
    place = waiting.place_of(call)
    ahead = None if place is None else waiting.news_for(place)
    if ahead:
        reply.say("position", ahead=ahead)
    elif ahead == 0:
        reply.say("next")
    return reply.pause(WAIT_SECONDS).send()
