"""The directory of responsibilities on a page: what holds, and what waits to be taken in."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.clock import now
from infra.db import roll_back, session
from infra.localtime import local
from models import DispatchRule, District, Role, Topic, Unit
from staff.access import current_staff, requires
from tickets import directory, search
from web import asked, forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("rules", __name__, template_folder="templates", url_prefix="/rules")

READS = (Role.DISPATCHER, Role.LEAD, Role.ADMIN)


@bp.get("")
@requires(*READS)
def listing() -> str:
    return _page()


@bp.post("")
@requires(*READS)
def add() -> Response:
    condition = forms.words("condition", _("条件"), most=200, needed=False)
    saying = directory.Saying(
        topic=_topic(),
        lead=_unit(forms.words("lead", _("主办单位"), most=32)),
        legal_basis=forms.words("legal_basis", _("法律依据"), most=500),
        valid_from=forms.day("valid_from", _("生效日")),
        valid_to=forms.day("valid_to", _("终止日")) if request.form.get("valid_to") else None,
        district=_district(),
        condition=tuple(condition.split()),
        assists=tuple(_unit(code) for code in request.form.getlist("assist") if code),
        source=forms.words("source", _("来源"), most=120, needed=False),
    )
    directory.add(saying, by=current_staff())
    flash(_("已加入职责目录。"), "done")
    return redirect(url_for(".listing"))


@bp.post("/<int:rule_id>/approval")
@requires(*READS)
def approve(rule_id: int) -> Response:
    directory.approve(_rule(rule_id), by=current_staff())
    flash(_("已采纳，从今天起执行。"), "done")
    return redirect(url_for(".listing"))


@bp.post("/<int:rule_id>/end")
@requires(*READS)
def end(rule_id: int) -> Response:
    directory.end(_rule(rule_id), by=current_staff())
    flash(_("已终止。"), "done")
    return redirect(url_for(".listing"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    return _page(str(error)), 409


def _page(problem: str = "") -> str:
    topic, candidates = asked.text("topic"), directory.rules(candidates=True)
    return render_template(
        "dispatching/rules.html",
        rules=directory.rules(candidates=False, topic=topic),
        candidates=candidates,
        ends={one.id: directory.contradicted(one) for one in candidates},
        names=dict(session.execute(select(Unit.code, Unit.name)).all()),
        choices=search.choices(),
        topic=topic,
        today=local(now()).date(),
        problem=problem,
        given=request.form,
    )


def _rule(rule_id: int) -> DispatchRule:
    found = session.get(DispatchRule, rule_id, with_for_update=True)
    if found is None:
        abort(404, _("没有这条职责"))
    return found


def _topic() -> Topic:
    code = forms.words("topic", _("事项类别"), most=48)
    found = session.scalar(select(Topic).where(Topic.code == code))
    if found is None:
        raise forms.Wrong(_("没有这个事项类别"))
    return found


def _district() -> District | None:
    code = forms.words("district", _("所属区县"), most=32, needed=False)
    found = session.scalar(select(District).where(District.code == code))
    if code and found is None:
        raise forms.Wrong(_("没有这个区县"))
    return found


def _unit(code: str) -> Unit:
    wanted = code[:32].replace("\0", "")
    found = session.scalar(select(Unit).where(Unit.code == wanted, Unit.active))
    if found is None:
        raise forms.Wrong(_("没有这个单位"))
    return found
