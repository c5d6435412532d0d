"""The pages of the indicators: the city's figures, each by unit, down to tickets; the scores."""

from collections.abc import Mapping
from datetime import date, datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from analytics import ranking, sheets, snapshots, workbook
from analytics.indicators import INDICATORS, REASONS, Indicator, formula_of
from analytics.measuring import (
    PER_PAGE,
    WEIGHTS,
    Figure,
    Period,
    behind,
    by_unit,
    combined,
    comparable,
    exclusions_of,
    previous_month,
    weights,
    whole,
)
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Role, Unit, UnitGroup
from staff import norms
from staff.access import current_staff, requires
from web import asked, downloads
from web.choices import GROUPS
from web.languages import _

bp = Blueprint("figures", __name__, url_prefix="/figures", template_folder="templates")

HOTLINE = (Role.LEAD, Role.QA, Role.DISPATCHER, Role.ADMIN)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("")
@requires(*HOTLINE, Role.UNIT)
def overview() -> str:
    """Every indicator of a month beside the month before; a unit sees its own."""
    month, unit = _month(), _own_unit()
    before = previous_month(month)
    growth = _part(snapshots.grown(month), unit) if unit else snapshots.city_grown(month)
    return render_template(
        "figures/overview.html",
        month=month,
        rows=[
            (one, _one(one, month, unit), _one(one, before, unit))
            for one in INDICATORS.values()
            if one.of_units or not unit
        ],
        combined=combined({code: _one(INDICATORS[code], month, unit) for code in WEIGHTS}),
        growth=growth,
        grown_from=norms.amount("grown_from"),
        weights={code: f"{one:.3g}" for code, one in weights().items()},
        formula_of=formula_of,
        comparable=comparable(growth),
        standing=snapshots.standing(month),
        unit=session.get(Unit, unit) if unit else None,
        reasons=REASONS,
        is_told=_is_told,
    )


@bp.get("/<code>")
@requires(*HOTLINE)
def one(code: str) -> str:
    """An indicator by unit, each group in its own order."""
    indicator, month = _indicator(code), _month()
    parts = snapshots.figures(indicator, month)
    groups = _grouped(parts, indicator)
    return render_template(
        "figures/one.html",
        indicator=indicator,
        formula_of=formula_of,
        month=month,
        whole=whole(parts),
        groups=groups,
        sums={group: _sum(rows) for group, rows in groups.items()},
        own=parts.get(None),
        group_names=GROUPS,
        reasons=REASONS,
        fewest=norms.amount("fewest_ranked"),
        standing=snapshots.standing(month),
    )


@bp.get("/<code>/behind")
@requires(*HOTLINE, Role.UNIT)
def listing(code: str) -> str:
    """The tickets or calls behind a figure, those against it first.

    They are listed as they are now; the figure may have been counted before, and is then told
    beside what they give now."""
    indicator, month, page = _indicator(code), _month(), asked.page()
    own = _own_unit()
    unit, before = own or asked.number("unit"), _settled(indicator, month) if own else None
    found = behind(indicator, Period.month(month), unit, page, before=before)
    units = {one.id: one.name for one in session.scalars(select(Unit))}
    standing = snapshots.standing(month)
    return render_template(
        "figures/behind.html",
        standing=standing,
        counted=_one(indicator, month, unit) if standing.at else None,
        present=_part(by_unit(indicator, Period.month(month)), unit) if standing.at else None,
        indicator=indicator,
        month=month,
        found=found[:PER_PAGE],
        exclusions=exclusions_of(found),
        settling=before is not None,
        units=units,
        unit=unit,
        page=page,
        last=page + (len(found) > PER_PAGE),
        asked={name: value for name, value in request.args.items() if name != "page"},
        reasons=REASONS,
    )


@bp.get("/scores")
@requires(*HOTLINE)
def scores() -> str:
    return _scores()


def _scores() -> str:
    """With what was typed, where it was refused."""
    group, month = _group(), _month()
    ordered = ranking.scores(group, month)
    return render_template(
        "figures/scores.html",
        group=group,
        groups=GROUPS,
        month=month,
        ordered=ordered,
        items=ranking.items_of(group),
        indicators=INDICATORS,
        red=ranking.red_list(ordered),
        black=ranking.black_list(ordered),
        changes=sheets.changes_of(group, month),
        fewest=norms.amount("fewest_ranked"),
        standing=snapshots.standing(month),
        may_change=current_staff().may(Role.LEAD, Role.ADMIN),
        given=request.form,
    )


@bp.post("/scores/items")
@requires(Role.LEAD, Role.ADMIN)
def set_item() -> Redirect | tuple[str, int]:
    try:
        sheets.set_item(_group(), request.form, by=current_staff())
    except sheets.Unacceptable as error:
        flash(str(error), "error")
        return _scores(), 409
    flash(_("评分表已保存"), "done")
    return redirect(url_for(".scores", group=_group(), month=_month().strftime("%Y-%m")))


@bp.post("/scores/changes")
@requires(Role.LEAD, Role.ADMIN)
def change() -> Redirect | tuple[str, int]:
    try:
        sheets.change(_month(), request.form, by=current_staff())
    except sheets.Unacceptable as error:
        flash(str(error), "error")
        return _scores(), 409
    flash(_("加减分已登记"), "done")
    return redirect(url_for(".scores", group=_group(), month=_month().strftime("%Y-%m")))


@bp.post("/count")
@requires(*HOTLINE)
def count() -> Redirect:
    """Count the month anew, in the background: a large one takes a while."""
    month = _month()
    snapshots.count.later(month.isoformat())
    flash(_("正在重新计算，稍后刷新本页"), "done")
    return redirect(url_for(".overview", month=month.strftime("%Y-%m")))


@bp.get("/export")
@requires(*HOTLINE)
def export() -> Response:
    """The month as a workbook: the city, each indicator by unit, the scores of each group."""
    month = _month()
    answer = Response(workbook.written(month, GROUPS), mimetype=EXCEL)
    told = f"{month:%Y-%m}"
    downloads.name_it(answer, _("考核指标"), told, kind="xlsx", plain=f"figures-{told}")
    return answer


def _month() -> date:
    """The month asked for, otherwise the current one; 400 for what is none."""
    given, this = request.values.get("month", "").strip(), local(now()).date().replace(day=1)
    if not given:
        return this
    try:
        found = date.fromisoformat(f"{given}-01")
    except ValueError:
        found = date.min
    if not asked.FIRST_YEAR < found.year < asked.LAST_YEAR:
        abort(400, _("月份应为 2026-03 的形式"))
    if found > this:
        abort(400, _("%(month)s 还没有开始，最晚可查看本月", month=f"{found:%Y-%m}"))
    return found


def _group() -> UnitGroup:
    given = request.values.get("group", "") or UnitGroup.DEPARTMENT
    if given not in GROUPS:
        abort(400, _("没有这个分组"))
    return UnitGroup(given)


def _indicator(code: str) -> Indicator:
    return INDICATORS.get(code) or abort(404)


def _own_unit() -> int | None:
    """What a unit's people are limited to; None for the hotline's own."""
    staff = current_staff()
    if staff.may(*HOTLINE):
        return None
    return staff.unit_id or abort(403, _("您的账号还没有对应的成员单位，请联系管理员设置"))


def _settled(indicator: Indicator, month: date) -> datetime | None:
    """Until when a citizen must have rated for his unit to read it: he can change it no more.
    403 for what is no unit's, and while the month goes on.  Source: domain reference 5."""
    if not indicator.of_units:
        abort(403, _("这是热线自身的指标，单位不能查看明细"))
    if not indicator.of_citizens:
        return None
    if not _is_told(indicator, month):
        abort(403, _("市民评价的明细在本月结束后、市民不能再修改时才可查看"))
    return now() - norms.span("rating_changed_within")


def _is_told(indicator: Indicator, month: date) -> bool:
    """To units: from one day's figure to the next's a single rating could be read."""
    return not indicator.of_citizens or now() >= Period.month(month).end


def _one(indicator: Indicator, month: date, unit: int | None) -> Figure:
    if unit and not _is_told(indicator, month):
        return Figure()
    return _part(snapshots.figures(indicator, month), unit)


def _part(parts: Mapping[int | None, Figure], unit: int | None) -> Figure:
    return parts.get(unit, Figure()) if unit else whole(parts)


def _grouped(
    parts: Mapping[int | None, Figure], indicator: Indicator
) -> dict[UnitGroup, list[tuple[Unit, Figure]]]:
    units = {one.id: one for one in session.scalars(select(Unit).where(Unit.id.in_(_known(parts))))}
    known = {unit: figure for unit, figure in parts.items() if unit in units}
    order = ranking.in_order(
        known,
        lower_is_better=indicator.lower_is_better,
        fewest=norms.amount("fewest_ranked"),
    )
    return {
        group: [(units[one], parts[one]) for one in order if units[one].group is group]
        for group in GROUPS
    }


def _sum(rows: list[tuple[Unit, Figure]]) -> Figure:
    return whole({unit.id: figure for unit, figure in rows})


def _known(parts: Mapping[int | None, Figure]) -> list[int]:
    return [unit for unit in parts if unit is not None]
