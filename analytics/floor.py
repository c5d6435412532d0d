"""The floor for leads: every line and every seat, pushed as it changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, url_for
from sqlalchemy import select

from analytics import alarms, showing
from analytics.board import LATE_TOLD, Board, Emergency, LineRow, SeatRow, board, emergencies
from infra.db import session
from infra.localtime import local
from models import Escalation, Line, MonitorMode, Role
from queues import owed
from recordings.promise import Kept
from staff.access import current_staff, requires
from tickets.wording import noticed
from web.languages import _, told

bp = Blueprint(
    "analytics",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/floor-static",
)

Json = dict[str, Any]


@bp.get("/floor")
@requires(Role.LEAD, Role.ADMIN)
def floor() -> str:
    lines = session.scalars(select(Line).order_by(Line.rank, Line.id)).all()
    return render_template("floor.html", lines=lines, modes=MonitorMode)


@bp.get("/floor/figures")
@requires(Role.LEAD, Role.ADMIN)
def figures() -> Response:
    return jsonify(_shown(board()))


@bp.get("/floor/emergencies")
@requires(Role.LEAD, Role.ADMIN)
def in_danger() -> Response:
    """What the bar of every page tells a lead, wherever he is."""
    return jsonify(
        [*alarms.escalated(), *owed.in_words(), *(_in_words(one) for one in emergencies())]
    )


def _shown(now: Board) -> Json:
    return {
        "at": now.at.isoformat(),
        "lines": [_line(row) for row in now.lines],
        "late": _late_calls(now.at),
        "seats": [_seat(row) for row in now.seats],
        "emergencies": [_emergency(one) for one in now.emergencies],
        "escalations": _late_tickets(now.escalations),
        "panics": alarms.shown(),
        **showing.around(),
    }


def _in_words(one: Emergency) -> str:
    return _("%(words)s（未接）", words=one.words) if one.missed else one.words


def _emergency(one: Emergency) -> Json:
    return {
        "words": one.words,
        "number": told(one.number),
        "state": "missed" if one.missed else one.status.value,
        "since": one.since.isoformat(),
        "agent": one.agent if not one.missed else None,
        "to": _leads_to(one),
    }


def _leads_to(one: Emergency) -> str | None:
    """To the call, or to where it can be handled; an administrator may open neither."""
    if not current_staff().may(Role.LEAD):
        return None
    if one.missed:
        return url_for("tickets.missed", _anchor=f"call-{one.call_id}")
    return url_for("replay.replay", call_id=one.call_id)


def _late_calls(at: datetime) -> str | None:
    """Today's calls that were not answered in time, in the list of calls."""
    if not current_staff().may(Role.LEAD):
        return None
    day = local(at).date().isoformat()
    wanted = {"from": day, "to": day, "kept": Kept.NO.value}
    return f"{url_for('replay.listing')}?{urlencode(wanted)}"


def _late_tickets(missed: Sequence[Escalation]) -> Json | None:
    """What units missed and no lead has seen to; an administrator may read no ticket."""
    if not current_staff().may(Role.LEAD):
        return None
    return {
        "more": len(missed) > LATE_TOLD,
        "rows": [_escalation(one) for one in missed[:LATE_TOLD]],
    }


def _escalation(one: Escalation) -> Json:
    ticket = one.assignment.ticket
    return {
        "id": one.id,
        "number": ticket.number,
        "unit": one.assignment.unit.name,
        "missed": noticed(one.name),
        "due": one.due_at.isoformat(),
        "to": url_for("dispatching.ticket", number=ticket.number),
    }


def _line(row: LineRow) -> Json:
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "waiting": row.waiting,
        "oldest": row.oldest.isoformat() if row.oldest else None,
        "answered": row.answered,
        "in_time": row.in_time,
        "abandoned": row.abandoned,
        "service_level": row.service_level,
        "seats": row.seats,
    }


def _seat(row: SeatRow) -> Json:
    return {
        "agent": row.staff_id,
        "number": row.number,
        "name": row.name,
        "desired": row.desired,
        "put": row.put_reason,
        "state": row.state,
        "since": row.since.isoformat() if row.since else None,
        "reason": row.reason,
        "signed_on": row.signed_on,
    }
