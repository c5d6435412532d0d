"""A difficult ticket on its unit's page: asked for, and planned."""

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from models import IllegalMove, RequestKind, Role
from staff.access import current_staff, requires
from tickets import difficult, requests
from units import routes
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("unit_difficult", __name__, url_prefix="/inbox")
bp.register_error_handler(Refused, routes.again)
bp.register_error_handler(IllegalMove, routes.moved_on)


@bp.post("/<int:assignment_id>/difficulty")
@requires(Role.UNIT)
def ask(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    reason = forms.words("reason", _("疑难原因"), most=500)
    requests.ask_for(one, RequestKind.DIFFICULT, by=current_staff(), reason=reason)
    flash(_("疑难申请已提交，由班长审批。"), "done")
    return redirect(url_for("units.assignment", assignment_id=assignment_id))


@bp.post("/<int:assignment_id>/plan")
@requires(Role.UNIT)
def plan(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    words = forms.words("plan", _("办理方案"), most=1000)
    review = forms.day("review", _("复核日"))
    difficult.plan(one, words, review, by=current_staff())
    flash(_("方案已填报。"), "done")
    return redirect(url_for("units.assignment", assignment_id=assignment_id))
