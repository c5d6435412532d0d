"""The pages of staffing: today by half-hours, the calculators, what if, what a line promises."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.clock import now
from infra.db import session
from models import Line, Role
from models.shift import HALF_HOUR
from staff import audit
from staff.access import current_staff, requires
from web import forms
from web.languages import _
from workforce import arrivals, calculating, expecting, rostering, staffing, what_if
from workforce.forecasting import FEWEST
from workforce.promised import Promised, goal_of, promise, setting_of

bp = Blueprint(
    "workforce",
    __name__,
    url_prefix="/workforce",
    template_folder="templates",
    static_folder="static",
)

READS = (Role.LEAD, Role.ADMIN)
# Half-hours that are played: up to a whole day.
SPANS = (4, 8, 16, 48)
MOST_SEATS = 500


@bp.get("")
@requires(*READS)
def today() -> str:
    line = _line()
    found = staffing.today(line)
    return render_template(
        "workforce/today.html",
        line=line,
        lines=rostering.lines(),
        today=found,
        known_days=None if found.forecast else expecting.known_days(),
        fewest=FEWEST,
        setting=setting_of(line),
        others=None if line is not None else _short_lines(),
        at=now(),
        may_set=current_staff().may(Role.LEAD),
    )


@bp.post("/goals")
@requires(Role.LEAD)
def set_goal() -> Response:
    line = _line(request.form.get("line", ""))
    before = setting_of(line)
    was = _told(before) if before is not None else ""
    row = promise(line, _promised(), by=current_staff())
    audit.record(
        "staffing.goal_changed", "line", line.code if line else "—", was=was, now=_told(row)
    )
    flash(_("已保存，立即生效。"), "done")
    return redirect(url_for(".today", line=line.code if line else None))


@bp.get("/calculators")
@requires(*READS)
def calculators() -> str:
    asked, wrong = calculating.read(request.args, goal_of(None))
    return render_template(
        "workforce/calculators.html",
        asked=asked,
        wrong=wrong,
        found=calculating.answer(asked) if not wrong else None,
    )


@bp.get("/what-if")
@requires(*READS)
def playing() -> str:
    line = _line()
    asked = _changes()
    scene = _scene(line, asked.slots)
    played = None
    if sum(scene.calls) > 0:
        played = (what_if.play(scene), what_if.play(asked.on(scene)))
    return render_template(
        "workforce/what_if.html",
        line=line,
        lines=rostering.lines(),
        asked=asked,
        scene=scene,
        played=played,
        spans=SPANS,
        from_=arrivals.half_hour_of(now()),
        until=arrivals.half_hour_of(now()) + len(scene.calls) * HALF_HOUR,
    )


@dataclass(frozen=True)
class Changes:
    """What is to be different: seats more or fewer, talks and calls in per cent more or fewer."""

    slots: int
    seats: int
    handling: int
    calls: int

    def on(self, scene: what_if.Scene) -> what_if.Scene:
        return what_if.Scene(
            [one * (1 + self.calls / 100) for one in scene.calls],
            [max(0, one + self.seats) for one in scene.seats],
            scene.handling_s * (1 + self.handling / 100),
            scene.patience_s,
            scene.within_s,
        )


def _changes() -> Changes:
    slots = calculating.whole(request.args, "slots", 8, SPANS[0], SPANS[-1])
    return Changes(
        min(SPANS, key=lambda one: abs(one - slots)),
        calculating.whole(request.args, "seats", 2, -MOST_SEATS, MOST_SEATS),
        calculating.whole(request.args, "handling", 0, -80, 300),
        calculating.whole(request.args, "calls", 0, -95, 900),
    )


def _scene(line: Line | None, slots: int) -> what_if.Scene:
    """From the half-hour that is running on, until the end of the day at most.  Where nobody is
    rostered, those who are signed in now are taken to stay."""
    found = staffing.today(line)
    goal = found.goal
    coming = [one for one in found.slots if one.begins + HALF_HOUR > now()][:slots]
    rostered = [round(one.rostered) for one in coming]
    if not any(rostered):
        rostered = [found.present.signed_in] * len(coming)
    pace = found.present.pace or 0.0
    calls = [pace if one.likely is None else one.likely for one in coming]
    return what_if.Scene(calls, rostered, goal.handling_s, goal.patience_s, goal.within_s)


def _short_lines() -> list[tuple[Line, staffing.Present]]:
    """Lines where seats are short at this moment."""
    found = [(line, staffing.present(line)) for line in rostering.lines()]
    return [(line, one) for line, one in found if one.short]


def _line(code: str | None = None) -> Line | None:
    """The line that is asked about; none is the whole hotline."""
    wanted = request.args.get("line", "") if code is None else code
    if not wanted:
        return None
    line = session.scalar(select(Line).where(Line.code == wanted.replace("\0", "")[:32]))
    if line is None:
        abort(404, _("没有这条专席"))
    return line


def _promised() -> Promised:
    return Promised(
        share=forms.number("share", _("目标百分比"), least=1, most=99),
        within_s=forms.number("within", _("目标秒数"), least=1, most=600),
        shrinkage=forms.number("shrinkage", _("不在岗百分比"), least=0, most=80),
        handling_s=_or_measured("handling", _("平均处理时长（秒）"), least=5, most=7200),
        patience_s=_or_measured("patience", _("平均耐心（秒）"), least=5, most=3600),
    )


def _or_measured(name: str, label: str, *, least: int, most: int) -> int | None:
    if not request.form.get(name, "").strip():
        return None
    return forms.number(name, label, least=least, most=most)


def _told(row: object) -> str:
    names = ("share", "within_s", "shrinkage", "handling_s", "patience_s")
    return " / ".join(str(getattr(row, name) or "—") for name in names)
