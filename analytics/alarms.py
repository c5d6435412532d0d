"""What the floor shows of agents' alarms, and the doors by which a lead takes one or rings 110."""

from typing import Any

from flask import Blueprint, abort
from sqlalchemy import select

from infra.db import session
from models import OutsideKind, Panic, Role
from queues import calls, monitoring, outside, panicking
from queues.holding import NotNow
from staff import audit
from staff.access import current_staff, requires
from web.languages import _, told

bp = Blueprint("alarms", __name__, url_prefix="/floor/panics")

Nothing = tuple[str, int]
DONE: Nothing = ("", 204)


@bp.post("/<int:panic_id>/taken")
@requires(Role.LEAD, Role.ADMIN)
def take(panic_id: int) -> Nothing:
    """The first who takes it has it; coming into the talk takes it, too."""
    panic = _panic(panic_id)
    if panic.ended_at is None:
        panicking.take(panic, by=current_staff())
        audit.record("panic.taken", "call", panic.call_id)
    return DONE


@bp.post("/<int:panic_id>/police")
@requires(Role.LEAD)
def ring_police(panic_id: int) -> Nothing:
    """110 is rung into the talk, as if its agent had pressed the key."""
    panic = _panic(panic_id)
    call, agent = panic.call, panic.call.agent
    try:
        if agent is None or not panicking.concerns(panic, call):
            raise NotNow
        party = outside.ring_emergency(call, OutsideKind.POLICE, by=agent)
    except NotNow:
        abort(409, _("现在不能呼叫110：通话已结束，或已有一方在咨询或三方通话中"))
    audit.record("rang_outside", "call", call.id, party=party.name)
    return DONE


def shown() -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "call": one.call_id,
            "agent": one.agent_id,
            "words": _words(one),
            "number": told(one.call.number_masked),
            "since": one.began_at.isoformat(),
            "escalated": one.escalated_at is not None,
            "open": monitoring.may(one.call),
        }
        for one in panicking.open_ones()
    ]


def escalated() -> list[str]:
    """For the bar of every page."""
    return [_words(one) for one in panicking.open_ones() if one.escalated_at is not None]


def _words(one: Panic) -> str:
    seat = one.agent
    return _("座席紧急求助：%(name)s %(number)s", name=seat.staff.name, number=seat.number)


def _panic(panic_id: int) -> Panic:
    """Behind its call's lock, as all that ends or takes one."""
    call_id = session.scalar(select(Panic.call_id).where(Panic.id == panic_id))
    if call_id is None:
        abort(404, _("没有这条紧急求助"))
    calls.by_id(call_id)
    return session.get_one(Panic, panic_id, populate_existing=True)
