"""The leads' page of minors' cases: who is to be told by when, reviews, and the dates after."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.clock import now
from infra.db import roll_back, session
from models import Protection, ProtectionVisit, Receiver, Risk, Role
from queues import owed, protecting
from staff import audit
from staff.access import current_staff, requires
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("protections", __name__, template_folder="templates", url_prefix="/floor/minors")


@bp.get("")
@requires(Role.LEAD)
def listing() -> str:
    return _page()


@bp.post("/<int:protection_id>/reports")
@requires(Role.LEAD)
def report(protection_id: int) -> Response:
    protecting.report(
        _locked(protection_id),
        forms.one_of("receiver", Receiver, _("接报单位")),
        what=forms.words("what", _("报告内容"), most=protecting.LONGEST),
        person=forms.words("person", _("接报人"), most=protecting.LONGEST),
        receipt=forms.words("receipt", _("回执编号"), most=protecting.LONGEST),
        by=current_staff(),
    )
    audit.record("protection.reported", "protection", protection_id)
    return _done(_("已记录强制报告。"))


@bp.post("/<int:protection_id>/review")
@requires(Role.LEAD)
def review(protection_id: int) -> Response:
    words = forms.words("words", _("复核意见"), most=protecting.LONGEST)
    protecting.review(_locked(protection_id), words, by=current_staff())
    audit.record("protection.reviewed", "protection", protection_id)
    return _done(_("已复核。"))


@bp.post("/visits/<int:visit_id>")
@requires(Role.LEAD)
def visit(visit_id: int) -> Response:
    task = session.get(ProtectionVisit, visit_id, with_for_update=True)
    if task is None:
        abort(404, _("没有这项跟踪"))
    words = forms.words("words", _("跟踪情况"), most=protecting.LONGEST)
    protecting.visit(task, words, by=current_staff())
    audit.record("protection.visited", "protection", task.protection_id)
    return _done(_("跟踪情况已记录。"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    return _page(str(error)), 409


def _done(told: str) -> Response:
    flash(told, "done")
    return redirect(url_for(".listing"))


def _locked(protection_id: int) -> Protection:
    found = session.get(Protection, protection_id, with_for_update=True)
    if found is None:
        abort(404, _("没有这件个案"))
    return found


def _page(problem: str = "") -> str:
    found = owed.cases()
    ids = [one.id for one in found]
    audit.looks("protection.viewed", "protection", ids)
    reports, visits = protecting.reports_of(ids), protecting.visits_of(ids)
    return render_template(
        "protections/page.html",
        cases=found,
        reports={of: [one for one in reports if one.protection_id == of] for of in ids},
        visits={of: [one for one in visits if one.protection_id == of] for of in ids},
        risks={risk.value: risk for risk in Risk},
        receivers=Receiver,
        at=now(),
        problem=problem,
        given=request.form,
    )
