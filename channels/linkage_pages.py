"""The dispatcher's page of linkages: what was offered either way, and what is to be answered."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from infra.db import roll_back, session
from models import ApiKey, IllegalMove, Linkage, LinkageState, Role, Scope, Side, Unit
from models.linkage import LINKAGE_LABELS
from staff.access import current_staff, requires
from tickets import linkage, locking
from tickets.locking import NotThere
from web import forms
from web.languages import _, _l
from web.refusals import Refused

bp = Blueprint("linkage", __name__, url_prefix="/linkages", template_folder="templates")

SHOWN = 200
LONGEST = 4000
SIDES = {Side.OURS: _l("热线"), Side.PEER: _l("对方平台")}


@bp.get("")
@requires(Role.DISPATCHER, Role.LEAD)
def page() -> str:
    return _drawn()


@bp.post("")
@requires(Role.DISPATCHER, Role.LEAD)
def offer() -> Response:
    peer = session.scalar(_peers().where(Unit.code == request.form.get("peer", "")))
    number = forms.words("number", _("工单号"), most=24)
    try:
        ticket = locking.ticket(number)
    except NotThere:
        raise forms.Wrong(_("没有工单 %(number)s", number=number)) from None
    if peer is None:
        raise forms.Wrong(_("请选择%(label)s", label=_("平台")))
    linkage.offer(ticket, peer, by=current_staff(), consent=bool(request.form.get("consent")))
    return _done()


@bp.post("/<int:linkage_id>/acceptance")
@requires(Role.DISPATCHER, Role.LEAD)
def accept(linkage_id: int) -> Response:
    linkage.accept(_to_answer(linkage_id), by=current_staff())
    return _done()


@bp.post("/<int:linkage_id>/refusal")
@requires(Role.DISPATCHER, Role.LEAD)
def refuse(linkage_id: int) -> Response:
    linkage.refuse(
        _to_answer(linkage_id),
        by=current_staff(),
        reason=forms.words("reason", _("不接收的理由"), most=LONGEST),
    )
    return _done()


@bp.post("/<int:linkage_id>/agreement")
@requires(Role.DISPATCHER, Role.LEAD)
def settle(linkage_id: int) -> Response:
    owner = request.form.get("owner", "")
    if owner not in set(Side):
        raise forms.Wrong(_("请选择%(label)s", label=_("由谁办理")))
    seen = forms.one_of("state", LinkageState, _("状态"))
    linkage.settle(_find(linkage_id), Side(owner), by=current_staff(), seen=seen)
    return _done()


@bp.post("/<int:linkage_id>/result")
@requires(Role.DISPATCHER, Role.LEAD)
def report(linkage_id: int) -> Response:
    one = _find(linkage_id)
    if one.handled_by is not Side.OURS:
        raise Refused(_("这件事由对方办理，结果由对方回传"))
    linkage.report(one, forms.words("result", _("办理结果"), most=LONGEST), by=current_staff())
    return _done()


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    """What is open, with what was typed, and above it why it was not done."""
    roll_back()
    return _drawn(str(error)), 409


@bp.errorhandler(IllegalMove)
def _moved_on(_error: IllegalMove) -> tuple[str, int]:
    return _again(Refused(_("已被他人处理，请核对后再操作")))


def _drawn(problem: str = "") -> str:
    """What is open first, then the newest."""
    found = session.scalars(
        select(Linkage)
        .options(joinedload(Linkage.ticket), joinedload(Linkage.peer))
        .order_by(Linkage.state == LinkageState.DONE, Linkage.id.desc())
        .limit(SHOWN)
    ).all()
    return render_template(
        "linkage/list.html",
        linkages=found,
        peers=session.scalars(_peers()).all(),
        states=LINKAGE_LABELS,
        sides=SIDES,
        problem=problem,
        given=request.form,
        given_to=(request.view_args or {}).get("linkage_id"),
    )


def _peers() -> Select[Unit]:
    """Platforms that have a key to answer with."""
    keyed = select(ApiKey.unit_id).where(
        ApiKey.scopes.contains([Scope.LINKAGE]), ApiKey.revoked_at.is_(None)
    )
    return select(Unit).where(Unit.active, Unit.id.in_(keyed)).order_by(Unit.name)


def _find(linkage_id: int) -> Linkage:
    try:
        return locking.linkage(linkage_id)
    except NotThere:
        abort(404)


def _to_answer(linkage_id: int) -> Linkage:
    one = _find(linkage_id)
    if one.first_receiver is not Side.PEER:
        raise Refused(_("这件事由热线提出，应由对方答复"))
    return one


def _done() -> Response:
    flash(_("已保存"), "done")
    return redirect(url_for(".page"))
