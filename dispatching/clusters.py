"""Tickets that are many about one thing: seen together, and merged with a tick."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dispatching import queue
from infra.db import roll_back
from models import TICKET_MOVES, IllegalMove
from staff.access import current_staff, requires
from tickets import actors, clusters, locking, merging, wording
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("clusters", __name__, template_folder="templates", url_prefix="/dispatch/clusters")

MERGES = actors.allowed(TICKET_MOVES["dispatch"])


@bp.get("")
@requires(*MERGES)
def listing() -> str:
    return _page()


@bp.post("")
@requires(*MERGES)
def merge() -> Response:
    """Those ticked follow the master; all are locked in one order, or nobody is merged."""
    master = forms.words("master", _("主单号"), most=24)
    children = [one[:24] for one in request.form.getlist("child") if one and one != master]
    if not children:
        raise forms.Wrong(_("请勾选要并入的工单"))
    try:
        locked = locking.tickets(master, *children)
    except locking.NotThere:
        raise forms.Wrong(_("没有这张工单，请核对工单号")) from None
    for number in sorted(set(children)):
        merging.merge(locked[number], locked[master], by=current_staff())
    flash(_("已并单 %(count)s 张。", count=len(set(children))), "done")
    return redirect(url_for(".listing"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    return _page(str(error)), 409


@bp.errorhandler(IllegalMove)
def _moved_on(_error: IllegalMove) -> tuple[str, int]:
    return _again(Refused(_("勾选的工单中有的已被受理，不能再并")))


def _page(problem: str = "") -> str:
    return render_template(
        "dispatching/clusters.html",
        clusters=clusters.found(),
        counts=queue.counts(),
        tabs=queue.TABS,
        problem=problem,
        **wording.TERMS,
    )
