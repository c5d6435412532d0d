"""The desk's doors to what an agent does in a talk: hold, consult, transfer, three-way."""

import re
from collections.abc import Callable

from flask import Blueprint, Response, abort, jsonify

from agent_desk import asking, drawing
from agent_desk.conferring import colleague, figures, outsiders
from assist import alerts
from infra.db import serialise_routing, session
from models import (
    EMERGENCY_NUMBERS,
    Call,
    CallStatus,
    DutyPhone,
    Line,
    Outside,
    OutsideEnd,
    OutsideKind,
    Role,
    Seat,
    Unit,
)
from queues import (
    calls,
    consulting,
    consults,
    duty,
    holding,
    outside,
    panicking,
    pressing,
    routing,
    targets,
    transferring,
    vanishing,
)
from queues.doors import absolute
from staff import audit
from staff.access import requires
from web.languages import _

bp = Blueprint("talking", __name__, url_prefix="/desk")

# ``line-3`` or ``agent-12``, as the list of targets names them.
NAMED = re.compile(r"(line|agent)-([0-9]{1,9})")
KEYS = re.compile(rf"[0-9*#]{{1,{pressing.MOST_KEYS}}}")
PHONE = re.compile(r"(phone|duty)-([0-9]{1,9})")


@bp.post("/hold")
@requires(Role.AGENT)
def hold() -> Response:
    call, seat = _own_talk()
    _insist_alone(call)
    holding.hold(call, by=seat, music=_music(call))
    return drawing.drawn(seat)


@bp.post("/resume")
@requires(Role.AGENT)
def resume() -> Response:
    call, seat = _own_talk()
    _insist_alone(call)
    holding.resume(call, by=seat)
    return drawing.drawn(seat)


@bp.get("/targets")
@requires(Role.AGENT)
def whom() -> Response:
    """Lines and colleagues as they stand now: for whoever chooses one of them."""
    seat = asking.own_seat()
    return jsonify(
        lines=[figures(one) for one in targets.lines()],
        agents=[colleague(one) for one in targets.colleagues(besides=seat)],
        outside=outsiders(),
    )


@bp.post("/consult")
@requires(Role.AGENT)
def consult() -> Response:
    """Ask a colleague, or whoever of a line is free, with the citizen on hold."""
    serialise_routing()
    call, seat = _own_talk()
    whom = _somebody(str(asking.body().get("to", "")), call)
    question = str(asking.body().get("question") or "")
    try:
        asked = consulting.ask(call, whom, by=seat, question=question, music=_music(call))
    except consulting.NotFree:
        abort(409, _("对方现在不空闲，请另选一位"))
    except holding.NotNow:
        abort(409, _("已在咨询中，请先结束这次咨询"))
    audit.record("consulted", "call", call.id, agent=asked.agent_id)
    return drawing.drawn(seat)


@bp.post("/consult/swap")
@requires(Role.AGENT)
def swap() -> Response:
    return _with_colleague(lambda call, seat: consulting.swap(call, by=seat, music=_music(call)))


@bp.post("/consult/three-way")
@requires(Role.AGENT)
def three_way() -> Response:
    return _with_colleague(lambda call, seat: consulting.bring_together(call, by=seat))


@bp.post("/consult/complete")
@requires(Role.AGENT)
def complete() -> Response:
    return _with_colleague(lambda call, seat: consulting.complete(call, by=seat))


@bp.post("/consult/cancel")
@requires(Role.AGENT)
def cancel() -> Response:
    return _with_colleague(lambda call, seat: consulting.cancel(call, by=seat))


@bp.post("/transfer")
@requires(Role.AGENT)
def transfer() -> Response:
    """Send the citizen on, to a line or to one agent."""
    serialise_routing()
    call, seat = _own_talk()
    wanted, url = _named(str(asking.body().get("to", ""))), absolute("steered.transferred")
    try:
        if isinstance(wanted, Line):
            transferring.to_line(call, wanted, by=seat, url=url)
        else:
            transferring.to_agent(call, wanted, by=seat, url=url)
    except consulting.NotFree:
        abort(409, _("没有人能接：对方不空闲，或专席没有人在线"))
    except holding.NotNow:
        abort(409, _("已在咨询中，请先结束这次咨询"))
    audit.record("transferred", "call", call.id)
    routing.run()
    return drawing.drawn(seat)


@bp.post("/hand")
@requires(Role.AGENT)
def hand() -> Response:
    """His lead is asked to come into the talk, or no more; what is so already stays so."""
    call, seat = _own_call()
    if call.status is not CallStatus.TALKING:
        abort(409, _("只有通话中才能举手"))
    match asking.body().get("up"):
        case True:
            alerts.raise_hand(call)
        case False:
            alerts.lower_hand(call)
        case _:
            abort(422, _("请说明是举手还是放下"))
    return drawing.drawn(seat)


@bp.post("/panic")
@requires(Role.AGENT)
def panic() -> Response:
    """Every lead's floor hears it at once."""
    call, seat = calls.by_id(asking.number("call")), asking.own_seat()
    try:
        if call is None:
            raise panicking.NotTalking
        panicking.press(call, by=seat)
    except panicking.NotTalking:
        abort(409, _("只有自己的通话中才能紧急求助"))
    audit.record("panic.pressed", "call", call.id)
    return drawing.drawn(seat)


@bp.post("/three-way")
@requires(Role.AGENT)
def three_way_outside() -> Response:
    """Ring somebody outside into the talk: 110, 119, 120, or a unit's duty phone."""
    call, seat = _own_talk()
    to = str(asking.body().get("to", ""))
    try:
        party = _ring_outside(call, to, seat)
    except holding.NotNow:
        abort(409, _("已有一方在咨询或三方通话中，请先结束"))
    except duty.NobodyOnDuty:
        abort(409, _("该单位此刻没有排值班人员，请改拨值班手机"))
    audit.record("rang_outside", "call", call.id, party=party.name)
    return drawing.drawn(seat)


@bp.post("/keys")
@requires(Role.AGENT)
def keys() -> Response:
    """For the menu of the outside party in his talk."""
    seat, wanted = asking.own_seat(), str(asking.body().get("keys", ""))
    if not KEYS.fullmatch(wanted):
        abort(422, _("只能按 0–9、* 和 #，一次最多 %(most)s 个", most=pressing.MOST_KEYS))
    try:
        pressing.press(outside.asked_by(seat), wanted)
    except pressing.NobodyThere:
        abort(409, _("外部方还没有接听，或已挂断"))
    return drawing.drawn(seat)


@bp.post("/three-way/end")
@requires(Role.AGENT)
def end_three_way() -> Response:
    serialise_routing()
    seat = asking.own_seat()
    party = outside.asked_by(seat)
    if party is not None:
        requeue_url = absolute("queues.requeue")
        vanishing.party_gone(party, OutsideEnd.CANCELLED, requeue_url=requeue_url)
    return drawing.drawn(seat)


def _ring_outside(call: Call, to: str, seat: Seat) -> Outside:
    if to in EMERGENCY_NUMBERS:
        return outside.ring_emergency(call, OutsideKind(to), by=seat)
    named = PHONE.fullmatch(to)
    kind = {"phone": DutyPhone, "duty": Unit}[named[1]] if named else DutyPhone
    found = session.get(kind, int(named[2])) if named else None
    if isinstance(found, Unit):
        return duty.ring(call, found, by=seat)
    if not isinstance(found, DutyPhone):
        abort(422, _("请选择110、119、120、单位的值班人员或值班手机"))
    return outside.ring_unit(call, found, by=seat)


def _with_colleague(act: Callable[[Call, Seat], None]) -> Response:
    serialise_routing()
    call, seat = _own_talk()
    try:
        act(call, seat)
    except holding.NotNow:
        abort(409, _("没有正在咨询的同事"))
    # A seat may have come free by it.
    routing.run()
    return drawing.drawn(seat)


def _insist_alone(call: Call) -> None:
    """With a colleague in the talk, who is on hold says what it is."""
    if consults.of_call(call) is not None:
        abort(409, _("咨询中请用切换或三方通话"))


def _own_talk() -> tuple[Call, Seat]:
    """Locked; another's call, or one that is over, is refused in words."""
    call, seat = _own_call()
    if not holding.may(call, seat):
        abort(409, _("只有接通的来电可以保持和转接"))
    return call, seat


def _own_call() -> tuple[Call, Seat]:
    call = calls.by_id(asking.number("call"))
    seat = asking.own_seat()
    if call is None or call.agent_id != seat.staff_id:
        abort(404, _("这不是您的通话"))
    return call, seat


def _somebody(name: str, call: Call) -> Seat:
    wanted = _named(name)
    if isinstance(wanted, Seat):
        return wanted
    best = targets.best_of(wanted, call.language)
    if best is None:
        abort(409, _("这条专席现在没有空闲座席"))
    return best


def _named(name: str) -> Line | Seat:
    found = NAMED.fullmatch(name)
    one: Line | Seat | None = None
    if found is not None:
        number = int(found[2])
        one = session.get(Line, number) if found[1] == "line" else session.get(Seat, number)
    if one is None:
        abort(422, _("请选择要咨询或转接的专席或座席"))
    return one


def _music(call: Call) -> str:
    return absolute("steered.held", language=call.language)
