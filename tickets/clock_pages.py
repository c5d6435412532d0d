"""The work calendar and the limits, as those concerned read and an administrator edits them."""

from calendar import monthcalendar
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.clock import now
from infra.db import roll_back, session
from infra.localtime import local
from models import (
    CalendarChange,
    DaySource,
    DeadlinePolicy,
    Kind,
    Role,
    Topic,
    Unit,
    Urgency,
)
from staff import audit
from staff.access import current_staff, requires
from tickets import calendar, legal, official_notice, policies, quiet, search, wording
from tickets.deadlines import LIMITS
from web import asked, forms
from web.languages import _, _l
from web.refusals import Refused

bp = Blueprint("clocks", __name__, template_folder="templates")

READS = (Role.ADMIN, Role.LEAD, Role.DISPATCHER)
LONGEST_NOTICE = 20_000
SOURCES = {
    DaySource.LIBRARY: _l("软件自带"),
    DaySource.NOTICE: _l("国务院通知"),
    DaySource.MANUAL: _l("人工修改"),
}
TARGETS = {
    "sign": _l("签收"),
    "respond": _l("联系市民"),
    "handle": _l("反馈"),
    "mobilise": _l("出动"),
    "on_site": _l("现场处置"),
}


@bp.get("/calendar")
@requires(*READS)
def days() -> str:
    return _calendar()


@bp.post("/calendar/days")
@requires(Role.ADMIN)
def change_day() -> Response:
    said = calendar.Day(
        forms.day("day", _("日期")),
        works=request.form.get("works") in ("yes", "half"),
        half=request.form.get("works") == "half",
        name=forms.words("name", _("名称"), most=64, needed=False),
    )
    calendar.load([said], DaySource.MANUAL, by=current_staff())
    audit.record("calendar.changed", "calendar", said.day, works=said.told)
    flash(_("已保存，受影响的工单将在一分钟内重算。"), "done")
    return redirect(url_for(".days", year=said.day.year))


@bp.post("/calendar/notice")
@requires(Role.ADMIN)
def load_notice() -> Response:
    """The official notice of a year, as lines of day, worked or not, and name."""
    text = forms.words("notice", _("通知内容"), most=LONGEST_NOTICE)
    said = official_notice.announce(text, by=current_staff())
    audit.record("calendar.loaded", "calendar", said.year, changed=len(said.changed))
    flash(
        _(
            "已载入 %(year)s 年的通知，%(changed)s 天有变化；受影响的工单将在一分钟内重算。",
            year=said.year,
            changed=len(said.changed),
        ),
        "done",
    )
    if said.kept:
        days = _("、").join(str(day) for day in said.kept)
        flash(_("通知写到、但已人工修改而未改动的日子：%(days)s", days=days), "done")
    return redirect(url_for(".days", year=said.year))


@bp.get("/policies")
@requires(*READS)
def limits() -> str:
    return _limits()


@bp.post("/policies")
@requires(Role.ADMIN)
def add_limits() -> Response:
    match = policies.Match(
        kind=forms.one_of("kind", Kind, _("诉求类型")) if request.form.get("kind") else None,
        urgency=forms.one_of("urgency", Urgency, _("紧急程度"))
        if request.form.get("urgency")
        else None,
        topic=_topic(request.form.get("topic", "")),
        unit=_unit(request.form.get("unit", "")),
    )
    policies.add(match, _written())
    flash(_("已添加，下一次派单起执行。"), "done")
    return redirect(url_for(".limits"))


@bp.post("/policies/<int:policy_id>")
@requires(Role.ADMIN)
def change_limits(policy_id: int) -> Response:
    policy = session.get(DeadlinePolicy, policy_id, with_for_update=True)
    if policy is None:
        abort(404, _("没有这条时限"))
    if "remove" in request.form:
        policies.remove(policy)
        flash(_("已删除。"), "done")
    else:
        policies.change(policy, _written())
        flash(_("已保存，下一次派单起执行。"), "done")
    return redirect(url_for(".limits"))


@bp.post("/policies/quiet-hours")
@requires(Role.ADMIN)
def change_quiet_hours() -> Response:
    quiet.change(request.form.get("begins", "")[:8], request.form.get("ends", "")[:8])
    flash(_("已保存，下一条短信起执行。"), "done")
    return redirect(url_for(".limits"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    page = _limits if request.path.startswith("/policies") else _calendar
    return page(str(error)), 409


def _calendar(problem: str = "") -> str:
    this_year = local(now()).year
    given = asked.number("year")
    year = this_year if given is None else given
    if not asked.FIRST_YEAR <= year <= asked.LAST_YEAR:
        abort(404, _("没有这一页"))
    known = {one.day: one for one in session.scalars(calendar.in_year(year))}
    changes = select(CalendarChange).order_by(CalendarChange.id.desc()).limit(20)
    return render_template(
        "tickets/calendar.html",
        year=year,
        months=[_weeks(year, month) for month in range(1, 13)],
        known=known,
        provisional=year in calendar.provisional_years(),
        warning=calendar.warning(),
        changes=session.scalars(changes).all(),
        sources=SOURCES,
        may_edit=current_staff().may(Role.ADMIN),
        today=local(now()).date(),
        problem=problem,
        given=request.form,
    )


def _limits(problem: str = "") -> str:
    return render_template(
        "tickets/policies.html",
        policies=policies.everything(),
        legal=legal.limits(),
        quiet=quiet.hours(),
        targets=TARGETS,
        measures=wording.MEASURES,
        choices=search.choices(),
        may_edit=current_staff().may(Role.ADMIN),
        problem=problem,
        given=request.form,
        **wording.TERMS,
    )


def _weeks(year: int, month: int) -> list[list[date | None]]:
    return [
        [date(year, month, day) if day else None for day in week]
        for week in monthcalendar(year, month)
    ]


def _written() -> dict[str, str]:
    return {name: forms.limit(name) for name in LIMITS}


def _topic(code: str) -> Topic | None:
    found = session.scalar(select(Topic).where(Topic.code == code[:48].replace("\0", "")))
    if code and found is None:
        raise forms.Wrong(_("没有这个事项类别"))
    return found


def _unit(code: str) -> Unit | None:
    found = session.scalar(select(Unit).where(Unit.code == code[:32].replace("\0", "")))
    if code and found is None:
        raise forms.Wrong(_("没有这个单位"))
    return found
