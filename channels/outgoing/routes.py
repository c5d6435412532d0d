"""The administrator's pages of the outbox: where to, what was sent, and sending it again."""

from typing import TypeVar

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from channels.outgoing import deliveries, endpoints
from infra.db import session
from infra.localtime import midnight
from models import About, Delivery, DeliveryState, DutyPhone, Endpoint, Role, Unit
from models.outgoing import ABOUT_LABELS, DELIVERY_LABELS
from staff import audit
from staff.access import requires
from web import asked, once
from web.languages import _

bp = Blueprint("outgoing", __name__, url_prefix="/admin/outbox", template_folder="templates")

PAGE = 50
Kept = TypeVar("Kept", Endpoint, DutyPhone)
Row = TypeVar("Row", Endpoint, DutyPhone, Delivery)


@bp.get("")
@requires(Role.ADMIN)
def page() -> str:
    return _drawn()


def _drawn() -> str:
    """With what was typed, where it was refused."""
    failed = dict(
        session.execute(
            select(Delivery.endpoint_id, func.count())
            .where(Delivery.state == DeliveryState.FAILED)
            .group_by(Delivery.endpoint_id)
        ).all()
    )
    return render_template(
        "outgoing/outbox.html",
        endpoints=session.scalars(_by_unit(Endpoint)).all(),
        phones=session.scalars(_by_unit(DutyPhone)).all(),
        failed=failed,
        units=session.scalars(select(Unit).where(Unit.active).order_by(Unit.name)).all(),
        abouts=ABOUT_LABELS,
        given=request.form,
        wants=request.form.getlist("wants"),
    )


@bp.post("/endpoints")
@requires(Role.ADMIN)
def add() -> Response | tuple[str, int]:
    try:
        endpoint, secret = endpoints.add(_unit(), request.form.get("url", ""), _wants())
    except endpoints.Unacceptable as error:
        flash(str(error), "error")
        return _drawn(), 409
    _show_once(secret)
    return redirect(url_for(".show", endpoint_id=endpoint.id))


@bp.get("/endpoints/<int:endpoint_id>")
@requires(Role.ADMIN)
def show(endpoint_id: int) -> str:
    """Newest first; the next page begins below the last id."""
    query = (
        select(Delivery)
        .where(Delivery.endpoint_id == _find(Endpoint, endpoint_id).id)
        .options(joinedload(Delivery.notice))
    )
    if (state := asked.text("state")) in set(DeliveryState):
        query = query.where(Delivery.state == state)
    if before := asked.number("before"):
        query = query.where(Delivery.id < before)
    found = session.scalars(query.order_by(Delivery.id.desc()).limit(PAGE + 1)).all()
    return render_template(
        "outgoing/endpoint.html",
        endpoint=_find(Endpoint, endpoint_id),
        deliveries=found[:PAGE],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        state=state,
        states=DELIVERY_LABELS,
        abouts=ABOUT_LABELS,
    )


@bp.post("/endpoints/<int:endpoint_id>/secret")
@requires(Role.ADMIN)
def rotate(endpoint_id: int) -> Response:
    _show_once(endpoints.rotate(_find(Endpoint, endpoint_id)))
    return redirect(url_for(".show", endpoint_id=endpoint_id))


@bp.post("/endpoints/<int:endpoint_id>/active")
@requires(Role.ADMIN)
def switch(endpoint_id: int) -> Response:
    endpoints.switch(_find(Endpoint, endpoint_id), on=request.form.get("on") == "yes")
    flash(_("已保存"), "done")
    return redirect(url_for(".show", endpoint_id=endpoint_id))


@bp.post("/endpoints/<int:endpoint_id>/trials")
@requires(Role.ADMIN)
def try_out(endpoint_id: int) -> Response:
    endpoints.try_out(_find(Endpoint, endpoint_id))
    flash(_("已发出一条测试推送，稍后刷新可见结果。"), "done")
    return redirect(url_for(".show", endpoint_id=endpoint_id))


@bp.post("/endpoints/<int:endpoint_id>/replays")
@requires(Role.ADMIN)
def replay_since(endpoint_id: int) -> Response:
    endpoint = _find(Endpoint, endpoint_id)
    since = asked.day_in(request.form, "since")
    if since is None:
        abort(400, _("请填写从哪一天起重新推送"))
    count = deliveries.replay_since(endpoint, midnight(since))
    audit.record("endpoint.replayed", "endpoint", endpoint_id, since=str(since), count=count)
    flash(_("%(count)s 条推送将重新发出。", count=count), "done")
    return redirect(url_for(".show", endpoint_id=endpoint_id))


@bp.post("/deliveries/<int:delivery_id>/replay")
@requires(Role.ADMIN)
def replay(delivery_id: int) -> Response:
    delivery = _find(Delivery, delivery_id)
    deliveries.replay(delivery)
    audit.record("delivery.replayed", "endpoint", delivery.endpoint_id, delivery=delivery_id)
    flash(_("已重新发送。"), "done")
    return redirect(url_for(".show", endpoint_id=delivery.endpoint_id))


@bp.post("/phones")
@requires(Role.ADMIN)
def add_phone() -> Response | tuple[str, int]:
    try:
        endpoints.add_phone(_unit(), request.form.get("number", ""), _wants())
    except endpoints.Unacceptable as error:
        flash(str(error), "error")
        return _drawn(), 409
    flash(_("已保存"), "done")
    return redirect(url_for(".page"))


@bp.post("/phones/<int:phone_id>/removal")
@requires(Role.ADMIN)
def remove_phone(phone_id: int) -> Response:
    endpoints.remove_phone(_find(DutyPhone, phone_id))
    flash(_("已删除"), "done")
    return redirect(url_for(".page"))


def _by_unit(model: type[Kept]) -> Select[Kept]:
    rows = select(model).join(model.unit).options(joinedload(model.unit))
    return rows.order_by(Unit.name, model.id)


def _find(model: type[Row], row_id: int) -> Row:
    row = session.get(model, row_id)
    if row is None:
        abort(404)
    return row


def _unit() -> Unit:
    unit = session.scalar(select(Unit).where(Unit.code == request.form.get("unit", "")))
    if unit is None:
        raise endpoints.Unacceptable(_("请选择单位"))
    return unit


def _wants() -> list[About]:
    return [about for about in About if about in request.form.getlist("wants")]


def _show_once(secret: str) -> None:
    told = _("签名密钥：%(secret)s（仅显示这一次，请交给该单位的系统管理员）", secret=secret)
    once.show(told, secret)
