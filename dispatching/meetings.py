"""Meetings on pages: planned, with tickets on the agenda, and held with minutes and decisions."""

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.db import roll_back, session
from infra.localtime import local
from models import Meeting, Role, Ticket, Unit
from staff.access import current_staff, requires
from tickets import locking, meetings, search
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("meetings", __name__, template_folder="templates", url_prefix="/meetings")

HOLDS = (Role.DISPATCHER, Role.LEAD)


@bp.get("")
@requires(*HOLDS)
def listing() -> str:
    return _list()


@bp.post("")
@requires(*HOLDS)
def plan() -> Response:
    made = meetings.plan(*_title_and_time(), by=current_staff(), place=_place(), units=_units())
    number = request.form.get("number", "")
    if number:
        meetings.attach(made, _ticket(number), by=current_staff())
    flash(_("会商会已新建，待召开：可以附上要会商的工单。"), "done")
    return redirect(url_for(".meeting", meeting_id=made.id))


@bp.get("/<int:meeting_id>")
@requires(*HOLDS)
def meeting(meeting_id: int) -> str:
    return _page(_meeting(meeting_id))


@bp.post("/<int:meeting_id>/tickets")
@requires(*HOLDS)
def attach(meeting_id: int) -> Response:
    ticket = _ticket(forms.words("number", _("工单号"), most=24))
    meetings.attach(_meeting(meeting_id), ticket, by=current_staff())
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@bp.post("/<int:meeting_id>/tickets/<number>/removal")
@requires(*HOLDS)
def detach(meeting_id: int, number: str) -> Response:
    ticket = _ticket(number)
    meetings.detach(_meeting(meeting_id), ticket, by=current_staff())
    flash(_("工单已移出会商。"), "done")
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@bp.post("/<int:meeting_id>")
@requires(*HOLDS)
def change(meeting_id: int) -> Response:
    meetings.change(_with_agenda(meeting_id), *_title_and_time(), place=_place(), units=_units())
    flash(_("已保存；附有工单的，有关单位已收到通知。"), "done")
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@bp.post("/<int:meeting_id>/cancellation")
@requires(*HOLDS)
def cancel(meeting_id: int) -> Response:
    meetings.cancel(_with_agenda(meeting_id))
    flash(_("会议已取消；附有工单的，有关单位已收到通知。"), "done")
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@bp.post("/<int:meeting_id>/minutes")
@requires(*HOLDS)
def hold(meeting_id: int) -> Response:
    found = _with_agenda(meeting_id)
    minutes = forms.words("minutes", _("纪要"), most=5000)
    decisions = {}
    for item in meetings.agenda(found):
        words = forms.words(f"words-{item.ticket_id}", _("决定"), most=500, needed=False)
        lead = _unit(request.form.get(f"lead-{item.ticket_id}", ""))
        if words or lead:
            decisions[item.ticket_id] = meetings.Decision(lead, words)
    leads = current_staff().may(Role.LEAD)
    meetings.hold(found, minutes, decisions, by=current_staff(), lead=leads)
    flash(_("纪要已保存；确定了主办单位的，已作为职责条目待采纳。"), "done")
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    meeting_id = (request.view_args or {}).get("meeting_id")
    found = session.get(Meeting, meeting_id) if meeting_id is not None else None
    return (_page(found, str(error)) if found else _list(str(error))), 409


def _list(problem: str = "") -> str:
    return render_template(
        "dispatching/meetings.html",
        meetings=meetings.everything(),
        units=search.choices()["unit"],
        problem=problem,
        given=request.form,
        number=request.values.get("ticket") or request.form.get("number", ""),
    )


def _page(found: Meeting, problem: str = "") -> str:
    return render_template(
        "dispatching/meeting.html",
        meeting=found,
        at=local(found.planned_at).strftime("%Y-%m-%dT%H:%M"),
        agenda=meetings.agenda(found),
        units=search.choices()["unit"],
        names=dict(session.execute(select(Unit.code, Unit.name)).all()),
        problem=problem,
        given=request.form,
    )


def _title_and_time() -> tuple[str, datetime]:
    return forms.words("title", _("议题"), most=120), forms.moment("at", _("时间"))


def _place() -> str:
    return forms.words("place", _("地点"), most=120, needed=False)


def _units() -> list[Unit]:
    return [one for code in request.form.getlist("unit") if code and (one := _unit(code))]


def _ticket(number: str) -> Ticket:
    try:
        return locking.ticket(number[:24].replace("\0", ""))
    except locking.NotThere:
        raise forms.Wrong(_("没有工单 %(number)s", number=number[:24])) from None


def _meeting(meeting_id: int) -> Meeting:
    found = session.get(Meeting, meeting_id, with_for_update=True, populate_existing=True)
    if found is None:
        abort(404, _("没有这次会议"))
    return found


def _with_agenda(meeting_id: int) -> Meeting:
    """Tickets are locked before what they are spoken about in, as everywhere."""
    found = session.get(Meeting, meeting_id)
    if found is not None:
        locking.tickets(*(item.ticket.number or "" for item in meetings.agenda(found)))
    return _meeting(meeting_id)


def _unit(code: str) -> Unit | None:
    wanted = code[:32].replace("\0", "")
    found = session.scalar(select(Unit).where(Unit.code == wanted)) if wanted else None
    if wanted and found is None:
        raise forms.Wrong(_("没有这个单位"))
    return found
