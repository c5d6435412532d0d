"""Administration: people, roles, skills, one-time passwords."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload
from werkzeug.wrappers import Response

from infra.db import roll_back, session
from models import Line, Role, Seat, Skill, StaffMember, Unit
from staff import people
from staff.access import current_staff, requires
from staff.audit_words import ROLES
from web import asked, once
from web.languages import _

bp = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates")

PAGE = 50
LEVELS = range(1, 6)


@bp.get("/people")
@requires(Role.ADMIN)
def people_list() -> str:
    return _people()


def _people() -> str:
    """With what was typed, where it was refused."""
    wanted, page = asked.text("q"), asked.page()
    query = select(StaffMember).where(~StaffMember.machine)
    if wanted:
        query = query.where(
            StaffMember.login.icontains(wanted, autoescape=True)
            | StaffMember.name.icontains(wanted, autoescape=True)
        )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    found = session.scalars(
        query.options(joinedload(StaffMember.unit))
        .order_by(StaffMember.disabled_at.is_not(None), *_naturally(StaffMember.login))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return render_template(
        "people.html",
        people=found,
        q=wanted,
        roles=ROLES,
        total=total,
        page=page,
        last=max(1, -(-total // PAGE)),
        given=request.form,
        chosen=request.form.getlist("role"),
        units=_units(),
    )


@bp.post("/people")
@requires(Role.ADMIN)
def add() -> Response | tuple[str, int]:
    try:
        staff, password = people.add(
            login=request.form.get("login", ""),
            name=request.form.get("name", ""),
            roles=_roles(),
            unit=_unit(),
        )
    except people.Unacceptable as error:
        flash(str(error), "error")
        return _people(), 409
    told = _(
        "已添加 %(name)s，一次性密码：%(password)s（仅显示这一次，首次登录须修改）",
        name=staff.name,
        password=password,
    )
    once.show(told, password)
    return redirect(url_for(".person", staff_id=staff.id))


@bp.get("/people/<int:staff_id>")
@requires(Role.ADMIN)
def person(staff_id: int) -> str:
    staff = _find(staff_id)
    levels = {
        skill.line_id: skill.level
        for skill in session.scalars(select(Skill).where(Skill.staff_id == staff.id))
    }
    return render_template(
        "person.html",
        person=staff,
        seat=session.get(Seat, staff.id),
        lines=session.scalars(select(Line).order_by(Line.rank)).all(),
        units=_units(),
        levels=levels,
        roles=ROLES,
    )


@bp.post("/people/<int:staff_id>")
@requires(Role.ADMIN)
def change(staff_id: int) -> Response:
    staff = _find(staff_id)
    try:
        people.change(
            staff,
            name=request.form.get("name", ""),
            roles=_roles(),
            unit=_unit(),
            by=current_staff(),
        )
        people.set_leader(staff, "leads_unit" in request.form)
        people.set_monitoring(staff, "monitors_unseen" in request.form)
    except people.Unacceptable as error:
        roll_back()
        flash(str(error), "error")
        return redirect(url_for(".person", staff_id=staff_id))
    people.set_skills(staff, _skills(), request.form.getlist("language"))
    flash(_("已保存"), "done")
    return redirect(url_for(".person", staff_id=staff.id))


@bp.post("/people/<int:staff_id>/reset")
@requires(Role.ADMIN)
def reset(staff_id: int) -> Response:
    password = people.reset(_find(staff_id))
    told = _("一次性密码：%(password)s（仅显示这一次，下次登录须修改）", password=password)
    once.show(told, password)
    return redirect(url_for(".person", staff_id=staff_id))


@bp.post("/people/<int:staff_id>/disable")
@requires(Role.ADMIN)
def disable(staff_id: int) -> Response:
    staff = _find(staff_id)
    try:
        people.disable(staff, by=current_staff())
    except people.Unacceptable as error:
        flash(str(error), "error")
        return redirect(url_for(".person", staff_id=staff_id))
    flash(_("已停用，其所有登录立即失效"), "done")
    return redirect(url_for(".person", staff_id=staff_id))


@bp.post("/people/<int:staff_id>/enable")
@requires(Role.ADMIN)
def enable(staff_id: int) -> Response:
    people.enable(_find(staff_id))
    flash(_("已启用"), "done")
    return redirect(url_for(".person", staff_id=staff_id))


def _naturally(
    name: InstrumentedAttribute[str],
) -> tuple[ColumnElement[str], ColumnElement[int], InstrumentedAttribute[str]]:
    """agent9 before agent10: first the word, then the number behind it, then what is left."""
    word = func.regexp_replace(name, r"\d+$", "")
    number = cast(func.nullif(func.substring(name, r"(\d{1,18})$"), ""), BigInteger)
    return word, func.coalesce(number, -1), name


def _find(staff_id: int) -> StaffMember:
    staff = session.get(StaffMember, staff_id)
    if staff is None or staff.machine:
        abort(404, _("没有这个人员"))
    return staff


def _roles() -> list[Role]:
    known = set(Role)
    return [Role(one) for one in request.form.getlist("role") if one in known]


def _units() -> Sequence[Unit]:
    return session.scalars(select(Unit).where(Unit.active).order_by(Unit.name)).all()


def _unit() -> Unit | None:
    return session.scalar(select(Unit).where(Unit.code == request.form.get("unit", "")))


def _skills() -> dict[int, int]:
    """Line to level; a line without a level is none of his."""
    levels = {str(level): level for level in LEVELS}
    chosen = {
        line: request.form.get(f"line-{line}", "") for line in session.scalars(select(Line.id))
    }
    return {line: levels[level] for line, level in chosen.items() if level in levels}
