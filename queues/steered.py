"""The carrier's doors of a talk that an agent steers: what is heard on hold, and who is sent on."""

from flask import Blueprint, Response

from models import CallStatus
from queues import calls, outside, pressing
from queues.doors import absolute, enqueue, outside_joins, where_he_belongs
from telephony import orders
from telephony.replies import Reply
from telephony.webhook import call_document, dialled_document, hold_document
from telephony.words import words

bp = Blueprint("steered", __name__, url_prefix="/voice")


@bp.post("/hold/<language>")
@hold_document
def held(language: str) -> Response:
    """Heard by whoever is on hold, as long as he is; it asks no database."""
    return Reply(language).say("held").play_on(absolute("music.waiting")).send()


@bp.post("/outside/<int:attempt_id>")
@dialled_document
def outside_party(attempt_id: int) -> Response:
    """Whom an agent has rung into his talk: he hears who rings, and both of them."""
    call = outside.picked_up(attempt_id, words().leg)
    if call is None:
        return Reply().hang_up().send()
    return outside_joins(call)


@bp.post("/keys/<int:press_id>")
@hold_document
def keys(press_id: int) -> Response:
    """What an agent has pressed, heard by the outside party alone, who stays in the talk."""
    pressed = pressing.heard_by(press_id, words().leg)
    return Reply().press(pressed).send() if pressed else Reply().pause(1).send()


@bp.post("/transferred")
@call_document
def transferred() -> Response:
    """His agent has sent him on: he hears so, and waits at his own age."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.WAITING:
        return where_he_belongs(call)
    # He is where he was ordered to: a repeat would begin his way anew.
    orders.has_come(call, call.sid)
    return enqueue(call, Reply(call.language).say("transferred"))
