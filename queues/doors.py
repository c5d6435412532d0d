"""What the carrier's doors of waiting and talking share: addresses, and where a caller belongs."""

from typing import Any

from flask import Response, current_app, url_for
from sqlalchemy import select

from infra.db import session
from models import Call, CallStatus, Seat
from queues import calls, waiting
from telephony.replies import Reply, Room


def absolute(endpoint: str, **values: Any) -> str:
    """The carrier keeps this address for later: it must not depend on how we were asked."""
    base: str = current_app.config["SETTINGS"].public_url
    return base + url_for(endpoint, **values)


def seat_of(identity: str | None) -> Seat | None:
    name = (identity or "").removeprefix("agent_")
    return session.get(Seat, int(name)) if name.isdigit() else None


def call_of_agent(leg: str) -> Call | None:
    return session.scalar(select(Call).where(Call.agent_leg == leg))


def enqueue(call: Call, reply: Reply | None = None) -> Response:
    """Into the carrier's queue; a caller without a place gets one."""
    if waiting.place_of(call) is None:
        waiting.enter(call, call.line or calls.general())
    reply = reply or Reply(call.language)
    return reply.queue(wait=absolute("queues.wait"), action=absolute("queues.dequeued")).send()


def where_he_belongs(call: Call) -> Response:
    """The citizen's leg asks what next: talk, wait or good-bye, whatever brought it here."""
    match call.status:
        case CallStatus.CONNECTING | CallStatus.TALKING:
            return citizen_joins(call)
        case CallStatus.GREETED | CallStatus.WAITING:
            return enqueue(call)
        case CallStatus.RATING:
            return Reply(call.language).go_to(absolute("ivr.rate")).send()
        case CallStatus.ENDED:
            return Reply(call.language).hang_up().send()


def citizen_joins(call: Call) -> Response:
    reply = Reply(call.language)
    if call.tapped_at is None:
        reply.record(absolute("recordings.arrived"))
        reply.transcribe(f"citizen-{call.key}", absolute("recordings.words", party="citizen"))
    return reply.join(_room(call, "queues.after"), citizen=True).send()


def agent_joins(call: Call) -> Response:
    return (
        Reply(call.language)
        .transcribe(f"agent-{call.key}", absolute("recordings.words", party="agent"))
        .join(_room(call, "queues.agent_left"), citizen=False)
        .send()
    )


def _room(call: Call, after: str) -> Room:
    return Room(call.conference, absolute(after), absolute("queues.conference"))
