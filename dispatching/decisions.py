"""What units ask for is decided here, and what they answer is checked before a citizen reads it."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dispatching import chosen, queue
from infra.db import roll_back, session
from models import (
    ASSIGNMENT_MOVES,
    Actor,
    IllegalMove,
    Meeting,
    Reply,
    RequestKind,
    Role,
    Ticket,
)
from models import Request as Asked
from staff import audit
from staff.access import current_staff, requires
from tickets import (
    actors,
    arbitration,
    closing,
    locking,
    meetings,
    requests,
    returns,
    search,
    story,
    wording,
)
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("decisions", __name__, template_folder="templates")

# Who decides about a return decides about all: one queue, one pair of eyes.
DECIDES = actors.allowed(ASSIGNMENT_MOVES["approve_return"])
ARBITRATES = actors.allowed(besides=(Actor.LEAD,))
CHECKS = actors.allowed(ASSIGNMENT_MOVES["accept_reply"])


@bp.get("/dispatch/requests")
@requires(*DECIDES)
def open_requests() -> str:
    return _requests()


@bp.post("/dispatch/requests/<int:request_id>/approval")
@requires(*DECIDES)
def approve(request_id: int) -> Response:
    asked = _request(request_id)
    if asked.kind is RequestKind.MEETING:
        return _to_meeting(asked)
    requests.approve(
        asked,
        by=current_staff(),
        decision=forms.words("decision", _("审批意见"), most=500, needed=False),
        lead=current_staff().may(Role.LEAD),
    )
    flash(_("已同意。"), "done")
    return redirect(url_for(".open_requests"))


def _to_meeting(asked: Asked) -> Response:
    """A meeting is granted by a meeting: its agenda takes the ticket."""
    meeting_id = forms.number("meeting", _("会商会"))
    found = session.get(Meeting, meeting_id, with_for_update=True)
    if found is None:
        raise forms.Wrong(_("没有这次会议"))
    words = forms.words("decision", _("审批意见"), most=500, needed=False)
    requests.approve(asked, by=current_staff(), decision=words or found.title)
    meetings.attach(found, asked.ticket, by=current_staff())
    flash(_("已列入会商会，有关单位已收到通知。"), "done")
    return redirect(url_for(".open_requests"))


@bp.post("/dispatch/requests/<int:request_id>/refusal")
@requires(*DECIDES)
def refuse(request_id: int) -> Response:
    asked = _request(request_id)
    requests.refuse(
        asked,
        by=current_staff(),
        decision=forms.words("decision", _("审批意见"), most=500),
        lead=current_staff().may(Role.LEAD),
    )
    flash(_("已驳回。"), "done")
    return redirect(url_for(".open_requests"))


@bp.post("/dispatch/requests/<int:request_id>/arbitration")
@requires(*ARBITRATES)
def arbitrate(request_id: int) -> Response:
    """The third return: whoever is named handles it, and cannot return it."""
    asked = _request(request_id)
    code = forms.words("unit", _("承办单位"), most=32, needed=False)
    if not code:
        raise forms.Wrong(_("请选择%(label)s", label=_("承办单位")))
    named = chosen.unit(code)
    decision = forms.words("decision", _("仲裁意见"), most=500)
    arbitration.arbitrate(asked, named, by=current_staff(), decision=decision)
    flash(
        _("已仲裁：%(number)s 由%(unit)s承办。", number=asked.ticket.number, unit=named.name),
        "done",
    )
    return redirect(url_for(".open_requests"))


@bp.get("/dispatch/replies")
@requires(*CHECKS)
def unchecked() -> str:
    return render_template(
        "dispatching/replies.html",
        replies=queue.replies(),
        counts=queue.counts(),
        tabs=queue.TABS,
        **wording.TERMS,
    )


@bp.get("/dispatch/replies/<int:reply_id>")
@requires(*CHECKS)
def reply(reply_id: int) -> str:
    given = session.get(Reply, reply_id)
    if given is None:
        abort(404, _("没有这条反馈"))
    audit.look("ticket.viewed", "ticket", given.assignment.ticket.number)
    return _reply(given)


@bp.post("/dispatch/replies/<int:reply_id>/acceptance")
@requires(*CHECKS)
def accept(reply_id: int) -> Response:
    given = _given(reply_id)
    closing.accept_reply(given, by=current_staff())
    flash(_("%(number)s 审核通过。", number=given.assignment.ticket.number), "done")
    return redirect(url_for(".unchecked"))


@bp.post("/dispatch/replies/<int:reply_id>/refusal")
@requires(*CHECKS)
def send_back(reply_id: int) -> Response:
    given = _given(reply_id)
    remarks = forms.words("remarks", _("审核意见"), most=500)
    closing.refuse_reply(given, by=current_staff(), remarks=remarks)
    flash(_("%(number)s 已退回重新反馈。", number=given.assignment.ticket.number), "done")
    return redirect(url_for(".unchecked"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    reply_id = (request.view_args or {}).get("reply_id")
    given = session.get(Reply, reply_id) if reply_id is not None else None
    if given is not None:
        return _reply(given, str(error)), 409
    return _requests(str(error)), 409


@bp.errorhandler(IllegalMove)
def _moved_on(_error: IllegalMove) -> tuple[str, int]:
    return _again(Refused(_("已被他人处理，请核对后再操作")))


def _requests(problem: str = "") -> str:
    waiting = queue.requests()
    return render_template(
        "dispatching/requests.html",
        requests=waiting,
        returned={one.id: returns.approved(one.ticket) for one in waiting if one.arbitration},
        held=meetings.decided_about({one.ticket_id for one in waiting}),
        to_come=meetings.to_come(),
        units=search.choices()["unit"],
        given=request.form,
        given_to=(request.view_args or {}).get("request_id"),
        counts=queue.counts(),
        tabs=queue.TABS,
        leads=current_staff().may(Role.LEAD),
        by_lead=requests.BY_LEAD,
        problem=problem,
        **wording.TERMS,
    )


def _reply(given: Reply, problem: str = "") -> str:
    ticket: Ticket = given.assignment.ticket
    return render_template(
        "dispatching/reply.html",
        given=given,
        ticket=ticket,
        story=story.of(ticket),
        problem=problem,
        internal=True,
        shown=str,
        form=request.form,
        **wording.TERMS,
    )


def _request(request_id: int) -> Asked:
    try:
        return locking.request(request_id)
    except locking.NotThere:
        abort(404, _("没有这条申请"))


def _given(reply_id: int) -> Reply:
    try:
        return locking.reply(reply_id)
    except locking.NotThere:
        abort(404, _("没有这条反馈"))
