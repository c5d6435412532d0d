"""Administration: people, roles, skills, one-time passwords, and the audit log."""

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from infra.db import session
from infra.localtime import CITY
from models import AuditEntry, Line, Role, Seat, Skill, StaffMember, Unit
from staff import audit, people
from staff.access import requires

bp = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates")

PAGE = 100
LEVELS = range(1, 6)


@bp.get("/people")
@requires(Role.ADMIN)
def people_list() -> str:
    wanted = request.args.get("q", "").strip()
    query = select(StaffMember).order_by(StaffMember.login)
    if wanted:
        query = query.where(
            StaffMember.login.icontains(wanted, autoescape=True)
            | StaffMember.name.icontains(wanted, autoescape=True)
        )
    found = session.scalars(query.limit(500)).all()
    return render_template("people.html", people=found, q=wanted, roles=list(Role))


@bp.post("/people")
@requires(Role.ADMIN)
def add() -> Response:
    try:
        staff, password = people.add(
            login=request.form.get("login", ""),
            name=request.form.get("name", ""),
            roles=_roles(),
        )
    except people.Unacceptable as error:
        flash(str(error), "error")
        return redirect(url_for(".people_list"))
    flash(f"已添加 {staff.name}，一次性密码：{password}（仅显示这一次，首次登录须修改）", "secret")
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
        units=session.scalars(select(Unit).where(Unit.active).order_by(Unit.name)).all(),
        levels=levels,
        roles=list(Role),
    )


@bp.post("/people/<int:staff_id>")
@requires(Role.ADMIN)
def change(staff_id: int) -> Response:
    staff = _find(staff_id)
    try:
        people.change(staff, name=request.form.get("name", ""), roles=_roles())
    except people.Unacceptable as error:
        flash(str(error), "error")
        return redirect(url_for(".person", staff_id=staff.id))
    people.set_unit(staff, _unit())
    people.set_skills(staff, _skills(), request.form.getlist("language"))
    flash("已保存", "done")
    return redirect(url_for(".person", staff_id=staff.id))


@bp.post("/people/<int:staff_id>/reset")
@requires(Role.ADMIN)
def reset(staff_id: int) -> Response:
    password = people.reset(_find(staff_id))
    flash(f"一次性密码：{password}（仅显示这一次，下次登录须修改）", "secret")
    return redirect(url_for(".person", staff_id=staff_id))


@bp.post("/people/<int:staff_id>/disable")
@requires(Role.ADMIN)
def disable(staff_id: int) -> Response:
    people.disable(_find(staff_id))
    flash("已停用，其所有登录立即失效", "done")
    return redirect(url_for(".person", staff_id=staff_id))


@bp.post("/people/<int:staff_id>/enable")
@requires(Role.ADMIN)
def enable(staff_id: int) -> Response:
    people.enable(_find(staff_id))
    flash("已启用", "done")
    return redirect(url_for(".person", staff_id=staff_id))


@bp.get("/audit")
@requires(Role.ADMIN)
def audit_log() -> str:
    asked = request.args
    query = (
        select(AuditEntry)
        .outerjoin(StaffMember, StaffMember.id == AuditEntry.by_id)
        .options(joinedload(AuditEntry.by))
        .order_by(AuditEntry.id.desc())
    )
    if asked.get("who"):
        query = query.where(
            StaffMember.login.icontains(asked["who"], autoescape=True)
            | StaffMember.name.icontains(asked["who"], autoescape=True)
        )
    if asked.get("action"):
        query = query.where(AuditEntry.action == asked["action"])
    if asked.get("day"):
        query = query.where(
            AuditEntry.at >= _day(asked["day"], 0), AuditEntry.at < _day(asked["day"], 1)
        )
    page = max(0, asked.get("page", 0, type=int))
    entries = session.scalars(query.limit(PAGE + 1).offset(page * PAGE)).all()
    actions = session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action))
    audit.record("read_audit", "audit", asked.get("who") or "all")
    return render_template(
        "audit.html",
        entries=entries[:PAGE],
        more=len(entries) > PAGE,
        page=page,
        actions=list(actions),
    )


def _find(staff_id: int) -> StaffMember:
    staff = session.get(StaffMember, staff_id)
    if staff is None:
        abort(404, "没有这个人员")
    return staff


def _roles() -> list[Role]:
    known = set(Role)
    return [Role(one) for one in request.form.getlist("role") if one in known]


def _unit() -> Unit | None:
    return session.scalar(select(Unit).where(Unit.code == request.form.get("unit", "")))


def _skills() -> dict[int, int]:
    """Line to level; a line without a level is none of his."""
    found: dict[int, int] = {}
    for name, value in request.form.items():
        line = name.removeprefix("line-")
        if name.startswith("line-") and line.isdigit() and value.isdigit() and int(value) in LEVELS:
            found[int(line)] = int(value)
    return found


def _day(text: str, after: int) -> datetime:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=CITY)
    except ValueError:
        abort(400, "日期应为 2026-03-01 的形式")
    return day.replace(hour=0) if not after else day.fromtimestamp(day.timestamp() + 86400, CITY)
