"""The picture as a tab draws it; whose person it shows for the first time is noted."""

from datetime import timedelta

from flask import Response, jsonify

from agent_desk import asking, picture
from models import Seat
from staff import audit

# However long the call, who sees the caller sees him once.
LONGEST_CALL = timedelta(hours=12)


def drawn(seat: Seat, desk: str | None = None) -> Response:
    made = picture.of(seat, asking.desk() if desk is None else desk)
    for call in (made["call"], made["offer"] and made["offer"]["call"]):
        if call:
            audit.look("caller.shown", "call", call["id"], lasting=LONGEST_CALL)
    return jsonify(made)
