"""The desk's door to the risk form of a minor's call."""

from typing import Any

from flask import Blueprint, Response, abort

from agent_desk import asking
from agent_desk.drawing import drawn
from infra.db import serialise_routing
from models import Risk, Role
from queues import calls, protecting
from staff import audit
from staff.access import requires
from web.languages import _
from web.refusals import Refused

bp = Blueprint("risk", __name__, url_prefix="/desk")


@bp.post("/risk")
@requires(Role.AGENT)
def judge() -> Response:
    """Each of the six ticked or not, by its name, and which of them the form has shown as known;
    answers with the desk as it is now."""
    serialise_routing()
    call, seat, given = calls.by_id(asking.number("call")), asking.own_seat(), asking.body()
    if call is None or call.agent_id != seat.staff_id:
        abort(404, _("这不是您的通话"))
    ticked = [risk for risk in Risk if given.get(risk) is True]
    try:
        one = protecting.judge(call, ticked, by=seat, shown=_shown(given))
    except Refused as error:
        abort(409, str(error))
    audit.record("risk.judged", "protection", one.id, level=one.level)
    return drawn(seat)


def _shown(given: dict[str, Any]) -> list[Risk]:
    names = str(given.get("shown") or "").split()
    return [risk for risk in Risk if risk.value in names]
