"""The administrator's page of keys: made for a unit's system, shown once, revoked."""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from infra.db import session
from models import ApiKey, Role, Scope, Unit
from models.interface import SCOPE_LABELS
from staff import keys
from staff.access import requires
from web.languages import _

bp = Blueprint("api_keys", __name__, url_prefix="/admin/keys", template_folder="templates")

LIVES = (30, 90, 365, 730)
RATES = (60, 600, 6000)
SHOWN = 500


@bp.get("")
@requires(Role.ADMIN)
def page() -> str:
    found = session.scalars(
        select(ApiKey)
        .join(ApiKey.unit)
        .options(joinedload(ApiKey.unit))
        .order_by(ApiKey.revoked_at.is_not(None), Unit.name, ApiKey.id.desc())
        .limit(SHOWN)
    ).all()
    return render_template(
        "api/keys.html",
        keys=found,
        units=session.scalars(select(Unit).where(Unit.active).order_by(Unit.name)).all(),
        scopes=SCOPE_LABELS,
        lives=LIVES,
        rates=RATES,
    )


@bp.post("")
@requires(Role.ADMIN)
def make() -> Response:
    unit = session.scalar(select(Unit).where(Unit.code == request.form.get("unit", "")))
    if unit is None:
        flash(_("请选择单位"), "error")
        return redirect(url_for(".page"))
    try:
        _key, whole = keys.make(
            unit,
            request.form.get("name", ""),
            [scope for scope in Scope if scope in request.form.getlist("scope")],
            life=timedelta(days=_one_of(LIVES, "days", 365)),
            per_minute=_one_of(RATES, "per_minute", 600),
        )
    except keys.Unacceptable as error:
        flash(str(error), "error")
        return redirect(url_for(".page"))
    flash(_("接口密钥：%(key)s（仅显示这一次，请交给该单位的系统管理员）", key=whole), "secret")
    return redirect(url_for(".page"))


@bp.post("/<int:key_id>/revocation")
@requires(Role.ADMIN)
def revoke(key_id: int) -> Response:
    key = session.get(ApiKey, key_id)
    if key is None:
        abort(404)
    keys.revoke(key)
    flash(_("已吊销，立即失效"), "done")
    return redirect(url_for(".page"))


def _one_of(choices: tuple[int, ...], name: str, default: int) -> int:
    chosen = {str(one): one for one in choices}
    return chosen.get(request.form.get(name, ""), default)
