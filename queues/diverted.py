"""The carrier's doors of a citizen for whom a partner city is being rung."""

from flask import Blueprint, Response, current_app

from infra.db import roll_back, serialise_routing
from models import Call, CallStatus
from queues import calls, diverting, waiting
from queues.doors import absolute, enqueue, where_he_belongs
from telephony import orders
from telephony.replies import Reply
from telephony.webhook import call_document, signed
from telephony.words import Words, words

bp = Blueprint("diverted", __name__, url_prefix="/voice")

# His own leg: the carrier asks what follows all the same.
OVER = "completed"


@bp.post("/partner")
@call_document
def partner() -> Response:
    """He hears whom he is connected with; the partner is rung as long as an agent would be."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    place = waiting.place_of(call)
    if place is None or place.diverting_since is None or call.status is not CallStatus.WAITING:
        return where_he_belongs(call)
    # A repeat would begin the ringing anew.
    orders.has_come(call, call.sid)
    diverting.arrive(place)
    line = place.line
    if line.partner_number is None:
        # Somebody has changed the line meanwhile.
        diverting.come_back(call)
        return enqueue(call)
    shown: str = current_app.config["SETTINGS"].hotline_number
    return (
        Reply(call.language)
        .say("to_partner", partner=line.partner_name)
        .dial(
            line.partner_number,
            shown=shown,
            after=absolute(".partner_over"),
            reports=absolute(".partner_leg", call_id=str(call.id)),
            notice=absolute(".partner_notice"),
        )
        .send()
    )


@bp.post("/partner/notice")
@signed
def partner_notice() -> Response:
    """Heard by whoever answers there, before the two are connected; it asks no database."""
    return Reply().say("partner_notice").send()


@bp.post("/partner/leg/<int:call_id>")
@signed
def partner_leg(call_id: int) -> tuple[str, int]:
    """Reports of the partner's telephone: it has been picked up."""
    if words().status == "in-progress":
        serialise_routing()
        call = calls.by_id(call_id)
        if call is not None:
            diverting.taken_over(call)
    return "", 204


@bp.post("/partner/over")
@call_document
def partner_over() -> Response:
    """The talk there is over, or nobody answered: then he is back in line, and hears so."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if asked.bridged or diverting.is_there(call):
        call = _end_talk(asked)
    elif call.status is CallStatus.WAITING:
        diverting.come_back(call)
    # Whatever there is to say is told by his first wait document: until he is in the queue again
    # whoever is younger would be served before him.
    return where_he_belongs(call)


def _end_talk(asked: Words) -> Call:
    """Also where what told of the pick-up got lost.  Who was heard by nobody there, because one of
    them hung up on the notice, has not been helped."""
    roll_back()
    serialise_routing()
    call = calls.open(asked.leg, asked.caller)
    diverting.taken_over(call)
    seconds = asked.bridged_seconds if asked.bridged else 0
    diverting.over(call, seconds, hung_up=asked.bridged and asked.status == OVER)
    return call
