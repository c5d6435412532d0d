"""The pages of callbacks: open ones and their results, the lines' rules, missed callers."""

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from callbacks import board
from infra.db import serialise_routing, session
from models import Callback, DialPurpose, Line, MissedRule, Role
from queues import ringback, routing
from staff import audit
from staff.access import current_staff, requires
from telephony.windows import rules
from web import forms
from web.languages import _

bp = Blueprint(
    "callbacks",
    __name__,
    url_prefix="/callbacks",
    template_folder="templates",
    static_folder="static",
)

READS = (Role.LEAD, Role.QA)
LONGEST_THRESHOLD = 120


@bp.get("")
@requires(*READS)
def listing() -> str:
    ended = board.ended_ones()
    return render_template(
        "callbacks/listing.html",
        sums=board.sums(),
        open_ones=board.open_ones(),
        ended=ended,
        talks=board.talks_of(ended),
        lines=board.lines(),
        missed_rules=MissedRule,
        most=rules(DialPurpose.CALLBACK).attempts,
        may_act=current_staff().may(Role.LEAD),
    )


@bp.get("/missed")
@requires(*READS)
def missed() -> str:
    return render_template("callbacks/missed.html", days=board.missed_days())


@bp.post("/<int:callback_id>/cancellation")
@requires(Role.LEAD)
def cancel(callback_id: int) -> Response:
    serialise_routing()
    if session.get(Callback, callback_id) is None:
        abort(404, _("没有这条回呼"))
    callback = ringback.lock(callback_id)
    ringback.cancel(callback, by=current_staff(), because=request.form.get("because", ""))
    audit.record("callback.cancelled", "callback", callback.id, note=callback.because)
    routing.run()
    flash(_("已取消回呼。"), "done")
    return redirect(url_for(".listing"))


@bp.post("/lines/<code>")
@requires(Role.LEAD)
def change_line(code: str) -> Response:
    """From the next announcement and the next missed call on."""
    line = next((one.line for one in board.lines() if one.line.code == code), None)
    if line is None:
        abort(404, _("没有这条专席"))
    before = _rules_of(line)
    line.callback_over_minutes = (
        forms.number("over", _("提示回电的等待分钟数"), least=0, most=LONGEST_THRESHOLD)
        if request.form.get("over", "").strip()
        else None
    )
    line.missed = forms.one_of("missed", MissedRule, _("漏接的处理"))
    audit.record("callback.rules_changed", "line", line.code, was=before, now=_rules_of(line))
    flash(_("已保存，立即生效。"), "done")
    return redirect(url_for(".listing"))


@bp.get("/next")
@requires(Role.AGENT, Role.LEAD)
def upcoming() -> Response:
    """Whose turn is next, as the desk shows it."""
    return jsonify(board.upcoming())


def _rules_of(line: Line) -> str:
    return f"{line.callback_over_minutes} / {line.missed}"
