"""The carrier's door of whom we ring back: he hears who rings, and meets the agent who waits."""

from flask import Blueprint, Response

from infra.db import serialise_routing
from queues import callbacks, ringback
from queues.doors import absolute
from telephony import machines
from telephony.replies import Reply
from telephony.webhook import dialled_document
from telephony.words import words

bp = Blueprint("rung_back", __name__, url_prefix=callbacks.DOCUMENT)


@bp.post("/<int:attempt_id>")
@dialled_document
def begin(attempt_id: int) -> Response:
    """Notice first; then he asks like every caller where he belongs."""
    # His call is locked after what he was rung by; whoever moves callbacks does it the other way.
    serialise_routing()
    call = ringback.picked_up(attempt_id, words().leg)
    if call is None:
        return Reply().say("callback_later").hang_up().send()
    return Reply(call.language).say(callbacks.GREETING).go_to(absolute("queues.join")).send()


@bp.post(f"/<int:attempt_id>/{machines.DOOR}")
@dialled_document
def machine(attempt_id: int) -> Response:
    """After the tone of a machine: who hears it may be anybody, so nothing is told of the matter,
    and nothing at all where others must not learn that he called."""
    callback = callbacks.of_attempt(attempt_id)
    if callback is None or callbacks.protected(callback.person, callback.line):
        return Reply().hang_up().send()
    return Reply(callback.language).say("callback_machine").hang_up().send()
