"""The carrier's doors of a clerk's call through the line: his own leg, and the citizen's.

His telephone may be in anybody's hand, or a machine may answer it: he says by a key that it is he,
before the citizen is rung."""

from flask import Blueprint, Response, current_app, url_for

from queues import relaying
from queues.doors import absolute
from telephony.replies import Reply
from telephony.webhook import dialled_document, signed
from telephony.words import words

bp = Blueprint("relayed", __name__, url_prefix=relaying.DOCUMENT)

KEY = "1"


@bp.post("/<int:attempt_id>")
@dialled_document
def begin(attempt_id: int) -> Response:
    if relaying.picked_up(attempt_id, words().leg) is None:
        return Reply().hang_up().send()
    connect_url = url_for(".connect", attempt_id=attempt_id)
    return Reply().ask_keys("relay", connect_url).say("relay_silent").hang_up().send()


@bp.post("/<int:attempt_id>/connection")
@dialled_document
def connect(attempt_id: int) -> Response:
    asked = words()
    if asked.digits != KEY:
        return Reply().say("relay_silent").hang_up().send()
    connected = relaying.connect(attempt_id, asked.leg)
    if connected is None:
        return Reply().say("relay_not_now").hang_up().send()
    call, number = connected
    return (
        Reply()
        .record(absolute("recordings.arrived"))
        .dial(
            number,
            shown=current_app.config["SETTINGS"].hotline_number,
            after=absolute(".over", attempt_id=attempt_id),
            reports=absolute(".citizen", attempt_id=attempt_id),
            notice=absolute(".notice", language=call.language),
        )
        .send()
    )


@bp.post("/notice/<language>")
@dialled_document
def notice(language: str) -> Response:
    """Heard by the citizen before the two are connected; it asks no database."""
    return Reply(language).say("relay_notice").send()


@bp.post("/<int:attempt_id>/citizen")
@signed
def citizen(attempt_id: int) -> tuple[str, int]:
    """Reports of the citizen's telephone."""
    if words().status == "in-progress":
        relaying.answered(attempt_id)
    return "", 204


@bp.post("/<int:attempt_id>/over")
@dialled_document
def over(attempt_id: int) -> Response:
    """The citizen has hung up or was not reached; the clerk is still on the line."""
    asked = words()
    stayed = asked.status == "in-progress"
    relay = relaying.over(
        attempt_id,
        bridged=asked.bridged,
        seconds=asked.bridged_seconds,
        clerk_stayed=stayed,
    )
    reply = Reply()
    if relay is not None and relaying.stage(relay) is relaying.Stage.CITIZEN_MISSED:
        reply.say("relay_not_reached")
    return reply.hang_up().send()
