"""The dispatcher's page of reconciliation: where both sides' lists differ, and sending again."""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from channels.exchange import peers, reconciling
from channels.exchange.pages import DISPATCHES, SIDES
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Difference, Exchange, Peer, Reconciliation
from models.exchange import DIFFERENCE_LABELS, EXCHANGE_LABELS
from staff.access import requires
from web.languages import _

bp = Blueprint(
    "reconciliation", __name__, url_prefix="/reconciliations", template_folder="templates"
)

DAYS = 30
SHOWN = 500


@bp.get("")
@requires(*DISPATCHES)
def page() -> str:
    """The last thirty days, and the peers whose list of yesterday has not come."""
    today = local(now()).date()
    yesterday = today - timedelta(days=1)
    recent = Reconciliation.day >= today - timedelta(days=DAYS)
    found = session.scalars(
        select(Reconciliation)
        .where(recent)
        .options(joinedload(Reconciliation.peer).joinedload(Peer.unit))
        .order_by(Reconciliation.day.desc(), Reconciliation.id)
    ).all()
    came = {one.peer_id for one in found if one.day == yesterday}
    everyone = session.scalars(peers.everyone().options(joinedload(Peer.unit)))
    return render_template(
        "exchange/reconciliation.html",
        reconciliations=found,
        differences=_differences(recent),
        silent=[one for one in everyone if one.id not in came],
        yesterday=yesterday,
        kinds=DIFFERENCE_LABELS,
        states=EXCHANGE_LABELS,
        sides=SIDES,
    )


@bp.post("/differences/<int:difference_id>/again")
@requires(*DISPATCHES)
def send_again(difference_id: int) -> Response:
    one = session.get(Difference, difference_id, with_for_update=True)
    if one is None:
        abort(404, _("没有这条差异，可能对方已送来新的清单"))
    reconciling.send_again(one)
    flash(_("已重新发送。"), "done")
    return redirect(url_for(".page"))


def _differences(recent: ColumnElement[bool]) -> Sequence[Difference]:
    return session.scalars(
        select(Difference)
        .join(Difference.reconciliation)
        .where(recent)
        .options(
            joinedload(Difference.reconciliation)
            .joinedload(Reconciliation.peer)
            .joinedload(Peer.unit),
            joinedload(Difference.exchange).joinedload(Exchange.ticket),
        )
        .order_by(Reconciliation.day.desc(), Difference.id)
        .limit(SHOWN)
    ).all()
