"""The desk's doors to a call about a ticket that is open already, and what is most called about."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from models import Role
from staff.access import current_staff, requires
from tickets import chasing, lifecycle, locking, on_desk
from web.languages import _
from web.refusals import Refused

bp = Blueprint("chases", __name__)


@bp.post("/calls/<int:call_id>/ticket/chases")
@requires(Role.AGENT)
def urge_instead(call_id: int) -> Response:
    """The citizen urges ``number``, which is on its way; ``words``: what he added.  Answers with
    the draft, which is void."""
    given = _given()
    call = on_desk.own_call(call_id)
    try:
        ticket = locking.with_master(str(given.get("number") or "")[:24])
    except locking.NotThere:
        abort(404, _("没有这张工单，请核对工单号"))
    draft = lifecycle.draft(call)
    try:
        chasing.urge_instead(draft, ticket, by=current_staff(), words=str(given.get("words") or ""))
    except Refused as error:
        abort(409, str(error))
    return jsonify(on_desk.as_json(draft))


@bp.post("/calls/<int:call_id>/ticket/own")
@requires(Role.AGENT)
def take_up(call_id: int) -> Response:
    """He has another matter, too."""
    draft = lifecycle.draft(on_desk.own_call(call_id))
    chasing.take_up(draft, by=current_staff())
    return jsonify(on_desk.as_json(draft))


def _given() -> dict[str, Any]:
    given = request.get_json(silent=True)
    return given if isinstance(given, dict) else {}
