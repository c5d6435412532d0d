"""The lines as leads see and set them: who serves whom, when, and what becomes of the others."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.clock import now
from infra.db import roll_back, serialise_routing, session
from infra.localtime import local
from models import Line, LineChange, Otherwise, Role, Seat, Skill, StaffMember
from queues import (
    admission,
    line_forms,
    line_settings,
    line_words,
    opening,
    routing,
    steps,
    targets,
)
from staff.access import current_staff, requires
from web.languages import _
from web.refusals import Refused

bp = Blueprint(
    "lines",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/lines-static",
)

SETS = (Role.LEAD, Role.ADMIN)
CHANGES_TOLD = 30


@bp.get("/lines")
@requires(*SETS)
def listing() -> str:
    at = now()
    found = targets.lines()
    lines = [one.line for one in found]
    return render_template(
        "lines/list.html",
        rows=[(one, opening.shut(one.line, at), admission.is_full(one.line)) for one in found],
        names={one.code: one.name for one in lines},
        steps={one.id: steps.written(one) for one in lines},
        step_told=line_words.step_told,
    )


@bp.get("/lines/<code>")
@requires(*SETS)
def show(code: str) -> str:
    return _page(_find(code))


@bp.post("/lines/<code>/hours")
@requires(*SETS)
def set_hours(code: str) -> Response:
    return _set(code, line_forms.hours)


@bp.post("/lines/<code>/rules")
@requires(*SETS)
def set_rules(code: str) -> Response:
    return _set(code, line_forms.rules)


@bp.post("/lines/<code>/steps")
@requires(*SETS)
def set_steps(code: str) -> Response:
    return _set(code, line_forms.relaxed)


@bp.post("/lines/<code>/partner")
@requires(*SETS)
def set_partner(code: str) -> Response:
    return _set(code, line_forms.partner)


@bp.post("/lines/<code>/seats")
@requires(*SETS)
def set_seats(code: str) -> Response:
    line = _seen(code)
    return _changed(line, line_settings.change(line, line_forms.seats(line), by=current_staff()))


@bp.post("/lines/<code>/closing")
@requires(*SETS)
def close(code: str) -> Response:
    line, (reason, reason_en) = _seen(code), line_forms.reason()
    return _changed(line, line_settings.close(line, reason, reason_en, by=current_staff()))


@bp.post("/lines/<code>/reopening")
@requires(*SETS)
def reopen(code: str) -> Response:
    line = _seen(code)
    return _changed(line, line_settings.reopen(line, by=current_staff()))


@bp.post("/lines/<code>/changes/<int:change_id>/undoing")
@requires(*SETS)
def undo(code: str, change_id: int) -> Response:
    line = _locked(code)
    change = session.get(LineChange, change_id)
    if change is None or change.line_id != line.id:
        abort(404, _("没有这次修改"))
    return _changed(line, line_settings.undo(change, by=current_staff()))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    code = (request.view_args or {}).get("code", "")
    return _page(_find(code), str(error)), 409


def _set(code: str, read: line_forms.Read) -> Response:
    line = _seen(code)
    return _changed(line, line_settings.change(line, read(), by=current_staff()))


def _changed(line: Line, change: LineChange | None) -> Response:
    """Who waits is matched anew in the same transaction."""
    if change is None:
        flash(_("没有变化。"), "done")
    else:
        session.flush()
        routing.run()
        flash(_("已保存，立即生效，也适用于正在排队的来电。"), "done")
    return redirect(url_for(".show", code=line.code))


def _locked(code: str) -> Line:
    """The routing lock is the first that is taken; then nobody else changes the line."""
    serialise_routing()
    return _find(code)


def _seen(code: str) -> Line:
    """As the page showed it that this form comes from.  Raises Refused."""
    line = _locked(code)
    line_settings.insist_seen(line, line_forms.seen())
    return line


def _find(code: str) -> Line:
    line = session.scalar(select(Line).where(Line.code == code[:32].replace("\0", "")))
    if line is None:
        abort(404, _("没有这个专席"))
    return line


def _page(line: Line, problem: str = "") -> str:
    at = now()
    figures = next(one for one in targets.lines() if one.line.id == line.id)
    others = session.scalars(select(Line).order_by(Line.rank, Line.id)).all()
    people = _agents()
    changes = line_settings.history(line, CHANGES_TOLD)
    names = {one.code: one.name for one in others}
    known = {one.id: one.name for one in session.scalars(select(StaffMember))}
    return render_template(
        "lines/line.html",
        line=line,
        figures=figures,
        shut=opening.shut(line, at),
        full=admission.is_full(line),
        others=[one for one in others if one.id != line.id],
        steps=steps.written(line),
        most_steps=line_forms.MOST_STEPS,
        where=steps.Where,
        otherwise=Otherwise,
        weekdays=line_words.WEEKDAYS,
        languages=line_words.LANGUAGES,
        people=people,
        skills={
            one.staff_id: one
            for one in session.scalars(select(Skill).where(Skill.line_id == line.id))
        },
        changes=[(one, undoable, line_words.said(one, names, known)) for one, undoable in changes],
        seen=line_settings.last_change(line),
        today=local(at).date(),
        problem=problem,
        # What was refused is shown again.
        given=request.form if problem else {},
    )


def _agents() -> list[tuple[StaffMember, Seat | None]]:
    """Everybody who may sit at a desk."""
    found = session.execute(
        select(StaffMember, Seat)
        .outerjoin(Seat, Seat.staff_id == StaffMember.id)
        .where(StaffMember.roles.contains([Role.AGENT]), StaffMember.disabled_at.is_(None))
        .order_by(StaffMember.id)
    )
    return list(found.tuples())
