"""Alerts: what is watched and from when on, what has been of late, and who has seen it."""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from analytics import showing
from assist import alerts
from infra.clock import now
from infra.db import session
from models import Alert, AlertKind, Role
from staff import audit, norms
from staff.access import current_staff, requires
from web.languages import _

bp = Blueprint("alerting", __name__, url_prefix="/alerts", template_folder="templates")

LATELY = timedelta(hours=24)
MOST = 100
# (least, greatest) of what can be set.
BOUNDS = {
    AlertKind.SERVICE_LEVEL: (0, 100),
    AlertKind.LONGEST_WAIT: (5, 3600),
    AlertKind.ABANDONED: (0, 100),
    AlertKind.MISSED_OFFERS: (0, 999),
}
MOST_KEYWORDS, LONGEST_KEYWORD = 50, 16
Nothing = tuple[str, int]


@bp.get("")
@requires(Role.LEAD)
def page() -> str:
    rules = alerts.rules()
    return render_template(
        "alerts.html",
        rules=rules.values(),
        shares=showing.SHARES,
        bounds=BOUNDS,
        alerts=alerts.since(now() - LATELY, MOST),
        words=showing.words,
        minutes=norms.amount("watched_for"),
        fewest=norms.amount("fewest_watched"),
    )


@bp.post("/<kind>")
@requires(Role.LEAD)
def change(kind: str) -> Response:
    if kind not in set(AlertKind):
        abort(404, _("没有这种告警"))
    known = AlertKind(kind)
    begins_at, ends_at = _thresholds(known)
    watched, keywords = "watched" in request.form, _keywords(known)
    alerts.set_rule(known, watched=watched, begins_at=begins_at, ends_at=ends_at, keywords=keywords)
    told = {"watched": watched, "begins_at": begins_at, "ends_at": ends_at}
    audit.record("alert.rule_changed", "alert", known, **told, words="、".join(keywords))
    flash(_("已保存，几秒内生效"), "done")
    return redirect(url_for(".page"))


@bp.post("/<int:alert_id>/seen")
@requires(Role.LEAD)
def see(alert_id: int) -> Nothing:
    alert = _alert(alert_id)
    if alert.seen_at is None:
        alerts.see(alert, by=current_staff())
        audit.record("alert.seen", "alert", alert.id)
    return "", 204


@bp.post("/<int:alert_id>/muted")
@requires(Role.LEAD)
def mute(alert_id: int) -> Nothing:
    """It stays in sight, and is heard again when it is still there in a quarter of an hour."""
    alert = _alert(alert_id)
    alerts.mute(alert)
    audit.record("alert.muted", "alert", alert.id)
    return "", 204


def _alert(alert_id: int) -> Alert:
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        abort(404, _("没有这条告警"))
    return alert


def _thresholds(kind: AlertKind) -> tuple[float, float]:
    """Two numbers apart from each other, in the direction of this kind."""
    if kind is AlertKind.RAISED_HAND:
        return 0.0, 0.0
    begins_at, ends_at = (_number(kind, name) for name in ("begins_at", "ends_at"))
    low_is_bad = kind is AlertKind.SERVICE_LEVEL
    if (ends_at <= begins_at) if low_is_bad else (ends_at >= begins_at):
        abort(422, _("恢复值必须好于告警值，中间的差距防止反复告警"))
    scale = 100 if kind in showing.SHARES else 1
    return begins_at / scale, ends_at / scale


def _number(kind: AlertKind, name: str) -> int:
    least, most = BOUNDS[kind]
    given = request.form.get(name, "").strip()
    known = given.isascii() and given.isdecimal() and len(given) <= 6
    if not known or not least <= int(given) <= most:
        abort(422, _("请填写 %(least)s 至 %(most)s 的整数", least=least, most=most))
    return int(given)


def _keywords(kind: AlertKind) -> list[str]:
    if kind is not AlertKind.RAISED_HAND:
        return []
    given = request.form.get("keywords", "").replace("\0", "").split()
    if len(given) > MOST_KEYWORDS or any(len(one) > LONGEST_KEYWORD for one in given):
        most = {"most": MOST_KEYWORDS, "long": LONGEST_KEYWORD}
        abort(422, _("最多 %(most)s 个词，每个不超过 %(long)s 个字", **most))
    return list(dict.fromkeys(given))
