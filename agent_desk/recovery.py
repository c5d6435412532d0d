"""The desk's door to a rest after a distressing call, and what the desk shows of it."""

from typing import Any

from flask import Blueprint, Response, abort

from agent_desk import asking, drawing
from infra.db import serialise_routing
from models import Activity, Recovery, Role, Seat
from queues import recovering, routing
from staff import audit, norms
from staff.access import requires
from web.languages import _

bp = Blueprint("recovery", __name__, url_prefix="/desk")

MAY = (Activity.WRAP_UP, Activity.IDLE)


@bp.post("/recovery")
@requires(Role.AGENT)
def take() -> Response:
    """His own word is enough; asked twice, it is the same one."""
    serialise_routing()
    seat = asking.own_seat()
    if seat.activity not in MAY:
        abort(409, _("通话结束后才能情绪休整"))
    known = recovering.open_of(seat)
    try:
        taken = recovering.take(seat)
    except recovering.NoCall:
        abort(409, _("刚才没有通话；其他小休请在“小休”里选择"))
    except recovering.UsedUp:
        abort(409, _("本班次自行休整的次数已用完：请班长在现场页为您批准"))
    if taken is not known:
        audit.record("recovery.taken", "staff", seat.staff_id, minutes=taken.minutes)
    routing.run()
    return drawing.drawn(seat)


def of(seat: Seat) -> dict[str, Any] | None:
    """What he has or may take now; None while he is busy with a call."""
    if seat.activity not in MAY:
        return None
    one, call = recovering.open_of(seat), recovering.last_call(seat)
    if one is None and call is None:
        return None
    return {
        **_given(one),
        "minutes": norms.amount("recovery_lasts"),
        "left": recovering.left(seat),
        "because": recovering.distressing(call) if call is not None and one is None else [],
        "call": call.id if call is not None else None,
    }


def _given(one: Recovery | None) -> dict[str, Any]:
    return {
        "given": one is not None,
        "until": one.ends_at.isoformat() if one is not None and one.ends_at else None,
        "by": one.given_by.name if one is not None and not one.by_himself else None,
    }
