"""The desk's page and what its buttons do."""

from collections.abc import Collection

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    flash,
    jsonify,
    render_template,
    request,
)
from sqlalchemy import select

from agent_desk import (
    abuse,
    asking,
    cautions,
    dialling,
    picture,
    privacy,
    recovery,
    ringing_back,
    risk,
    suggestions,
    talking,
    telephones,
)
from agent_desk.drawing import drawn
from agent_desk.ringing_back import NotReachable, Whom
from infra.clock import now
from infra.db import serialise_routing, session, transaction
from models import (
    Activity,
    Call,
    CallStatus,
    Desired,
    Direction,
    District,
    Offer,
    PauseReason,
    Risk,
    Role,
    Seat,
    StaffMember,
    StrikeReason,
)
from queues import (
    calls,
    consulting,
    consults,
    offers,
    others,
    outside,
    presence,
    returning,
    ringback,
    routing,
    seats,
    talk,
)
from queues.doors import absolute
from staff.access import current_staff, requires
from telephony import orders
from tickets import search
from tickets.outcome_words import AT_SUBMIT
from web.languages import _, _l

bp = Blueprint(
    "agent_desk",
    __name__,
    url_prefix="/desk",
    template_folder="templates",
    static_folder="static",
)

REASONS = {"rest": _l("小休"), "meal": _l("用餐"), "training": _l("培训"), "meeting": _l("会议")}
DEVICE = "device"  # chosen by the desk itself, while its voice is away
TALKS = (Activity.CONNECTING, Activity.TALKING)


DOORS = (dialling, suggestions, talking, privacy, recovery, cautions, abuse, risk, telephones)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    for door in DOORS:
        app.register_blueprint(door.bp)
    app.extensions.setdefault("live_renewals", []).append(_renew)
    app.extensions.setdefault("partings", []).append(_leave)
    app.extensions.setdefault("draft_savings", []).append(_write_on)


@bp.get("")
@requires(Role.AGENT)
def desk() -> str:
    """The page; with ``dial`` a call back is prepared on it, which one key confirms."""
    return render_template(
        "desk.html",
        whom=_prepared(request.args.get("dial", "")),
        reasons=REASONS,
        **AT_SUBMIT,
        pause_reasons=PauseReason,
        strike_reasons=StrikeReason,
        risks=Risk,
        topics=search.topics(),
        districts=session.scalars(select(District).order_by(District.id)).all(),
        units=search.member_units(),
    )


@bp.post("/open")
@requires(Role.AGENT)
def open_desk() -> Response | tuple[Response, int]:
    """This tab is the desk from now on; another one that is open must be taken over on purpose.

    What was chosen before the desk was last closed is over: yesterday's ready rings at nobody."""
    serialise_routing()
    asked = asking.body()
    seat = asking.own_seat()
    away = seat.lease_until is None or seat.lease_until <= now()
    try:
        presence.renew(seat, asking.desk(), take_over=bool(asked.get("take_over")))
    except presence.HeldByOtherDesk:
        error = _("座席已在另一个页面打开")
        return jsonify(error=error, held=True, talks=seat.activity in TALKS), 409
    if away:
        presence.sit_down(seat)
    return drawn(seat)


@bp.get("/state")
@requires(Role.AGENT)
def state() -> Response:
    return drawn(asking.own_seat(), request.args.get("desk", ""))


@bp.post("/choose")
@requires(Role.AGENT)
def choose() -> Response:
    """Ready, on break, or offline; the routing pass runs at once for one who is ready."""
    serialise_routing()
    asked = asking.body()
    if asked.get("desired") not in set(Desired):
        abort(422, _("状态应为示闲、小休或离线"))
    if asked.get("reason") not in (None, *REASONS, DEVICE):
        abort(422, _("没有这种小休原因"))
    seat = asking.own_seat()
    try:
        presence.choose(seat, Desired(asked["desired"]), asked.get("reason"))
    except presence.Bound:
        abort(409, _("班长已安排您在本次通话后离开，之后可以重新示闲"))
    routing.run()
    return drawn(seat)


@bp.post("/decline")
@requires(Role.AGENT)
def decline() -> Response:
    serialise_routing()
    offer = session.get(Offer, asking.number("offer"))
    seat = asking.own_seat()
    if offer is not None and offer.agent_id == seat.staff_id:
        offers.decline(offer)
        routing.run()
    return drawn(seat)


@bp.post("/finish")
@requires(Role.AGENT)
def finish() -> Response:
    """The agent is done with the citizen, who goes on to the rating.

    Whom he has not heard yet he gives up: that caller is offered on at his own age."""
    serialise_routing()
    call = calls.by_id(asking.number("call"))
    seat = _seat_as_it_is()
    consult = consults.of_call(call) if call is not None else None
    if consult is not None and consult.agent_id == seat.staff_id:
        consulting.leave(consult)
        routing.run()
        return drawn(seat)
    if call is None or call.agent_id != seat.staff_id:
        abort(404, _("这不是您的通话"))
    party = outside.of_call(call)
    if party is not None and call.over:
        others.leave_police(party)
        routing.run()
        return drawn(seat)
    if consult is not None or party is not None:
        abort(409, _("请先完成转接，或结束咨询、三方通话"))
    if call.status is CallStatus.CONNECTING and call.direction is not Direction.OUT:
        _let_go(call, given_up=True)
    talk.finish(call, by=seat, rating_url=absolute("ivr.rate"))
    return drawn(seat)


@bp.post("/wrapped")
@requires(Role.AGENT)
def wrapped() -> Response:
    serialise_routing()
    seat = asking.own_seat()
    presence.complete_wrap_up(seat)
    routing.run()
    return drawn(seat)


@bp.post("/take-back")
@requires(Role.AGENT)
def take_back() -> Response:
    """His voice broke off: the citizen rings here again, as soon as he is back in the queue.

    Asked while the carrier still believes in the broken leg, that leg is ended first."""
    serialise_routing()
    call = calls.by_id(asking.number("call"))
    seat = _seat_as_it_is()
    if call is None:
        abort(404, _("这不是您的通话"))
    party = outside.of_call(call)
    if party is not None and party.outlives:
        abort(409, _("市民正在与110通话；110离开后他回到队首，可以接回"))
    if call.agent_id == seat.staff_id and seat.activity in TALKS:
        _let_go(call)
    returning.take_back(seat, call)
    return drawn(seat)


@bp.get("/words/<int:call_id>")
@requires(Role.AGENT)
def words(call_id: int) -> Response:
    call = _own_call(asking.own_seat(), call_id)
    said = picture.words(call, after=request.args.get("after", 0, type=int))
    return jsonify(said=said, gaps=picture.missing(call))


def _renew(staff_id: int, desk: str) -> bool:
    """On each ping of the desk's stream: the lease lives as long as the stream.

    True while an offer rings here.  Redis only rings the bell: who did not hear it is told again,
    long before the offer lapses."""
    rings = False
    with transaction():
        seat = session.get(Seat, staff_id)
        if seat is not None and seat.desk == desk:
            presence.renew(seat, desk)
            rings = picture.ringing(seat) is not None
    session.remove()
    return rings


def _write_on(call: Call) -> None:
    """The ticket of the talk that is wrapped up is being typed; an older draft has no haste."""
    seat = asking.own_seat()
    if seat.activity is Activity.WRAP_UP and picture.in_hand(seat) is call:
        seats.write_on(seat, now())


def _leave(staff: StaffMember, keeps: Collection[Role]) -> None:
    """He signs out: whoever rings at him is offered on, and nobody else is rung here."""
    if Role.AGENT in keeps:
        return
    serialise_routing()
    seat = session.get(Seat, staff.id)
    if seat is None:
        return
    offer = picture.ringing(seat)
    if offer is not None:
        offers.decline(offer)
    presence.choose(seat, Desired.OFFLINE)
    seat.desk = seat.lease_until = seat.page_until = None
    routing.run()


def _let_go(call: Call, *, given_up: bool = False) -> None:
    if not (given_up and ringback.let_go(call)):
        leg = call.agent_leg or ""
        talk.lose_agent(call, leg, requeue_url=absolute("queues.requeue"), given_up=given_up)
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


def _seat_as_it_is() -> Seat:
    """Read behind the call's lock: the report of its end, which takes no other, may free it."""
    seat = asking.own_seat()
    session.refresh(seat)
    return seat


def _own_call(seat: Seat, call_id: int) -> Call:
    call = session.get(Call, call_id)
    if call is None or call.agent_id != seat.staff_id:
        abort(404, _("这不是您的通话"))
    return call
