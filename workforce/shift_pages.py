"""The pages of shifts: the week of everybody, adherence by day, and an agent's own."""

from collections import defaultdict
from datetime import date, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from infra.clock import now
from infra.db import session
from infra.localtime import local, midnight
from models import Role, Seat, Shift, ShiftKind
from staff import audit
from staff.access import current_staff, requires
from web import asked, downloads, forms
from web.languages import _
from workforce import adherence, kept_times, rostering, sheet, staffing
from workforce.forecasting import SLOTS
from workforce.rostering import Wanted

bp = Blueprint("shifts", __name__, url_prefix="/workforce/shifts", template_folder="templates")

READS = (Role.LEAD, Role.ADMIN)
ONE_DAY = timedelta(days=1)
# What an agent sees of his own past and future.
OWN_BEFORE, OWN_AFTER = timedelta(days=7), timedelta(days=21)


@bp.get("")
@requires(*READS)
def week() -> str:
    monday = _monday()
    days = [monday + n * ONE_DAY for n in range(7)]
    by_agent: dict[int, dict[date, list[Shift]]] = defaultdict(lambda: defaultdict(list))
    for one in rostering.in_week(monday):
        by_agent[one.staff_id][local(one.begins_at).date()].append(one)
    return render_template(
        "workforce/week.html",
        monday=monday,
        days=days,
        agents=[one for one in rostering.agents() if one.staff.may(Role.AGENT)],
        by_agent=by_agent,
        most=_most_on_shift(monday),
        kinds=ShiftKind,
        usual=rostering.USUAL,
        lines=rostering.lines(),
        breaks_told=sheet.breaks_told,
        today=local(now()).date(),
        at=now(),
        may_change=current_staff().may(Role.LEAD),
    )


@bp.post("")
@requires(Role.LEAD)
def create() -> Redirect:
    day = forms.day("day", _("日期"))
    wanted = _wanted(_seat(), day)
    repeats = forms.number("days", _("天数"), least=1, most=14)
    for n in range(repeats):
        shift = rostering.schedule(_later(wanted, n * ONE_DAY), by=current_staff())
        audit.record("shift.made", "shift", shift.id)
    flash(_("已安排 %(many)s 个班次。", many=repeats), "done")
    return redirect(url_for(".week", week=rostering.monday_of(day).isoformat()))


@bp.post("/<int:shift_id>/removal")
@requires(Role.LEAD)
def remove(shift_id: int) -> Redirect:
    shift = session.get(Shift, shift_id, with_for_update={"of": Shift})
    if shift is None:
        abort(404, _("没有这个班次，可能已被删除"))
    monday = rostering.monday_of(local(shift.begins_at).date())
    rostering.remove(shift)
    audit.record("shift.removed", "shift", shift_id)
    flash(_("已删除班次。"), "done")
    return redirect(url_for(".week", week=monday.isoformat()))


@bp.post("/copies")
@requires(Role.LEAD)
def copy() -> Redirect:
    monday = rostering.monday_of(forms.day("week", _("日期")))
    to = rostering.monday_of(forms.day("to", _("复制到")))
    made, left_out = rostering.copy_week(monday, to, by=current_staff())
    audit.record("shift.week_copied", "shift", to.isoformat())
    told = _("已复制 %(made)s 个班次。", made=made)
    if left_out:
        told += _("%(many)s 个未复制：与已有班次重叠，或座席已停用。", many=left_out)
    flash(told, "done")
    return redirect(url_for(".week", week=to.isoformat()))


@bp.get("/export")
@requires(*READS)
def export() -> Response:
    monday = _monday()
    answer = Response(sheet.written(rostering.in_week(monday)), mimetype="text/csv")
    audit.record("shift.exported", "shift", monday.isoformat())
    downloads.name_it(answer, _("排班"), monday.isoformat(), kind="csv", plain="shifts")
    return answer


@bp.post("/import")
@requires(Role.LEAD)
def take_in() -> Redirect:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise rostering.ShiftRefused(_("请选择一个 CSV 文件"))
    wanted = sheet.read(file.read(), rostering.agents(), rostering.lines())
    made = sheet.take_in(wanted, by=current_staff())
    audit.record("shift.imported", "shift", "csv")
    flash(_("已导入 %(made)s 个班次。", made=made), "done")
    first = min((one.begins for one in wanted), default=now())
    monday = rostering.monday_of(local(first).date())
    return redirect(url_for(".week", week=monday.isoformat()))


@bp.get("/adherence")
@requires(*READS)
def kept() -> str:
    day = asked.day("day") or local(now()).date()
    found = kept_times.on_day(day)
    measured = [one.adherence for one in found if one.adherence is not None]
    taken, given = kept_times.recoveries(day)
    return render_template(
        "workforce/adherence.html",
        taken=taken,
        given=given,
        day=day,
        before=day - ONE_DAY,
        after=day + ONE_DAY,
        today=local(now()).date(),
        shifts=found,
        whole=adherence.together(measured) if measured else None,
        late=sum(one.late is not None for one in measured),
        absent=sum(one.absent for one in measured),
        breaks_told=sheet.breaks_told,
    )


@bp.get("/own")
@requires(Role.AGENT)
def own() -> str:
    today = local(now()).date()
    found = kept_times.between(
        midnight(today - OWN_BEFORE), midnight(today + OWN_AFTER), current_staff()
    )
    measured = [one.adherence for one in found if one.adherence is not None]
    return render_template(
        "workforce/own.html",
        today=today,
        coming=[one for one in found if one.shift.ends_at > now()],
        past=[one for one in reversed(found) if one.shift.ends_at <= now()],
        whole=adherence.together(measured) if measured else None,
        breaks_told=sheet.breaks_told,
    )


def _most_on_shift(monday: date) -> list[float]:
    """Of each day of the week: the most seats at a time."""
    there = staffing.roster(None, midnight(monday), 7 * SLOTS)
    return [max(there[n * SLOTS : (n + 1) * SLOTS]) for n in range(7)]


def _monday() -> date:
    return rostering.monday_of(asked.day("week") or local(now()).date())


def _seat() -> Seat:
    seat = session.get(Seat, forms.number("staff", _("座席")))
    if seat is None or seat.staff.disabled_at is not None:
        raise rostering.ShiftRefused(_("没有这个座席，或已停用"))
    return seat


def _wanted(seat: Seat, day: date) -> Wanted:
    begins, ends = rostering.on(
        day,
        sheet.time_in(request.form.get("begins", "")),
        sheet.time_in(request.form.get("ends", "")),
    )
    line = next((one for one in rostering.lines() if one.code == request.form.get("line")), None)
    return Wanted(
        seat.staff_id,
        forms.one_of("kind", ShiftKind, _("班次")),
        begins,
        ends,
        line.id if line is not None else None,
        rostering.rests(begins, sheet.breaks_in(forms.words("breaks", _("休息"), needed=False))),
    )


def _later(wanted: Wanted, by: timedelta) -> Wanted:
    breaks = tuple((first + by, last + by) for first, last in wanted.breaks)
    return Wanted(
        wanted.staff_id, wanted.kind, wanted.begins + by, wanted.ends + by, wanted.line_id, breaks
    )
