"""The desk's page and what its buttons do."""

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    render_template,
    request,
)
from sqlalchemy import select

from agent_desk import picture, ringing_back, suggestions
from agent_desk.ringing_back import NotReachable, Whom
from infra.clock import now
from infra.db import serialise_routing, session, transaction
from models import (
    KIND_LABELS,
    Call,
    CallStatus,
    Desired,
    Direction,
    District,
    Offer,
    Role,
    Seat,
    StaffMember,
    Topic,
    Unit,
)
from queues import offers, outgoing, presence, routing, talk
from queues.doors import absolute
from staff import audit
from staff.access import current_staff, requires
from telephony import orders
from telephony.tokens import voice_token

bp = Blueprint(
    "agent_desk",
    __name__,
    url_prefix="/desk",
    template_folder="templates",
    static_folder="static",
)

REASONS = {"rest": "小休", "meal": "用餐", "training": "培训", "meeting": "会议"}
LONGEST_NOTE = 200
AUDITED = {"ticket": "ticket", "call": "call", "missed": "missed_contact"}


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.register_blueprint(suggestions.bp)
    app.extensions.setdefault("live_renewals", []).append(_renew)
    app.extensions.setdefault("partings", []).append(_leave)


@bp.get("")
@requires(Role.AGENT)
def desk() -> str:
    """The page; with ``dial`` a call back is prepared on it, which one key confirms."""
    return render_template(
        "desk.html",
        whom=_prepared(request.args.get("dial", "")),
        reasons=REASONS,
        kinds=KIND_LABELS,
        topics=session.scalars(select(Topic).order_by(Topic.line_id, Topic.name)).all(),
        districts=session.scalars(select(District).order_by(District.id)).all(),
        units=session.scalars(select(Unit).where(Unit.active).order_by(Unit.name)).all(),
    )


@bp.post("/open")
@requires(Role.AGENT)
def open_desk() -> Response | tuple[Response, int]:
    """This tab is the desk from now on; another one that is open must be taken over on purpose.

    What was chosen before the desk was last closed is over: yesterday's ready rings at nobody."""
    serialise_routing()
    asked = _asked()
    seat = presence.seat_of(current_staff())
    away = seat.lease_until is None or seat.lease_until <= now()
    try:
        presence.renew(seat, _desk(asked), take_over=bool(asked.get("take_over")))
    except presence.HeldByOtherDesk:
        return jsonify(error="座席已在另一个页面打开", held=True), 409
    if away:
        presence.choose(seat, Desired.OFFLINE)
    return jsonify(picture.of(seat, _desk(asked)))


@bp.get("/state")
@requires(Role.AGENT)
def state() -> Response:
    return jsonify(picture.of(_seat(), request.args.get("desk", "")))


@bp.post("/choose")
@requires(Role.AGENT)
def choose() -> Response:
    """Ready, on break, or offline; the routing pass runs at once for one who is ready."""
    serialise_routing()
    asked = _asked()
    if asked.get("desired") not in set(Desired):
        abort(422, "状态应为示闲、小休或离线")
    if asked.get("reason") not in (None, *REASONS):
        abort(422, "没有这种小休原因")
    seat = _seat()
    presence.choose(seat, Desired(asked["desired"]), asked.get("reason"))
    routing.run()
    return jsonify(picture.of(seat, _desk(asked)))


@bp.post("/decline")
@requires(Role.AGENT)
def decline() -> Response:
    serialise_routing()
    asked = _asked()
    offer = session.get(Offer, _number(asked, "offer"))
    seat = _seat()
    if offer is not None and offer.agent_id == seat.staff_id:
        offers.decline(offer)
        routing.run()
    return jsonify(picture.of(seat, _desk(asked)))


@bp.post("/finish")
@requires(Role.AGENT)
def finish() -> Response:
    """The agent is done with the citizen, who goes on to the rating.

    Whom he has not heard yet he gives up: that caller is offered on at his own age."""
    serialise_routing()
    asked = _asked()
    seat = _seat()
    call = _own_call(seat, _number(asked, "call"))
    if call.status is CallStatus.CONNECTING and call.direction is Direction.IN:
        _give_up(call)
    talk.finish(call, by=seat, rating_url=absolute("ivr.rate"))
    return jsonify(picture.of(seat, _desk(asked)))


@bp.post("/wrapped")
@requires(Role.AGENT)
def wrapped() -> Response:
    serialise_routing()
    seat = _seat()
    presence.complete_wrap_up(seat)
    routing.run()
    return jsonify(picture.of(seat, _desk(_asked())))


@bp.post("/dial")
@requires(Role.AGENT)
def dial() -> Response:
    """Allow this desk's phone to dial once: a typed number, or whoever is rung back."""
    serialise_routing()
    asked = _asked()
    whom = _whom(asked)
    number = whom.number if whom else str(asked.get("number", ""))
    try:
        allowed = outgoing.begin(
            agent=_seat(), number=number, ticket_id=whom.ticket_id if whom else None
        )
    except outgoing.NotDiallable:
        abort(422, "号码不正确，请核对后重拨")
    except outgoing.NotFree:
        abort(409, "通话或振铃中不能外呼，请先结束当前通话")
    audit.record("dialled", "outgoing", allowed.id, number=allowed.number_masked)
    if whom:
        audit.record("rang_back", AUDITED[whom.kind], whom.id, outgoing=allowed.id)
    return jsonify(dial=allowed.id)


@bp.get("/token")
@requires(Role.AGENT)
def token() -> Response:
    """For the browser phone; asked for again before it expires."""
    return jsonify(
        token=voice_token(_seat().identity), signal=current_app.config["SETTINGS"].signal_url
    )


@bp.get("/words/<int:call_id>")
@requires(Role.AGENT)
def words(call_id: int) -> Response:
    call = _own_call(_seat(), call_id)
    return jsonify(picture.words(call, after=request.args.get("after", 0, type=int)))


@bp.get("/calls")
@requires(Role.AGENT)
def calls() -> Response:
    return jsonify(picture.recent(_seat()))


@bp.post("/caution/<int:call_id>")
@requires(Role.AGENT)
def caution(call_id: int) -> Response:
    """What the next agent should know about this caller."""
    call = _call_on_desk(_seat(), call_id)
    if call.person is None:
        abort(409, "来电未显示号码，无法留下提示")
    note = str(_asked().get("note", "")).strip()[:LONGEST_NOTE]
    call.person.caution = note or None
    audit.record("wrote_caution", "person", call.person.id)
    return jsonify(picture.about(call))


def _renew(staff_id: int, desk: str) -> None:
    """On each ping of the desk's stream: the lease lives as long as the stream."""
    with transaction():
        seat = session.get(Seat, staff_id)
        if seat is not None and seat.desk == desk:
            presence.renew(seat, desk)
    session.remove()


def _leave(staff: StaffMember) -> None:
    """He signs out: whoever rings at him is offered on, and nobody else is rung here."""
    serialise_routing()
    seat = session.get(Seat, staff.id)
    if seat is None:
        return
    offer = picture.ringing(seat)
    if offer is not None:
        offers.decline(offer)
    presence.choose(seat, Desired.OFFLINE)
    seat.desk = seat.lease_until = None
    routing.run()


def _give_up(call: Call) -> None:
    leg = call.agent_leg or ""
    talk.lose_agent(call, leg, requeue_url=absolute("queues.requeue"))
    orders.hang_up(call, leg)
    routing.run()


def _prepared(name: str) -> Whom | None:
    """Who is to be rung back; why he cannot be stands on the page."""
    if not name:
        return None
    try:
        return ringing_back.find(name, current_staff())
    except NotReachable as error:
        flash(str(error))
        return None


def _whom(asked: dict[str, Any]) -> Whom | None:
    if "to" not in asked:
        return None
    try:
        return ringing_back.find(str(asked["to"]), current_staff())
    except NotReachable as error:
        abort(422, str(error))


def _seat() -> Seat:
    return presence.seat_of(current_staff())


def _own_call(seat: Seat, call_id: int) -> Call:
    call = session.get(Call, call_id)
    if call is None or call.agent_id != seat.staff_id:
        abort(404, "这不是您的通话")
    return call


def _call_on_desk(seat: Seat, call_id: int) -> Call:
    """His own call, or the one that rings at him."""
    offer = picture.ringing(seat)
    return offer.call if offer and offer.call_id == call_id else _own_call(seat, call_id)


def _asked() -> dict[str, Any]:
    """What the desk sent; it sends words, numbers and yes or no, never lists."""
    body = request.get_json(silent=True)
    plain = (str, int, type(None))
    given = body if isinstance(body, dict) else {}
    return {name: value for name, value in given.items() if isinstance(value, plain)}


def _number(asked: dict[str, Any], name: str) -> int:
    value = asked.get(name)
    if not isinstance(value, int):
        abort(422, f"缺少 {name}")
    return value


def _desk(asked: dict[str, Any]) -> str:
    try:
        return str(UUID(str(asked.get("desk", ""))))
    except ValueError:
        abort(422, "缺少页面编号")
