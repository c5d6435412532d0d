"""The page of seats' telephones: an agent's own number, and all of them for administrators."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.db import roll_back, serialise_routing, session
from models import Role, SeatTelephone
from queues import presence, seat_telephones
from staff import audit
from staff.access import current_staff, requires
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("telephones", __name__, template_folder="templates", url_prefix="/telephones")


@bp.get("")
@requires(Role.AGENT, Role.ADMIN)
def page() -> str:
    return _page()


@bp.post("/own")
@requires(Role.AGENT)
def name_own() -> Response:
    serialise_routing()
    number = forms.words("number", _("话机号码"), most=20)
    staff = current_staff()
    seat_telephones.name_number(presence.seat_of(staff), number, by=staff)
    flash(_("已提交，管理员批准后可以启用。"), "done")
    return redirect(url_for(".page"))


@bp.post("/own/use")
@requires(Role.AGENT)
def use() -> Response:
    """From now on his offers ring the telephone, or the browser again."""
    serialise_routing()
    on = request.form.get("on") == "1"
    seat_telephones.switch(presence.seat_of(current_staff()), on=on)
    flash(_("已改用话机接听。") if on else _("已改回浏览器接听。"), "done")
    return redirect(url_for(".page"))


@bp.post("/<int:staff_id>/number")
@requires(Role.ADMIN)
def name(staff_id: int) -> Response:
    serialise_routing()
    known = _known(staff_id)
    number = forms.words("number", _("话机号码"), most=20)
    seat_telephones.name_number(known.seat, number, by=current_staff())
    flash(_("已保存话机号码。"), "done")
    return redirect(url_for(".page"))


@bp.post("/<int:staff_id>/approval")
@requires(Role.ADMIN)
def approve(staff_id: int) -> Response:
    asked = request.form.get("asked_at", "")
    seat_telephones.approve_asked(_known(staff_id), asked, by=current_staff())
    flash(_("已批准，座席可以启用话机。"), "done")
    return redirect(url_for(".page"))


@bp.post("/<int:staff_id>/removal")
@requires(Role.ADMIN)
def remove(staff_id: int) -> Response:
    serialise_routing()
    seat_telephones.remove(_known(staff_id))
    flash(_("已删除话机号码。"), "done")
    return redirect(url_for(".page"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    return _page(str(error)), 409


def _page(problem: str = "") -> str:
    staff = current_staff()
    own = session.get(SeatTelephone, staff.id)
    every = seat_telephones.everybody() if staff.may(Role.ADMIN) else []
    # Whole numbers for whoever is to approve them, and each look at one is logged; not beside a
    # refusal, with which the log would be rolled back.
    asked = [] if problem else [one.staff_id for one in every if not one.approved_at]
    audit.looks("telephone.viewed", "staff", asked)
    return render_template(
        "telephones.html",
        own=own,
        every=every,
        asked=asked,
        agent=staff.may(Role.AGENT),
        problem=problem,
    )


def _known(staff_id: int) -> SeatTelephone:
    known = session.get(SeatTelephone, staff_id, with_for_update=True)
    if known is None:
        abort(404, _("这个座席没有话机号码"))
    return known
