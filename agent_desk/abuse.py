"""The desk's doors to abusive calls: an agent reports his own, and writes down appeals."""

from flask import Blueprint, Response, abort, jsonify
from sqlalchemy import select

from agent_desk import asking
from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint, national
from models import Call, Limitation, Person, Role, StrikeReason
from queues import limiting
from staff import audit
from staff.access import current_staff, requires
from web.languages import _
from web.refusals import Refused

bp = Blueprint("abuse", __name__, url_prefix="/desk")


@bp.post("/strike")
@requires(Role.AGENT)
def strike() -> Response:
    call, given = _own_call(), asking.body()
    if given.get("reason") not in set(StrikeReason):
        abort(422, _("请选择报告的原因"))
    try:
        made = limiting.report(
            call,
            StrikeReason(str(given["reason"])),
            str(given.get("words") or ""),
            persuaded=given.get("persuaded") is True,
            by=current_staff(),
        )
    except Refused as error:
        abort(409, str(error))
    audit.record("strike.reported", "call", call.id, reason=made.reason)
    return jsonify(reported=True)


@bp.post("/appeal")
@requires(Role.AGENT)
def appeal() -> Response:
    """Of whom he talks with, or of a ``number`` that is limited while its owner uses another."""
    given = asking.body()
    found = _limited(str(given.get("number") or "").strip())
    if found is None:
        abort(409, _("这个号码没有受限"))
    try:
        limiting.appeal(found, str(given.get("words") or ""), by=current_staff())
    except Refused as error:
        abort(409, str(error))
    audit.record("appeal.recorded", "limitation", found.id)
    return jsonify(recorded=True)


def _limited(number: str) -> Limitation | None:
    if number:
        key = fingerprint(national(number))
        known = session.scalar(select(Person.id).where(Person.number_fingerprint == key))
    else:
        known = _own_call().person_id
    found = limiting.of_person(known, now()) if known is not None else None
    return session.get(Limitation, found.id, with_for_update=True) if found is not None else None


def _own_call() -> Call:
    call = session.get(Call, asking.number("call"))
    if call is None or call.agent_id != asking.own_seat().staff_id:
        abort(404, _("这不是您的通话"))
    return call
