"""The dispatcher's pages of exchange: packages both ways, and the peers themselves."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from channels.exchange import incoming, outgoing, peers
from infra.db import roll_back, session
from models import Exchange, IllegalMove, Peer, PeerKind, Role, Side, Unit
from models.exchange import EXCHANGE_LABELS
from staff.access import current_staff, requires
from tickets import locking
from tickets.locking import NotThere
from web import asked, forms
from web.languages import _, _l
from web.refusals import Refused

bp = Blueprint("exchange", __name__, url_prefix="/exchanges", template_folder="templates")

DISPATCHES = (Role.DISPATCHER, Role.LEAD)
PAGE = 100
LONGEST = 4000
SIDES = {Side.OURS: _l("热线送出"), Side.PEER: _l("对方送来")}
KINDS = {PeerKind.PROVINCE: _l("省平台"), PeerKind.CITY: _l("外市热线")}
CODE = r"[a-z0-9_]{2,16}"


@bp.get("")
@requires(*DISPATCHES)
def page() -> str:
    return _drawn()


def _drawn(problem: str = "") -> str:
    """What has no end first, then the newest; the next page begins below the last id."""
    query = select(Exchange).options(
        joinedload(Exchange.ticket), joinedload(Exchange.peer).joinedload(Peer.unit)
    )
    if before := asked.number("before"):
        query = query.where(Exchange.id < before)
    if asked.text("open"):
        query = query.where(Exchange.ended_at.is_(None))
    found = session.scalars(query.order_by(Exchange.id.desc()).limit(PAGE + 1)).all()
    return render_template(
        "exchange/list.html",
        exchanges=found[:PAGE],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        open_only=bool(asked.text("open")),
        peers=session.scalars(peers.everyone().options(joinedload(Peer.unit))).all(),
        states=EXCHANGE_LABELS,
        sides=SIDES,
        problem=problem,
        given=request.form,
        given_to=(request.view_args or {}).get("exchange_id"),
    )


@bp.post("")
@requires(*DISPATCHES)
def hand_over() -> Response:
    """A ticket that is not this city's goes to a peer."""
    code = request.form.get("peer", "").replace("\0", "")
    peer = session.scalar(peers.everyone().where(Unit.code == code))
    number = forms.words("number", _("工单号"), most=24)
    try:
        ticket = locking.ticket(number)
    except NotThere:
        raise forms.Wrong(_("没有工单 %(number)s", number=number)) from None
    if peer is None:
        raise forms.Wrong(_("请选择%(label)s", label=_("平台")))
    outgoing.hand_over(ticket, peer, by=current_staff())
    return _done()


@bp.post("/<int:exchange_id>/refusal")
@requires(*DISPATCHES)
def refuse(exchange_id: int) -> Response:
    reason = forms.words("reason", _("不接收的理由"), most=LONGEST)
    try:
        one = locking.exchange(exchange_id)
    except NotThere:
        abort(404)
    incoming.refuse(one, by=current_staff(), reason=reason)
    return _done()


@bp.get("/peers")
@requires(Role.ADMIN)
def peers_page() -> str:
    return _peers()


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    """The same page with what was typed, and above it why it was not done."""
    roll_back()
    return (_peers if request.path.endswith("/peers") else _drawn)(str(error)), 409


@bp.errorhandler(IllegalMove)
def _moved_on(_error: IllegalMove) -> tuple[str, int]:
    return _again(Refused(_("已被他人处理，请核对后再操作")))


def _peers(problem: str = "") -> str:
    return render_template(
        "exchange/peers.html",
        peers=session.scalars(peers.everyone().options(joinedload(Peer.unit))).all(),
        kinds=KINDS,
        code=CODE,
        problem=problem,
        given=request.form,
    )


@bp.post("/peers")
@requires(Role.ADMIN)
def add_peer() -> Response:
    _peer, secrets = peers.add(
        forms.matching("code", CODE, _("代码")),
        forms.words("name", _("名称"), most=64),
        forms.one_of("kind", PeerKind, _("种类")),
        forms.words("url", _("接收地址"), most=500),
    )
    flash(
        _(
            "接口密钥：%(key)s；签名密钥：%(signing)s（仅显示这一次，请交给对方平台的管理员）",
            key=secrets.key,
            signing=secrets.signing,
        ),
        "secret",
    )
    return redirect(url_for(".peers_page"))


def _done() -> Response:
    flash(_("已保存"), "done")
    return redirect(url_for(".page"))
