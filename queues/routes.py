"""The carrier's doors of waiting and talking: wait document, dequeue, join, agent's leg, events."""

from flask import Blueprint, Response, current_app, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.db import serialise_routing, session
from models import Call, CallStatus, Seat
from queues import routing, talk, waiting
from telephony.replies import Reply
from telephony.webhook import Words, param, signed, words

bp = Blueprint("queues", __name__, url_prefix="/voice")

WAIT_SECONDS = 15
OFFERED_SECONDS = 2


@bp.post("/wait")
@signed
def wait() -> Response:
    """The heartbeat of a waiting caller: at most 20 s of words and pause, asked for again."""
    serialise_routing()
    call = _call(words())
    if call is None or call.over:
        return Reply().pause(OFFERED_SECONDS).send()
    if call.status is CallStatus.CONNECTING:
        return Reply(call.language).leave_queue().send()
    place = waiting.enter(call, call.line or _general()) if call.line_id else None
    if place is None:
        return Reply(call.language).pause(OFFERED_SECONDS).send()
    if waiting.hear(place):
        routing.run()
    return _wait_document(call)


@bp.post("/dequeued")
@signed
def dequeued() -> Response:
    """The caller left the queue: on our word, by hanging up, or because something failed."""
    serialise_routing()
    asked = words()
    call = _call(asked)
    if call is None:
        return Reply().hang_up().send()
    if asked.queue_result in {"hangup", "system-error"}:
        talk.end(call)
        routing.run()
        return Reply(call.language).hang_up().send()
    return _to_where_he_belongs(call)


@bp.post("/join")
@signed
def join() -> Response:
    serialise_routing()
    call = _call(words())
    if call is None:
        return Reply().hang_up().send()
    return _to_where_he_belongs(call)


@bp.post("/requeue")
@signed
def requeue() -> Response:
    """His agent vanished: he hears so and waits on at his own age."""
    serialise_routing()
    call = _call(words())
    if call is None or call.over:
        return Reply().hang_up().send()
    return _enqueue(Reply(call.language).say("agent_lost"))


@bp.post("/agent")
@signed
def agent() -> Response:
    """The agent's own browser phone arrives and claims the offer that rang at his desk."""
    serialise_routing()
    asked = words()
    seat = _seat(asked.identity)
    offer = param("offer")
    if seat is None or not offer.isdigit():
        return Reply().say("taken").hang_up().send()
    try:
        call = talk.claim(int(offer), leg=asked.leg, by=seat, join_url=_absolute(".join"))
    except talk.OfferGone:
        return Reply().say("taken").hang_up().send()
    return (
        Reply(call.language)
        .join(
            call.conference,
            action=url_for(".agent_left"),
            events=_absolute(".conference"),
            citizen=False,
        )
        .send()
    )


@bp.post("/agent-left")
@signed
def agent_left() -> Response:
    """The agent's leg has left the conference; unless he finished, the caller must not be lost."""
    serialise_routing()
    _lose(words().leg)
    return Reply().hang_up().send()


@bp.post("/agent-status")
@signed
def agent_status() -> tuple[str, int]:
    serialise_routing()
    asked = words()
    if asked.status in {"completed", "busy", "failed", "no-answer", "canceled"}:
        _lose(asked.leg)
    return "", 204


@bp.post("/conference")
@signed
def conference() -> tuple[str, int]:
    serialise_routing()
    asked = words()
    call = session.scalar(select(Call).where(Call.key == asked.conference))
    if call is None:
        return "", 204
    if asked.event == "participant-join":
        talk.join(call, asked.leg)
    elif asked.event == "participant-leave" and asked.leg != call.sid:
        _lose(asked.leg)
    return "", 204


@bp.post("/after")
@signed
def after() -> Response:
    """The citizen is out of the conference and still on the line."""
    serialise_routing()
    call = _call(words())
    if call is None or call.over:
        return Reply().hang_up().send()
    if call.status is CallStatus.WAITING:
        return _enqueue(Reply(call.language).say("agent_lost"))
    return Reply(call.language).go_to(url_for("ivr.rate")).send()


def _call(asked: Words) -> Call | None:
    return session.scalar(
        select(Call).where(Call.sid == asked.leg).options(joinedload(Call.line))
    )


def _seat(identity: str | None) -> Seat | None:
    name = (identity or "").removeprefix("agent_")
    return session.get(Seat, int(name)) if name.isdigit() else None


def _lose(leg: str) -> None:
    call = session.scalar(select(Call).where(Call.agent_leg == leg))
    if call is not None:
        talk.lose_agent(call, leg, requeue_url=_absolute(".requeue"))
        routing.run()


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


def _to_where_he_belongs(call: Call) -> Response:
    if call.status is CallStatus.CONNECTING or call.status is CallStatus.TALKING:
        return (
            Reply(call.language)
            .join(
                call.conference,
                action=url_for(".after"),
                events=_absolute(".conference"),
                citizen=True,
            )
            .send()
        )
    if call.status is CallStatus.WAITING:
        return _enqueue(Reply(call.language))
    return Reply(call.language).hang_up().send()


def _enqueue(reply: Reply) -> Response:
    return reply.queue(wait=url_for(".wait"), action=url_for(".dequeued")).send()


def _absolute(endpoint: str) -> str:
    """The carrier keeps this address for later: it must not depend on how we were asked."""
    base: str = current_app.config["SETTINGS"].public_url
    return base + url_for(endpoint)
