"""The floor for leads: every line and every seat, pushed as it changes."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from analytics.board import Board, LineRow, SeatRow, board, emergencies
from models import Role
from staff.access import requires

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
    return render_template("floor.html")


@bp.get("/floor/figures")
@requires(Role.LEAD, Role.ADMIN)
def figures() -> Response:
    return jsonify(_shown(board()))


@bp.get("/floor/emergencies")
@requires(Role.LEAD, Role.ADMIN)
def in_danger() -> Response:
    """What the bar of every page tells a lead, wherever he is."""
    return jsonify(emergencies())


def _shown(now: Board) -> Json:
    return {
        "at": now.at.isoformat(),
        "lines": [_line(row) for row in now.lines],
        "seats": [_seat(row) for row in now.seats],
        "emergencies": now.emergencies,
    }


def _line(row: LineRow) -> Json:
    return {
        "code": row.code,
        "name": row.name,
        "waiting": row.waiting,
        "oldest": row.oldest.isoformat() if row.oldest else None,
        "answered": row.answered,
        "in_time": row.in_time,
        "abandoned": row.abandoned,
        "service_level": row.service_level,
    }


def _seat(row: SeatRow) -> Json:
    return {
        "number": row.number,
        "name": row.name,
        "state": row.state,
        "since": row.since.isoformat(),
        "reason": row.reason,
    }
