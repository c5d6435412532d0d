"""The page of the numbers that a city sets itself."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.db import roll_back
from models import Role
from staff import norms
from staff.access import current_staff, requires
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("norms", __name__, template_folder="templates", url_prefix="/norms")

READS = (Role.ADMIN, Role.LEAD, Role.DISPATCHER, Role.QA)


@bp.get("")
@requires(*READS)
def page() -> str:
    return _page()


@bp.post("/<name>")
@requires(Role.ADMIN)
def change(name: str) -> Response:
    known = norms.NORMS.get(name)
    if known is None:
        abort(404)
    label = str(known.label)
    if known.measure is norms.Measure.CLOCK:
        wanted = forms.clock("amount", label)
    else:
        wanted = forms.number("amount", label, least=known.least, most=known.most)
    norms.change(name, wanted, by=current_staff())
    flash(_("已保存，即时生效。"), "done")
    return redirect(url_for(".page"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    return _page(str(error)), 409


def _page(problem: str = "") -> str:
    return render_template(
        "norms.html",
        groups=norms.GROUPS,
        norms=norms.NORMS,
        amounts={name: norms.amount(name) for name in norms.NORMS},
        measures=norms.MEASURES,
        changes=norms.changes(),
        shown=norms.shown,
        may_edit=current_staff().may(Role.ADMIN),
        problem=problem,
        given=request.form,
    )
