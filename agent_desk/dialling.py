"""The desk's doors to its phone, to calls out, and to the calls that the agent has had."""

from flask import Blueprint, Response, abort, current_app, jsonify

from agent_desk import asking, picture, ringing_back
from agent_desk.ringing_back import NotReachable, Whom
from infra.db import serialise_routing
from models import Role
from queues import outgoing
from staff import audit
from staff.access import current_staff, requires
from telephony.tokens import TTL, voice_token
from web.languages import _

bp = Blueprint("dialling", __name__, url_prefix="/desk")

AUDITED = {"ticket": "ticket", "call": "call", "missed": "missed_contact"}


@bp.get("/token")
@requires(Role.AGENT)
def token() -> Response:
    """For the browser phone; asked for again before it expires."""
    identity = asking.own_seat().identity
    signal = current_app.config["SETTINGS"].signal_url
    return jsonify(token=voice_token(identity), ttl=TTL, signal=signal)


@bp.post("/dial")
@requires(Role.AGENT)
def dial() -> Response:
    """Allow this desk's phone to dial once: whoever is rung back (``to``), or a typed number, which
    may be about (``about``) the same ticket."""
    serialise_routing()
    asked = asking.body()
    whom, about = _whom(asked.get("to")), _whom(asked.get("about"))
    number = whom.number if whom else str(asked.get("number", ""))
    matter = whom or about
    try:
        allowed = outgoing.begin(
            agent=asking.own_seat(),
            number=number,
            ticket_id=matter.ticket_id if matter else None,
        )
    except outgoing.NotDiallable:
        abort(422, _("号码不正确，请核对后重拨"))
    except outgoing.NotFree:
        abort(409, _("通话或振铃中不能外呼，请先结束当前通话"))
    audit.record("dialled", "outgoing", allowed.id, number=allowed.number_masked)
    if whom:
        audit.record("rang_back", AUDITED[whom.kind], whom.id, outgoing=allowed.id)
    return jsonify(dial=allowed.id)


@bp.get("/calls")
@requires(Role.AGENT)
def calls() -> Response:
    return jsonify(picture.recent(asking.own_seat()))


def _whom(name: object) -> Whom | None:
    if name is None:
        return None
    try:
        return ringing_back.find(str(name), current_staff())
    except NotReachable as error:
        abort(422, str(error))
