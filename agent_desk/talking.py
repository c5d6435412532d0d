"""The desk's doors to what an agent does in a talk: hold the citizen, and go on with him."""

from flask import Blueprint, Response, abort

from agent_desk import asking, drawing
from models import Call, Role, Seat
from queues import calls, holding
from queues.doors import absolute
from staff.access import requires
from web.languages import _

bp = Blueprint("talking", __name__, url_prefix="/desk")


@bp.post("/hold")
@requires(Role.AGENT)
def hold() -> Response:
    call, seat = _own_talk()
    holding.hold(call, by=seat, music=absolute("queues.held", language=call.language))
    return drawing.drawn(seat)


@bp.post("/resume")
@requires(Role.AGENT)
def resume() -> Response:
    call, seat = _own_talk()
    holding.resume(call, by=seat)
    return drawing.drawn(seat)


def _own_talk() -> tuple[Call, Seat]:
    """Locked; another's call, or one that is over, is refused in words."""
    call = calls.by_id(asking.number("call"))
    seat = asking.own_seat()
    if call is None or call.agent_id != seat.staff_id:
        abort(404, _("这不是您的通话"))
    if not holding.may(call, seat):
        abort(409, _("只有接通的来电可以保持"))
    return call, seat
