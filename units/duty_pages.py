"""The page of the duty rota: a unit's own, and all of them for administrators."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.clock import now
from infra.db import roll_back, session
from models import LAST_RANK, DutyTurn, Role, Unit
from staff import audit, norms
from staff.access import current_staff, requires
from tickets import search
from units import duty_rota, duty_sheet
from units.duty_rota import LONGEST_NAME, TurnRefused, Wanted
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("duty", __name__, template_folder="templates", url_prefix="/duty")

PLANS = (Role.UNIT, Role.ADMIN)


@bp.get("")
@requires(*PLANS)
def page() -> str:
    return _page()


@bp.post("")
@requires(*PLANS)
def create() -> Response:
    wanted = Wanted(
        unit=_unit(),
        officer=forms.words("officer", _("值班人员"), most=LONGEST_NAME),
        rank=forms.number("rank", _("呼叫顺序"), most=LAST_RANK),
        number=forms.words("number", _("电话号码"), most=20),
        begins=forms.moment("begins", _("开始时间")),
        ends=forms.moment("ends", _("结束时间")),
    )
    turn = duty_rota.schedule(wanted)
    audit.record("duty.made", "unit", wanted.unit.code, number=turn.number_masked)
    flash(_("已安排值班。"), "done")
    return redirect(url_for(".page"))


@bp.post("/<int:turn_id>/removal")
@requires(*PLANS)
def remove(turn_id: int) -> Response:
    turn = session.get(DutyTurn, turn_id, with_for_update=True)
    if turn is None or turn.unit_id not in {one.id for one in _mine()}:
        abort(404, _("没有这次值班，可能已被删除"))
    duty_rota.remove(turn)
    flash(_("已删除值班。"), "done")
    return redirect(url_for(".page"))


@bp.post("/import")
@requires(*PLANS)
def take_in() -> Response:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise TurnRefused(_("请选择一个 CSV 文件"))
    wanted = duty_sheet.read(file.read(), {one.code: one for one in _mine()})
    made = duty_rota.take_in(wanted)
    for code, rows in made.items():
        audit.record("duty.imported", "unit", code, rows=rows)
    flash(_("已导入 %(made)s 次值班。", made=made.total()), "done")
    return redirect(url_for(".page"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    return _page(str(error)), 409


def _page(problem: str = "") -> str:
    units = _mine()
    ids = [one.id for one in units]
    return render_template(
        "units/duty.html",
        units=units,
        turns=duty_rota.coming(ids),
        figures=duty_rota.figures(ids),
        within=norms.amount("duty_answers_within"),
        rings_for=norms.amount("duty_rings_for"),
        columns=duty_sheet.COLUMNS,
        at=now(),
        problem=problem,
        given=request.form,
    )


def _unit() -> Unit:
    units = _mine()
    if len(units) == 1:
        return units[0]
    chosen = forms.number("unit", _("单位"))
    found = next((one for one in units if one.id == chosen), None)
    if found is None:
        raise TurnRefused(_("请选择单位"))
    return found


def _mine() -> Sequence[Unit]:
    """A clerk plans for his own unit; administrators for all."""
    staff = current_staff()
    if staff.may(Role.ADMIN):
        return search.member_units()
    own = select(Unit).where(Unit.id == staff.unit_id)
    return session.scalars(own).all()
