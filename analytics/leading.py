"""The doors of a lead's own part in a talk: listen, whisper, barge in, leave, take over, finish."""

from collections.abc import Collection

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, url_for
from sqlalchemy import select

from analytics import asking
from infra.db import serialise_routing, session
from models import (
    Activity,
    Call,
    CallStatus,
    Monitor,
    MonitorMode,
    OrderState,
    Role,
    Seat,
    StaffMember,
    Ticket,
)
from queues import calls, monitoring, presence, routing, taking_over, talk
from queues.consulting import NotFree
from queues.doors import absolute, lead_identity
from queues.holding import NotNow
from staff import audit
from staff.access import current_staff, requires
from telephony.tokens import TTL, voice_token
from web.languages import _

bp = Blueprint("leading", __name__, url_prefix="/floor")


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions.setdefault("partings", []).append(_gone)


@bp.get("/token")
@requires(Role.LEAD)
def token() -> Response:
    """For the lead's browser phone; asked for again before it expires."""
    signal = current_app.config["SETTINGS"].signal_url
    return jsonify(token=voice_token(lead_identity(current_staff())), ttl=TTL, signal=signal)


@bp.get("/monitor")
@requires(Role.LEAD)
def mine() -> Response:
    """Where the lead is now: in whose talk, who hears him, or which call is his own."""
    return _drawn()


@bp.post("/monitor")
@requires(Role.LEAD)
def begin() -> Response:
    """Come into a talk, or be heard there by others than before."""
    serialise_routing()
    mode, unseen = _mode(), asking.body().get("unseen") is True
    if unseen and not current_staff().monitors_unseen:
        abort(403, _("您没有不显示监听的权限；请联系管理员，或取消“不显示给座席”"))
    before = monitoring.of_lead(current_staff())
    call = _both_locked(before)
    try:
        monitor = monitoring.begin(call, mode, by=current_staff(), unseen=unseen)
    except monitoring.NotThere:
        abort(409, _("只能监听正在进行的来电通话；自己的通话不能监听"))
    except monitoring.Busy:
        abort(409, _("您自己的座席正在通话，请先结束再监听"))
    except monitoring.Full:
        abort(409, _("已有五位班长在这通电话中，请稍后再试"))
    if before is monitor:
        monitoring.change(monitor, mode, unseen=unseen)
    audit.record("monitored", "call", call.id, mode=mode, unseen=monitor.unseen)
    return _drawn()


@bp.post("/monitor/end")
@requires(Role.LEAD)
def leave() -> Response:
    """Nothing happens where he is in no talk, or in another one than ``monitor`` by now."""
    _part(current_staff(), asking.body().get("monitor"))
    return _drawn()


@bp.post("/take-over")
@requires(Role.LEAD)
def take_over() -> Response:
    """The citizen is the lead's from now on, and the agent wraps up."""
    try:
        taking_over.insist_alive(current_staff())
    except taking_over.LineDead:
        abort(409, _("运营商不能确认您的线路在通话中，不能接管；请退出监听后重新进入"))
    serialise_routing()
    call = _call()
    former = call.agent_id
    try:
        taking_over.take_over(call, by=current_staff())
    except NotNow:
        abort(409, _("请先监听这通电话；有同事或外部方在内时不能接管"))
    except NotFree:
        abort(409, _("您自己的座席正在振铃、通话或整理，不能接管"))
    audit.record("took_over", "call", call.id, agent=former)
    routing.run()
    return _drawn()


@bp.post("/finish")
@requires(Role.LEAD)
def finish() -> Response:
    """The lead is done with the citizen whom he took over."""
    serialise_routing()
    call = _call()
    seat = presence.seat_of(current_staff())
    if call.agent_id != seat.staff_id:
        abort(404, _("这不是您的通话"))
    talk.finish(call, by=seat, rating_url=absolute("ivr.rate"))
    routing.run()
    return _drawn()


def _gone(staff: StaffMember, keeps: Collection[Role]) -> None:
    """He signs out, is disabled, or leads no more: his browser may still be on the line.  Others
    who part with him may route, so the lock comes first."""
    if Role.LEAD in keeps:
        return
    serialise_routing()
    _part(staff)


def _part(staff: StaffMember, only: object = None) -> None:
    """The talk goes on without him."""
    monitor = monitoring.of_lead(staff)
    if monitor is None or only not in (None, monitor.id):
        return
    calls.by_id(monitor.call_id)
    # Behind the call's lock: the talk may have ended meanwhile.
    session.refresh(monitor)
    if monitor.ended_at is None:
        monitoring.leave(monitor)
        audit.record("monitored", "call", monitor.call_id, mode="left")


def _call() -> Call:
    """Locked: reports about its legs must not move it meanwhile."""
    call = calls.by_id(asking.number("call"))
    if call is None:
        abort(404, _("没有这通电话"))
    return call


def _both_locked(before: Monitor | None) -> Call:
    """The call that he wants to hear, and the one in which he is: locked in the order of their
    ids."""
    wanted = asking.number("call")
    if before is not None:
        for one in sorted({before.call_id, wanted}):
            calls.by_id(one)
        # Behind the lock: the talk may have ended meanwhile.
        session.refresh(before)
    return _call()


def _mode() -> MonitorMode:
    try:
        return MonitorMode(str(asking.body().get("mode")))
    except ValueError:
        abort(422, _("请选择旁听、密语或插话"))


def _drawn() -> Response:
    staff = current_staff()
    monitor, own = monitoring.of_lead(staff), _own_talk(session.get(Seat, staff.id))
    return jsonify(
        monitor=None if monitor is None else _shown(monitor),
        own=None if own is None else _own(own),
    )


def _shown(monitor: Monitor) -> dict[str, object]:
    call, obeyed = monitor.call, monitoring.obeyed(monitor)
    agent = call.agent
    return {
        "id": monitor.id,
        "call": call.id,
        "mode": monitor.mode,
        "unseen": monitor.unseen,
        # Ordered, and not obeyed yet: until then the mode before it holds.
        "settled": obeyed is OrderState.DONE,
        # The carrier will not: it can be ordered anew.
        "refused": obeyed is OrderState.MOOT,
        "state": monitor.state,
        "since": monitor.asked_at.isoformat(),
        "agent": f"{agent.staff.name} {agent.number}" if agent is not None else "",
        "number": call.number_masked,
    }


def _own_talk(seat: Seat | None) -> Call | None:
    """A call that he has taken over, as long as he talks."""
    if seat is None or seat.activity is not Activity.TALKING:
        return None
    mine = (Call.agent_id == seat.staff_id) & (Call.status == CallStatus.TALKING)
    return session.scalar(select(Call).where(mine))


def _own(call: Call) -> dict[str, object]:
    draft = session.scalar(select(Ticket).where(Ticket.call_id == call.id))
    to = url_for("drafts.edit", ticket_id=draft.id) if draft is not None else None
    return {"call": call.id, "number": call.number_masked, "draft": to}
