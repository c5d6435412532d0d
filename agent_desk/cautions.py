"""What the next agent should know about a caller: a note that saves itself as it is typed."""

from flask import Blueprint, Response, abort, jsonify
from sqlalchemy import select

from agent_desk import asking
from infra.db import session
from models import Call, Offer, OfferState, Role, Seat
from queues import returning
from staff import audit
from staff.access import requires
from web.languages import _

bp = Blueprint("cautions", __name__, url_prefix="/desk")

LONGEST_NOTE = 200


@bp.post("/caution/<int:call_id>")
@requires(Role.AGENT)
def caution(call_id: int) -> Response:
    """What the next agent should know about this caller; answers with the note as it stands."""
    call = _call_to_note(asking.own_seat(), call_id)
    if call.person is None:
        abort(409, _("来电未显示号码，无法留下提示"))
    note = str(asking.body().get("note", "")).strip()[:LONGEST_NOTE]
    # It saves itself as it is typed: the same once more is no news.
    if note != (call.person.caution or ""):
        call.person.caution = note or None
        audit.record("wrote_caution", "person", call.person.id)
    return jsonify(caution=call.person.caution)


def _call_to_note(seat: Seat, call_id: int) -> Call:
    """His own call, the one that rings at him, or one that he talked in and lost since: what he
    types of that caller is on its way when his voice breaks off."""
    had = Offer.state.in_((OfferState.RINGING, *returning.HAD))
    offer = session.scalar(
        select(Offer).where(Offer.call_id == call_id, Offer.agent_id == seat.staff_id, had).limit(1)
    )
    if offer is not None:
        return offer.call
    call = session.get(Call, call_id)
    if call is None or call.agent_id != seat.staff_id:
        abort(404, _("这不是您的通话"))
    return call
