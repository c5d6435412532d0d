"""The desk's doors to pausing the recording, for what must not be kept."""

from flask import Blueprint, Response, abort

from agent_desk import asking, drawing
from models import Call, PauseReason, Role, Seat
from queues import calls, pausing
from staff import audit
from staff.access import requires
from web.languages import _

bp = Blueprint("privacy", __name__, url_prefix="/desk/recording")


@bp.post("/pause")
@requires(Role.AGENT)
def pause() -> Response:
    reason = str(asking.body().get("reason", ""))
    if reason not in set(PauseReason):
        abort(422, _("请选择暂停录音的原因"))
    call, seat = _own_talk()
    pausing.pause(call, PauseReason(reason), by=seat)
    audit.record("recording.paused", "call", call.id, reason=reason)
    return drawing.drawn(seat)


@bp.post("/resume")
@requires(Role.AGENT)
def resume() -> Response:
    call, seat = _own_talk()
    pausing.resume(call)
    return drawing.drawn(seat)


def _own_talk() -> tuple[Call, Seat]:
    call = calls.by_id(asking.number("call"))
    seat = asking.own_seat()
    if call is None or call.agent_id != seat.staff_id:
        abort(404, _("这不是您的通话"))
    if not pausing.may(call, seat):
        abort(409, _("通话中才能暂停录音"))
    return call, seat
