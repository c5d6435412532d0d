"""The carrier's door of whom we ring back: he hears who rings, and meets the agent who waits."""

from flask import Blueprint, Response

from queues import callbacks, ringback
from queues.doors import absolute
from telephony.replies import Reply
from telephony.webhook import dialled_document
from telephony.words import words

bp = Blueprint("rung_back", __name__, url_prefix=callbacks.DOCUMENT)


@bp.post("/<int:attempt_id>")
@dialled_document
def begin(attempt_id: int) -> Response:
    """Notice first; then he asks like every caller where he belongs."""
    call = ringback.picked_up(attempt_id, words().leg)
    if call is None:
        return Reply().say("callback_later").hang_up().send()
    return Reply(call.language).say(callbacks.GREETING).go_to(absolute("queues.join")).send()
