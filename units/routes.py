"""The inbox of a unit, and one assignment with everything that its clerk may do."""

from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from infra.db import roll_back, session
from models import (
    Assignment,
    AssignmentState,
    IllegalMove,
    Request,
    RequestKind,
    RequestState,
    Role,
    StaffMember,
    Ticket,
)
from queues import relaying
from staff import audit, norms
from staff.access import current_staff, requires
from tickets import (
    appeals,
    below,
    deadlines,
    handling,
    legal,
    locking,
    reach,
    search,
    story,
    wording,
)
from units import inbox, lower_parts, table
from web import asked, forms
from web.languages import _, _l
from web.refusals import Refused

STAGES = {
    relaying.Stage.RINGING_CLERK: _l("正在呼叫值班手机"),
    relaying.Stage.CLERK_MISSED: _l("值班手机没有接通"),
    relaying.Stage.RINGING_CITIZEN: _l("正在呼叫市民"),
    relaying.Stage.TALKING: _l("正在与市民通话"),
    relaying.Stage.TALKED: _l("通话已结束"),
    relaying.Stage.CITIZEN_MISSED: _l("市民没有接听"),
}

bp = Blueprint(
    "units", __name__, template_folder="templates", url_prefix="/inbox", static_folder="static"
)


@bp.get("")
@requires(Role.UNIT)
def listing() -> str:
    staff = current_staff()
    wanted = _wanted(staff)
    notices = inbox.notices(staff)[: inbox.SHOWN]
    return render_template(
        "units/inbox.html",
        wanted=wanted,
        found=inbox.page(wanted, staff),
        counts=inbox.counts(wanted.units),
        tabs=inbox.TABS,
        below=bool(staff.unit_id and inbox.below(staff.unit_id)),
        looks_below=_looks_below(staff),
        notices=notices,
        meetings=inbox.meetings_of(notices),
        unread=inbox.unread(staff),
        noticed_at=inbox.newest_of(notices, staff),
        asked={name: value for name, value in request.args.items() if value and name != "after"},
        shown=partial(search.shown_to, staff),
        readable=partial(reach.reads, staff),
        **wording.TERMS,
    )


@bp.get("/export.<kind>")
@requires(Role.UNIT)
def export(kind: str) -> Response:
    """What the list shows, as a table; who took it out and when stands in it and in the log."""
    if kind not in table.MIMETYPES:
        abort(404, _("只能导出 csv 或 xlsx"))
    staff = current_staff()
    rows = inbox.found(_wanted(staff), staff, table.MOST_ROWS)
    audit.record("tickets.exported", "unit", staff.unit_id, rows=len(rows), kind=kind)
    return table.response(kind, rows, staff)


@bp.post("/signatures")
@requires(Role.UNIT)
def sign_many() -> Response:
    """Each by itself: one that somebody else has just signed stops none of the others."""
    ids = forms.numbers("assignment")[: inbox.PER_PAGE]
    if not ids:
        raise forms.Wrong(_("请先勾选要签收的工单"))
    found = [_found_own(assignment_id) for assignment_id in sorted(ids)]
    mine = [one for one in found if one is not None]
    waiting = [one for one in mine if one.state is AssignmentState.PENDING_SIGN]
    for one in waiting:
        handling.sign(one, by=current_staff())
    _tell_signed(len(waiting), [one for one in mine if one not in waiting], found.count(None))
    return redirect(url_for(".listing"))


@bp.get("/notices")
@requires(Role.UNIT)
def all_notices() -> str:
    """Whatever is unread, page by page: what presses comes first."""
    staff = current_staff()
    found = inbox.notices(staff, inbox.PER_PAGE + 1, after=asked.number("after"))
    shown = found[: inbox.PER_PAGE]
    return render_template(
        "units/notices.html",
        notices=shown,
        meetings=inbox.meetings_of(shown),
        noticed_at=inbox.newest_of(shown, staff),
        after=shown[-1].id if len(found) > inbox.PER_PAGE else None,
    )


@bp.post("/notices")
@requires(Role.UNIT)
def read_notices() -> Response:
    inbox.mark_read(current_staff(), forms.numbers("notice"))
    return redirect(url_for(".all_notices" if "all" in request.form else ".listing"))


@bp.get("/<int:assignment_id>")
@requires(Role.UNIT)
def assignment(assignment_id: int) -> str:
    one = _readable(assignment_id)
    audit.look("ticket.viewed", "ticket", one.ticket.number)
    return page(one)


@bp.get("/<int:assignment_id>/paper")
@requires(Role.UNIT)
def paper(assignment_id: int) -> str:
    """For the printer; a sheet that leaves the office says who printed it."""
    one = _readable(assignment_id)
    audit.record("ticket.printed", "ticket", one.ticket.number)
    return render_template(
        "units/paper.html",
        one=one,
        ticket=one.ticket,
        story=story.of(one.ticket),
        legal=legal.of(one.ticket),
        handed_down=story.handed_down(one),
        shown=partial(search.shown_to, current_staff()),
        **wording.TERMS,
    )


@bp.errorhandler(Refused)
def again(error: Refused) -> tuple[str, int] | Response:
    """The same page with what was typed, and above it why it was not done."""
    roll_back()
    assignment_id = (request.view_args or {}).get("assignment_id")
    try:
        one = _readable(assignment_id or 0)
    except NotFound:
        flash(str(error), "error")
        return redirect(url_for("units.listing"))
    return page(one, problem=str(error)), 409


@bp.errorhandler(IllegalMove)
def moved_on(_error: IllegalMove) -> tuple[str, int] | Response:
    return again(Refused(_("工单状态已变，请核对后再操作")))


def page(one: Assignment, problem: str = "") -> str:
    staff, ticket = current_staff(), one.ticket
    told = story.of(ticket)
    lower = [part.id for part in below.all_below(one)]
    return render_template(
        "units/assignment.html",
        one=one,
        ticket=ticket,
        story=told,
        legal=legal.of(ticket),
        may_act=legal.may_act(ticket, staff),
        mine=one.unit_id == staff.unit_id,
        open_requests=_open_requests(one, told),
        relay=relaying.newest(one),
        stage=relaying.stage,
        stages=STAGES,
        why_no_call=relaying.why_not(one),
        phones=relaying.phones_of(one),
        contacts=[tried for tried in told.contacts if tried.assignment_id in {one.id, *lower}],
        below=inbox.below(one.unit_id),
        adopted=lower_parts.adopted(lower),
        units=search.choices()["unit"],
        most_days=norms.amount("longest_extension"),
        most_hours=_most_hours(one),
        **lower_parts.beside(one),
        why_no_appeal=appeals.why_no_appeal(one),
        masked=_masked(ticket),
        handed_down=story.handed_down(one),
        newest=told.rounds[-1],
        other_rounds=told.in_other_rounds(one),
        shown=partial(search.shown_to, staff),
        problem=problem,
        given=request.form,
        internal=False,
        insiders=reach.units_of(staff),
        **wording.TERMS,
    )


def _open_requests(one: Assignment, told: story.Story) -> dict[RequestKind, Request]:
    return {
        asked.kind: asked
        for asked in told.requests
        if asked.assignment_id == one.id and asked.state is RequestState.APPLIED
    }


def _most_hours(one: Assignment) -> int | None:
    """Of an extension, where the clock runs day and night."""
    return norms.amount("longest_extension_hours") if deadlines.runs_at_night(one) else None


def own(assignment_id: int) -> Assignment:
    """To be changed: behind its ticket's lock, and of the clerk's own unit."""
    return _own(assignment_id)


def own_request(request_id: int) -> Request:
    try:
        found = locking.request(request_id)
    except locking.NotThere:
        abort(404, _("没有这条申请"))
    mine = found.assignment is not None and found.assignment.unit_id == current_staff().unit_id
    if not mine:
        abort(404, _("没有这条申请"))
    return found


def _own(assignment_id: int) -> Assignment:
    return _found_own(assignment_id) or abort(404, _("没有这张工单，或已不在贵单位办理"))


def _found_own(assignment_id: int) -> Assignment | None:
    try:
        one = locking.assignment(assignment_id)
    except locking.NotThere:
        return None
    return one if one.unit_id == current_staff().unit_id else None


def _tell_signed(signed: int, before: list[Assignment], unknown: int) -> None:
    """What was done of what was ticked, and what was not, with the reason."""
    if signed:
        flash(_("已签收 %(count)s 张。", count=signed), "done")
    for one in before[: inbox.SHOWN]:
        flash(f"{one.ticket.number}{_('：')}{story.signed_before(one)}", "error")
    if len(before) > inbox.SHOWN:
        flash(_("另有 %(count)s 张此前已处理。", count=len(before) - inbox.SHOWN), "error")
    if unknown:
        flash(
            _("有 %(count)s 张不存在或已不在贵单位办理，没有签收；请刷新收件箱。", count=unknown),
            "error",
        )


def _readable(assignment_id: int) -> Assignment:
    """Its own, or of a unit below it, as long as it is in their hands."""
    one = session.get(Assignment, assignment_id)
    staff = current_staff()
    if one is None or one.unit_id not in reach.units_of(staff):
        abort(404, _("没有这张工单，或已不在贵单位办理"))
    if not reach.reads(staff, one.ticket):
        abort(404, _("没有这张工单，或已不在贵单位办理"))
    return one


def _masked(ticket: Ticket) -> str:
    """As much of the number as tells two citizens apart; of confidential tickets nothing."""
    if ticket.confidential or ticket.person is None:
        return ""
    return ticket.person.number_masked


def _looks_below(staff: StaffMember) -> bool:
    """A leader answers for those below, and sees theirs unless he says otherwise."""
    return (asked.text("below") or ("1" if staff.leads_unit else "0")) == "1"


def _wanted(staff: StaffMember) -> inbox.Wanted:
    tab, light = asked.text("tab") or "open", asked.text("light")
    if tab not in inbox.TABS or light not in ("", *inbox.LIGHTS):
        abort(404, _("没有这一页"))
    units = reach.units_of(staff)
    return inbox.Wanted(
        units=units if _looks_below(staff) else units[:1],
        tab=tab,
        light=light,
        words=asked.text("words"),
        after=asked.place("after"),
    )
