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
from web import once
from web.languages import _, _l

bp = Blueprint("api_keys", __name__, url_prefix="/admin/keys", template_folder="templates")

# What the system of a unit needs; the rest concerns few.
USUAL = (Scope.READ, Scope.WRITE, Scope.ATTACHMENTS, Scope.EVENTS)
EXPLAINED = {
    Scope.READ: _l("派给本单位的工单及其内容、期限和状态"),
    Scope.WRITE: _l("以本单位名义签收、反馈、申请延期或退单"),
    Scope.ATTACHMENTS: _l("随反馈上传照片和文件，下载已有附件"),
    Scope.EVENTS: _l("按顺序取得本单位工单的每一步变化"),
    Scope.LEGAL: _l("有法律效力：受理、调解、立案等，只给市场监管单位"),
    Scope.LINKAGE: _l("只给 110 等联动平台：收发联动事项"),
    Scope.EXCHANGE: _l("只给省平台或外市热线：收发交换件"),
}
LIVES = (30, 90, 365, 730)
RATES = (60, 600, 6000)
SHOWN = 500


@bp.get("")
@requires(Role.ADMIN)
def page() -> str:
    return _drawn()


def _drawn() -> str:
    """With what was typed, where it was refused."""
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
        usual=request.form.getlist("scope") if request.form else USUAL,
        given=request.form,
        explained=EXPLAINED,
        lives=LIVES,
        rates=RATES,
    )


@bp.post("")
@requires(Role.ADMIN)
def make() -> Response | tuple[str, int]:
    unit = session.scalar(select(Unit).where(Unit.code == request.form.get("unit", "")))
    if unit is None:
        flash(_("请选择单位"), "error")
        return _drawn(), 409
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
        return _drawn(), 409
    told = _("接口密钥：%(key)s（仅显示这一次，请交给该单位的系统管理员）", key=whole)
    once.show(told, whole)
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
