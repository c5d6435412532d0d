"""The carrier's door of an agent's telephone: a key, and he is in the talk."""

import structlog
from flask import Blueprint, Response

from infra.db import serialise_routing
from queues import talk, telephoning
from queues.doors import absolute, agent_joins
from telephony.replies import Reply
from telephony.webhook import dialled_document
from telephony.words import words

log = structlog.get_logger(__name__)
bp = Blueprint("seat_rung", __name__, url_prefix=telephoning.DOCUMENT)


@bp.post("/<int:attempt_id>")
@dialled_document
def begin(attempt_id: int) -> Response:
    """A machine takes no caller: it presses nothing."""
    serialise_routing()
    if not telephoning.rings(attempt_id, words().leg):
        return Reply().say("taken").hang_up().send()
    key = absolute(".key", attempt_id=attempt_id)
    return Reply().ask_keys("seat_rings", key, seconds=8).hang_up().send()


@bp.post("/<int:attempt_id>/key")
@dialled_document
def key(attempt_id: int) -> Response:
    asked = words()
    if asked.digits != telephoning.CLAIMS:
        return Reply().hang_up().send()
    serialise_routing()
    try:
        call = telephoning.claim(attempt_id, asked.leg, join_url=absolute("queues.join"))
    except talk.OfferGone:
        log.info("an offer is no longer to be had", attempt=attempt_id)
        return Reply().say("taken").hang_up().send()
    return agent_joins(call)
