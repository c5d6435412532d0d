"""Administration: people, roles, skills, one-time passwords."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload
from werkzeug.wrappers import Response

from infra.db import roll_back, serialise_routing, session
from models import Line, Reskill, Role, Seat, Skill, StaffMember, Unit
from staff import people
from staff.access import current_staff, requires
from staff.audit_words import ROLES
from web import asked, once
from web.languages import _
from web.refusals import Refused

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
    skills = session.scalars(select(Skill).where(Skill.staff_id == staff.id)).all()
    return render_template(
        "person.html",
        person=staff,
        seat=session.get(Seat, staff.id),
        lines=session.scalars(select(Line).order_by(Line.rank)).all(),
        units=_units(),
        levels={one.line_id: one.level for one in skills},
        until={one.line_id: one.certified_until for one in skills},
        lent=_lent(staff),
        roles=ROLES,
    )


@bp.post("/people/<int:staff_id>")
@requires(Role.ADMIN)
def change(staff_id: int) -> Response:
    # Who serves what is looked at by each routing pass.
    serialise_routing()
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
        people.set_skills(
            staff,
            _skills(),
            request.form.getlist("language"),
            until=_certificates(),
            by=current_staff(),
        )
    except (people.Unacceptable, Refused) as error:
        roll_back()
        flash(str(error), "error")
        return redirect(url_for(".person", staff_id=staff_id))
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


def _lent(staff: StaffMember) -> dict[int, Reskill]:
    """By line, what a lead has changed for a while."""
    live = (Reskill.staff_id == staff.id) & Reskill.ended_at.is_(None)
    found = session.scalars(select(Reskill).where(live).options(joinedload(Reskill.by)))
    return {one.line_id: one for one in found}


def _units() -> Sequence[Unit]:
    return session.scalars(select(Unit).where(Unit.active).order_by(Unit.name)).all()


def _unit() -> Unit | None:
    return session.scalar(select(Unit).where(Unit.code == request.form.get("unit", "")))


def _skills() -> people.Levels:
    """What was changed on the page: a line that shows what it showed when the page was drawn is
    left as it is, whatever a lead has lent him meanwhile."""
    levels = {str(level): level for level in LEVELS}
    chosen = {
        line: (request.form.get(f"line-{line}", ""), request.form.get(f"was-{line}"))
        for line in session.scalars(select(Line.id))
    }
    return {line: levels.get(level) for line, (level, was) in chosen.items() if level != was}


def _certificates() -> dict[int, str]:
    """Line to the last day of his certificate, of those lines that ask for one."""
    lines = session.scalars(select(Line.id).where(Line.certified))
    given = {line: asked.day_in(request.form, f"until-{line}") for line in lines}
    return {line: day.isoformat() for line, day in given.items() if day is not None}
