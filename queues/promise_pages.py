"""承诺兑现: what waiting callers were told, held against what became of it."""

from datetime import timedelta

from flask import Blueprint, render_template

from infra.clock import now
from models import Promise, Role
from queues import pace, promises_kept
from staff.access import current_staff, requires
from web import asked
from web.languages import _, _l

bp = Blueprint("promises", __name__, template_folder="templates")

SPANS = {1: _l("24 小时"), 7: _l("7 天"), 30: _l("30 天")}
USUAL_DAYS = 7


@bp.get("/promises")
@requires(Role.LEAD, Role.ADMIN, Role.QA)
def page() -> str:
    days = asked.number("days") or USUAL_DAYS
    days = days if days in SPANS else USUAL_DAYS
    since = now() - timedelta(days=days)
    rows = promises_kept.by_line(since)
    return render_template(
        "lines/promises.html",
        days=days,
        spans=SPANS,
        rows=rows,
        total=promises_kept.of_all(since),
        widened={one.line.id: _wider(one.line.id) for one in rows if one.line},
        broken=promises_kept.broken(since),
        band=_band,
        opens_calls=current_staff().may(Role.LEAD, Role.QA),
        sets_lines=current_staff().may(Role.LEAD, Role.ADMIN),
    )


def _wider(line_id: int) -> float:
    """From where on the line's bands end, in parts of the expected wait; 0 where nothing says."""
    return pace.turned_out(line_id).later


def _band(promise: Promise) -> str:
    if promise.high_minutes is None:
        return _("超过 %(low)s 分钟", low=promise.low_minutes)
    return _("%(low)s–%(high)s 分钟", low=promise.low_minutes, high=promise.high_minutes)
