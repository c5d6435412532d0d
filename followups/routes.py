"""The followers' pages: the queue, one follow-up to ask, a ticket's follow-ups, alarms."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from sqlalchemy import select
from werkzeug.exceptions import BadRequest, HTTPException, UnprocessableEntity
from werkzeug.wrappers import Response

from followups import outcome, people
from followups.people import FOLLOWERS, Answers
from infra.db import roll_back, session
from models import (
    AlarmKind,
    AskedBy,
    Assignment,
    FollowUp,
    FollowUpAlarm,
    FollowUpResult,
    FollowUpState,
    IllegalMove,
    Reply,
    ReplyVerdict,
    Role,
    Solved,
)
from staff import audit
from staff.access import current_staff, requires
from tickets import alarms, lifecycle, locking, search
from web.languages import _, _l
from web.refusals import Refused

bp = Blueprint("follow_ups", __name__, template_folder="templates")

# What a form may be refused with; it is shown again with what was typed.
REFUSALS = (Refused, IllegalMove, BadRequest, UnprocessableEntity)

WHY = {
    "minor": _l("涉及未成年人"),
    "confidential": _l("保密或举报工单"),
    "sensitive": _l("敏感事项"),
    "opted_out": _l("市民不接受智能回访"),
    "elderly": _l("75 岁以上"),
    "supervised": _l("督办工单"),
    "number": _l("号码不宜自动外呼"),
    "robot_failed": _l("此前智能回访未成"),
    "robot_stopped": _l("智能回访复核不一致，已暂停"),
    "asked_for_person": _l("市民要求人工"),
    "danger": _l("通话中说到危险"),
    "contradicts": _l("回答前后矛盾"),
    "handled_often": _l("重办次数已满仍不满意"),
    "wrong_person": _l("接听者不是本人"),
    "unclear": _l("未听清回答"),
    "bad_number": _l("号码无法拨打"),
    "no_text": _l("无法发送短信"),
    "excluded": _l("批准剔除"),
    "merged": _l("已并单，请告知答复并回访"),
}
STATES = {
    FollowUpState.ROBOT: _l("智能回访中"),
    FollowUpState.PERSON: _l("待人工回访"),
    FollowUpState.TEXTED: _l("已发短信，待评价"),
    FollowUpState.DONE: _l("已完成"),
}
RESULTS = {
    FollowUpResult.REACHED: _l("已回访"),
    FollowUpResult.UNREACHABLE: _l("联系不上"),
    FollowUpResult.REFUSED: _l("拒绝评价"),
    FollowUpResult.EXEMPT: _l("免予回访"),
    FollowUpResult.WITHDRAWN: _l("无需回访"),
}
WAYS = {
    AskedBy.ROBOT: _l("智能回访"),
    AskedBy.PERSON: _l("人工回访"),
    AskedBy.TEXT: _l("短信评价"),
    AskedBy.WEB: _l("网页评价"),
    AskedBy.CALL: _l("来电评价"),
}
SOLVED = {
    Solved.YES: _l("已解决"),
    Solved.PARTLY: _l("部分解决"),
    Solved.NO: _l("未解决"),
}
RATINGS = {
    5: _l("非常满意"),
    4: _l("满意"),
    3: _l("基本满意"),
    2: _l("不满意"),
    1: _l("非常不满意"),
}
ALARMS = {
    AlarmKind.FLIPPED: _l("承办单位联系后由不满意改为满意"),
    AlarmKind.PRESSED: _l("市民反映被要求改变评价"),
    AlarmKind.DISAGREES: _l("人工复核与智能回访不一致"),
    AlarmKind.MERGED: _l("并入的诉求市民不满意，主单未重办"),
}
WORDS = {
    "why": WHY,
    "states": STATES,
    "results": RESULTS,
    "ways": WAYS,
    "solved": SOLVED,
    "ratings": RATINGS,
}


@bp.get("/follow-ups")
@requires(*FOLLOWERS)
def queue() -> str:
    staff = current_staff()
    waiting, checks = people.waiting(staff), people.to_check(staff)
    return render_template(
        "followups/queue.html",
        waiting=waiting,
        checks=checks,
        dangers=people.dangers([*waiting, *checks]),
        alarms=people.unseen_alarms() if staff.may(Role.LEAD) else [],
        alarm_words=ALARMS,
        taken_by_other=people.taken_by_other,
        **WORDS,
    )


@bp.get("/follow-ups/<int:follow_up_id>")
@requires(*FOLLOWERS)
def show(follow_up_id: int) -> str:
    follow_up = _readable(session.get(FollowUp, follow_up_id))
    audit.look("follow_up.viewed", "follow_up", follow_up_id)
    return _page(follow_up)


def _page(follow_up: FollowUp, problem: str = "") -> str:
    """With what was typed, where it was refused."""
    staff = current_staff()
    taken = follow_up.taken_by_id == staff.id and not people.taken_by_other(follow_up, staff)
    return render_template(
        "followups/one.html",
        follow_up=follow_up,
        ticket=follow_up.ticket,
        reply=reply_of(follow_up),
        askings=people.askings_of(follow_up),
        danger=people.dangers([follow_up]).get(follow_up.id),
        is_check=people.is_to_check(follow_up),
        taken=taken and (not follow_up.done or people.is_to_check(follow_up)),
        may_dial=staff.may(Role.AGENT) and follow_up.ticket.person is not None,
        tried=outcome.tried_at(follow_up),
        tried_now=not follow_up.done and outcome.was_tried_at_this_hour(follow_up),
        may_end=staff.may(Role.LEAD) and not follow_up.done,
        problem=problem,
        given=request.form,
        **WORDS,
    )


def why_refused(error: Exception) -> tuple[str, int]:
    """In words for whoever has typed it, and as a status."""
    if isinstance(error, CSRFError):
        return _("页面已过期，请再提交一次"), 400
    if isinstance(error, HTTPException):
        return str(error.description), error.code or 400
    if isinstance(error, IllegalMove):
        return _("工单状态已变，未能保存，请刷新后核对"), 409
    return str(error), 409


def _again(error: Exception) -> tuple[str, int] | Response:
    """The same page with what was typed, and above it why it was not done."""
    roll_back()
    words, status = why_refused(error)
    follow_up = session.get(FollowUp, (request.view_args or {}).get("follow_up_id", 0))
    staff = current_staff() if current_user.is_authenticated else None
    follows = staff is not None and staff.may(*FOLLOWERS)
    if follow_up and staff and follows and search.may_read(follow_up.ticket, staff):
        return _page(follow_up, words), status
    flash(words, "error")
    return redirect(url_for(".queue"))


for refusal in REFUSALS:
    bp.register_error_handler(refusal, _again)


@bp.get("/tickets/<number>/follow-ups")
@requires(*search.HOTLINE)
def of_ticket(number: str) -> str:
    ticket = lifecycle.by_number(number)
    if ticket is None:
        abort(404, _("没有这张工单，请核对工单号"))
    if not search.may_read(ticket, current_staff()):
        abort(403, _("这是保密工单，只有承办人员可以查看"))
    audit.look("follow_up.viewed", "ticket", number)
    found = people.of_ticket(ticket)
    return render_template(
        "followups/ticket.html",
        ticket=ticket,
        found=[(one, people.askings_of(one)) for one in found],
        **WORDS,
    )


@bp.post("/follow-ups/<int:follow_up_id>/take")
@requires(*FOLLOWERS)
def take(follow_up_id: int) -> Response:
    people.take(_locked(follow_up_id), by=current_staff())
    return redirect(url_for(".show", follow_up_id=follow_up_id))


@bp.post("/follow-ups/<int:follow_up_id>/answers")
@requires(*FOLLOWERS)
def record(follow_up_id: int) -> Response:
    follow_up = _locked(follow_up_id)
    people.record(follow_up, answers(), by=current_staff())
    return _done(_("回访结果已保存。"))


@bp.post("/follow-ups/<int:follow_up_id>/not-reached")
@requires(*FOLLOWERS)
def not_reached(follow_up_id: int) -> Response:
    people.not_reached(_locked(follow_up_id), by=current_staff())
    return _done(_("已记录未接通。"))


@bp.post("/follow-ups/<int:follow_up_id>/refused")
@requires(*FOLLOWERS)
def refused(follow_up_id: int) -> Response:
    people.refuse(_locked(follow_up_id), by=current_staff())
    return _done(_("已记录拒绝评价，工单办结。"))


@bp.post("/follow-ups/<int:follow_up_id>/end")
@requires(Role.LEAD)
def end(follow_up_id: int) -> Response:
    people.settle_for_good(_locked(follow_up_id), by=current_staff())
    return _done(_("工单已办结。"))


@bp.post("/follow-ups/alarms/<int:alarm_id>/seen")
@requires(Role.LEAD)
def alarm_seen(alarm_id: int) -> Response:
    alarm = session.get(FollowUpAlarm, alarm_id, with_for_update=True)
    if alarm is None:
        abort(404, _("没有这条提醒"))
    alarms.see(alarm, by=current_staff())
    audit.record("follow_up.alarm_seen", "ticket", alarm.round.ticket.number, kind=alarm.kind)
    return redirect(url_for(".queue"))


def answers() -> Answers:
    """Of the form that was sent; 422 where a question is left out."""
    try:
        return Answers.model_validate(request.form.to_dict())
    except ValidationError:
        abort(422, _("请回答全部三个问题，原因不超过 1000 字"))


def _locked(follow_up_id: int) -> FollowUp:
    try:
        found = people.locked(follow_up_id)
    except locking.NotThere:
        abort(404, _("没有这条回访"))
    return _readable(found)


def _readable(follow_up: FollowUp | None) -> FollowUp:
    if follow_up is None:
        abort(404, _("没有这条回访"))
    if not search.may_read(follow_up.ticket, current_staff()):
        abort(403, _("这是保密工单，只有承办人员可以查看"))
    return follow_up


def reply_of(follow_up: FollowUp) -> Reply | None:
    """What the citizen was answered in this round."""
    return session.scalar(
        select(Reply)
        .join(Assignment, Assignment.id == Reply.assignment_id)
        .where(
            Assignment.round_id == follow_up.round_id,
            Assignment.level == 1,
            Reply.verdict == ReplyVerdict.PASSED,
        )
        .order_by(Reply.id.desc())
        .limit(1)
    )


def _done(words: str) -> Response:
    flash(words)
    return redirect(url_for(".queue"))
