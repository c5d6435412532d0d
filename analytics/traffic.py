"""The contact centre's figures of a period, in parts and down to calls; as CSV too."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from sqlalchemy import select

from analytics import behind, tallies
from analytics.formulas import (
    FORMULAS,
    LEFT_OUT,
    OTHERS,
    SERVICE_LEVELS,
    Formula,
    Measured,
    Tally,
    measure,
)
from analytics.scope import By, Key, Parts, Scope
from infra.clock import now
from infra.db import session
from infra.localtime import local, midnight
from infra.wording import N_
from models import GENERAL, Line, Role, Seat
from recordings import calls
from staff.access import current_staff, requires
from web import asked, downloads
from web.languages import _, named

bp = Blueprint(
    "traffic",
    __name__,
    url_prefix="/traffic",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)

READERS = (Role.LEAD, Role.QA, Role.ADMIN)
HEARERS = (Role.LEAD, Role.QA)
LONGEST = 92
PARTS = {By.HOUR: N_("小时"), By.DAY: N_("日期"), By.LINE: N_("专席"), By.AGENT: N_("座席")}
# 专席组: the general line, those of a topic, those that only certified seats serve.
LINE_GROUPS = {
    "general": N_("综合"),
    "special": N_("专席（非认证）"),
    "certified": N_("认证专席"),
}
GROUP = "group:"
# What a row of each table tells, beside the counts.
OF_ROWS = ("sl3", "connect", "abandoned", "asa", "aht", "occupancy", "accepted", "missed")
OF_AGENTS = ("aht", "occupancy", "accepted", "missed")


@bp.get("")
@requires(*READERS)
def page() -> str:
    scope = _scope()
    parts = tallies.tallies(scope)
    whole, names = tallies.whole(parts), _names(scope, parts)
    figures = OF_AGENTS if scope.by is By.AGENT else OF_ROWS
    return render_template(
        "traffic/page.html",
        scope=scope,
        first=_day("from"),
        last=_day("to"),
        parts=PARTS,
        whole=whole,
        tiles=[
            [measure(one, whole) for one in _told(some, scope)] for some in (SERVICE_LEVELS, OTHERS)
        ],
        formulas=[FORMULAS[code] for code in figures],
        sums=_row(figures, whole),
        rows=[(key, names[key], parts[key], _row(figures, parts[key])) for key in names],
        reasons=LEFT_OUT,
        lines=calls.lines(),
        line=asked.text("line"),
        line_groups=LINE_GROUPS,
        agents=calls.agents(),
        asked=_kept(),
        narrowed=_narrowed,
        leads_to=_leads_to,
    )


@bp.get("/export")
@requires(*READERS)
def export() -> Response:
    """Every figure of every part, a line each, with what it is made of."""
    scope = _scope()
    parts = tallies.tallies(scope)
    answer = Response(_written(scope, parts), mimetype="text/csv; charset=utf-8")
    told = f"{_day('from'):%Y%m%d}-{_day('to'):%Y%m%d}"
    by = _(PARTS[scope.by])
    downloads.name_it(answer, _("话务报表"), by, told, kind="csv", plain=f"traffic-{told}")
    return answer


@bp.get("/<code>/calls")
@requires(*HEARERS)
def listing(code: str) -> str:
    """Who is behind a figure of callers, those against it first."""
    formula = FORMULAS.get(code) or abort(404)
    if code not in behind.OF_CALLERS:
        abort(404)
    scope, page, hour = _scope(), asked.page(), _hour()
    found = behind.callers(formula, scope, page, hour=hour)
    return render_template(
        "traffic/calls.html",
        formula=formula,
        found=found[: behind.PER_PAGE],
        first=_day("from"),
        last=_day("to"),
        hour=hour,
        lines={one.id: one for one in calls.lines()},
        became=behind.BECAME,
        page=page,
        more=page + (len(found) > behind.PER_PAGE),
        asked=_kept(),
    )


def _scope() -> Scope:
    """What the address asks for; 400 for what cannot be."""
    first, last = _day("from"), _day("to")
    if last < first:
        abort(400, _("结束日期不能早于开始日期"))
    if (last - first).days >= LONGEST:
        abort(400, _("一次最多查看 %(most)s 天", most=LONGEST))
    by = request.args.get("by", "") or By.HOUR
    if by not in PARTS:
        abort(400, _("请选择小时、日期、专席或座席"))
    return Scope(
        midnight(first),
        midnight(last + timedelta(days=1)),
        By(by),
        _lines(asked.text("line")),
        asked.number("agent"),
    )


def _day(name: str) -> date:
    """As asked, otherwise today; a single day may be given by either."""
    other = asked.day("to" if name == "from" else "from")
    return asked.day(name) or other or local(now()).date()


def _hour() -> int | None:
    hour = asked.number("hour")
    if hour is not None and hour > 23:
        abort(400, _("钟点应为 0 到 23"))
    return hour


def _lines(wanted: str) -> frozenset[int] | None:
    """A line by its code, or a group of them."""
    if not wanted:
        return None
    if wanted.startswith(GROUP):
        found = [one.id for one in calls.lines() if _group_of(one) == wanted.removeprefix(GROUP)]
        return frozenset(found)
    one = session.scalar(select(Line.id).where(Line.code == wanted))
    return frozenset([one]) if one else abort(404, _("没有这个专席"))


def _group_of(line: Line) -> str:
    if line.code == GENERAL:
        return "general"
    return "certified" if line.certified else "special"


def _kept() -> dict[str, str]:
    kept = ("from", "to", "by", "line", "agent", "hour")
    return {name: value for name in kept if (value := request.args.get(name, ""))}


def _told(formulas: Iterable[Formula], scope: Scope) -> list[Formula]:
    """Of one agent only what says something of him, and so of lines."""
    found = [one for one in formulas if one.of_agents or scope.agent_id is None]
    return [one for one in found if one.of_lines or scope.lines is None]


def _row(codes: Iterable[str], tally: Tally) -> list[Measured]:
    return [measure(FORMULAS[code], tally) for code in codes]


def _names(scope: Scope, parts: Parts) -> dict[Key, str]:
    """The parts in order, each with its name; what belongs to none of them is in the whole only."""
    if scope.by is By.HOUR:
        return {hour: f"{hour:02d}:00" for hour in sorted(_known(parts))}
    if scope.by is By.DAY:
        return {day: f"{day:%Y-%m-%d}" for day in sorted(_known(parts))}
    if scope.by is By.LINE:
        return {one.id: named(one) for one in calls.lines() if one.id in parts}
    return {one.staff_id: _agent(one) for one in calls.agents() if one.staff_id in parts}


def _known(parts: Parts) -> list[Key]:
    return [key for key in parts if key is not None]


def _agent(seat: Seat) -> str:
    return f"{seat.staff.name} {seat.number}"


def _narrowed(scope: Scope, key: Key) -> dict[str, Any]:
    """The address of a part, as an addition to that of the whole."""
    if scope.by is By.LINE:
        return {"line": next(one.code for one in calls.lines() if one.id == key)}
    if scope.by is By.DAY:
        return {"from": key.isoformat(), "to": key.isoformat()}
    return {"agent": key} if scope.by is By.AGENT else {"hour": key}


def _leads_to(measured: Measured, narrower: dict[str, Any]) -> str | None:
    """From a figure to its calls; an administrator may open none."""
    if not current_staff().may(*HEARERS) or not measured.denominator:
        return None
    wanted = _kept() | narrower
    if measured.formula.code in behind.OF_CALLERS:
        return url_for(".listing", code=measured.formula.code, **wanted)
    agent = wanted.get("agent")
    if not agent:
        return None
    days = {"from": _day("from").isoformat(), "to": _day("to").isoformat()}
    return url_for("replay.listing", agent=agent, **(days | _days(narrower)))


def _days(narrower: dict[str, Any]) -> dict[str, Any]:
    return {name: narrower[name] for name in ("from", "to") if name in narrower}


def _written(scope: Scope, parts: Parts) -> str:
    names = _names(scope, parts)
    head = [_(PARTS[scope.by]), _("指标"), _("数值"), _("分子"), _("分母"), _("未计入"), _("口径")]
    file = StringIO()
    # Excel takes a file without it for one of the machine's own letters.
    file.write("\ufeff")
    writer = csv.writer(file)
    writer.writerow(head)
    # A row of an agent tells of him alone.
    for key, name in names.items():
        own = replace(scope, agent_id=key) if scope.by is By.AGENT else scope
        writer.writerows(_lines_of(name, parts[key], own))
    writer.writerows(_lines_of(_("合计"), tallies.whole(parts), scope))
    return file.getvalue()


def _lines_of(name: str, tally: Tally, scope: Scope) -> Iterable[list[str]]:
    for one in [measure(formula, tally) for formula in _told(FORMULAS.values(), scope)]:
        left_out = _("、").join(f"{_(LEFT_OUT[why])} {n}" for why, n in one.excluded.items())
        value = "" if one.value is None else f"{one.value:.4f}"
        cells = [name, _(one.formula.name), value, f"{one.numerator:g}", f"{one.denominator:g}"]
        yield [downloads.harmless(cell) for cell in [*cells, left_out, _(one.formula.text)]]
