"""What a clerk does with an assignment: each door locks its ticket and calls one verb."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    Assignment,
    Contact,
    ContactWay,
    DutyPhone,
    IllegalMove,
    RequestKind,
    RequestState,
    Role,
    Solved,
    Unit,
)
from queues import relaying
from staff import audit, norms
from staff.access import current_staff, requires
from tickets import appeals_above, below, deadlines, handling, reason_words, requests, story
from units import routes
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("unit_acts", __name__, url_prefix="/inbox")
bp.register_error_handler(Refused, routes.again)
bp.register_error_handler(IllegalMove, routes.moved_on)


@bp.post("/<int:assignment_id>/signature")
@requires(Role.UNIT)
def sign(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    if one.signed_at is not None or not one.in_hand:
        raise Refused(story.signed_before(one))
    handling.sign(one, by=current_staff())
    return _done(one, _("已签收。"))


@bp.post("/<int:assignment_id>/contacts")
@requires(Role.UNIT)
def contact(assignment_id: int) -> Response:
    one = _in_hand(assignment_id)
    handling.contact(
        one,
        by=current_staff(),
        way=forms.one_of("way", ContactWay, _("联系方式")),
        reached=request.form.get("reached") == "yes",
        words=forms.words("words", _("联系情况"), most=500, needed=False),
    )
    return _done(one, _("已记录联系情况。"))


@bp.post("/<int:assignment_id>/calls")
@requires(Role.UNIT)
def call(assignment_id: int) -> Response:
    """His duty phone rings, then the citizen's; the page shows neither number."""
    one = routes.own(assignment_id)
    phone = session.get(DutyPhone, forms.number("phone", _("值班手机")))
    if phone is None:
        raise forms.Wrong(_("请选择%(label)s", label=_("值班手机")))
    relay = relaying.ask(one, phone, by=current_staff())
    audit.record("relayed", "ticket", one.ticket.number, relay=relay.id, number=phone.number_masked)
    return _done(one, _("请接听值班手机，按 1 接通市民。"))


@bp.post("/<int:assignment_id>/mobilised")
@requires(Role.UNIT)
def mobilise(assignment_id: int) -> Response:
    one = _in_hand(assignment_id)
    handling.mobilise(one, by=current_staff())
    return _done(one, _("已记录出动。"))


@bp.post("/<int:assignment_id>/on-site")
@requires(Role.UNIT)
def done_on_site(assignment_id: int) -> Response:
    one = _in_hand(assignment_id)
    handling.done_on_site(one, by=current_staff())
    return _done(one, _("已记录现场处置完毕。"))


@bp.post("/<int:assignment_id>/reply")
@requires(Role.UNIT)
def reply(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    handling.reply(one, _answer(one), by=current_staff())
    return _done(one, _("反馈已提交，等待审核。"))


@bp.post("/<int:assignment_id>/return")
@requires(Role.UNIT)
def ask_return(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    code = request.form.get("code", "")
    if code not in reason_words.RETURN_REASONS:
        raise forms.Wrong(_("请选择%(label)s", label=_("退单原因")))
    requests.ask_return(
        one,
        by=current_staff(),
        code=code,
        reason=forms.words("reason", _("退单说明"), most=500),
        basis=forms.words("basis", _("书面依据"), most=500),
        suggested=_unit("suggested"),
    )
    return _done(one, _("退单申请已提交，审批前办理时限不停。"))


@bp.post("/<int:assignment_id>/extension")
@requires(Role.UNIT)
def ask_extension(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    days = hours = None
    if deadlines.runs_at_night(one):
        hours = forms.number("hours", _("延期小时数"), most=norms.amount("longest_extension_hours"))
    else:
        days = forms.number("days", _("延期天数"), most=norms.amount("longest_extension"))
    reason = forms.words("reason", _("延期原因"), most=500)
    requests.ask_extension(one, days, hours=hours, by=current_staff(), reason=reason)
    return _done(one, _("延期申请已提交，同意后期限才会改变。"))


@bp.post("/<int:assignment_id>/co-handling")
@requires(Role.UNIT)
def ask_for_help(assignment_id: int) -> Response:
    one, unit = routes.own(assignment_id), _unit("unit")
    if unit is None:
        raise forms.Wrong(_("请选择%(label)s", label=_("协办单位")))
    reason = forms.words("reason", _("协办原因"), most=500)
    requests.ask_for(one, RequestKind.CO_HANDLING, by=current_staff(), reason=reason, unit=unit.id)
    return _done(one, _("协办申请已提交。"))


@bp.post("/<int:assignment_id>/suspension")
@requires(Role.UNIT)
def ask_suspension(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    until = forms.day("until", _("复核日"))
    if until <= local(now()).date():
        raise forms.Wrong(_("复核日应在今天之后"))
    requests.ask_for(
        one,
        RequestKind.SUSPENSION,
        by=current_staff(),
        reason=forms.words("reason", _("办理方案"), most=1000),
        until=until.isoformat(),
    )
    return _done(one, _("挂账申请已提交。"))


@bp.post("/<int:assignment_id>/exclusion")
@requires(Role.UNIT)
def ask_exclusion(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    requests.ask_for(
        one,
        RequestKind.EXCLUSION,
        by=current_staff(),
        reason=forms.words("reason", _("剔除理由"), most=500),
        basis=forms.words("basis", _("法律依据"), most=500),
    )
    return _done(one, _("剔除申请已提交。"))


@bp.post("/<int:assignment_id>/score-appeal")
@requires(Role.UNIT)
def appeal(assignment_id: int) -> Response:
    """Against a rating of what it has closed, until the month is frozen."""
    one = routes.own(assignment_id)
    requests.ask_for(
        one,
        RequestKind.SCORE_APPEAL,
        by=current_staff(),
        reason=forms.words("reason", _("申诉理由"), most=500),
        basis=forms.words("basis", _("证明材料说明"), most=500, needed=False),
    )
    return _done(one, _("考核申诉已提交，由班长审批。"))


@bp.post("/<int:assignment_id>/appeals-below/<int:request_id>")
@requires(Role.UNIT)
def judge_appeal(assignment_id: int, request_id: int) -> Response:
    """A unit below appeals: this one makes it its own, or turns it down."""
    one = routes.own(assignment_id)
    below_it = [asked for asked in appeals_above.open_below(one) if asked.id == request_id]
    if not below_it:
        abort(404, _("没有这条申请"))
    if "pass" in request.form:
        appeals_above.pass_on(below_it[0], by=current_staff(), unit_id=one.unit_id)
        return _done(one, _("已同意并上报，由班长审批。"))
    decision = forms.words("decision", _("不同意的理由"), most=500)
    appeals_above.turn_down(below_it[0], by=current_staff(), unit_id=one.unit_id, decision=decision)
    return _done(one, _("已驳回下级单位的申诉。"))


@bp.post("/<int:assignment_id>/meeting")
@requires(Role.UNIT)
def ask_meeting(assignment_id: int) -> Response:
    one = routes.own(assignment_id)
    reason = forms.words("reason", _("会商事由"), most=500)
    requests.ask_for(one, RequestKind.MEETING, by=current_staff(), reason=reason)
    return _done(one, _("会商申请已提交。"))


@bp.post("/<int:assignment_id>/delegations")
@requires(Role.UNIT)
def delegate(assignment_id: int) -> Response:
    one, unit = routes.own(assignment_id), _unit("unit")
    if unit is None:
        raise forms.Wrong(_("请选择%(label)s", label=_("下级单位")))
    due = forms.moment("due_at", _("下派期限"))
    if due <= now():
        raise forms.Wrong(_("下派期限应在现在之后"))
    advice = forms.words("advice", _("办理要求"), most=500, needed=False)
    handling.delegate(one, unit, by=current_staff(), due_at=due, advice=advice)
    return _done(one, _("已下派给%(unit)s。", unit=unit.name))


@bp.post("/<int:assignment_id>/below/<int:part_id>/refusal")
@requires(Role.UNIT)
def refuse_below(assignment_id: int, part_id: int) -> Response:
    """The answer of a unit below is not good enough; whoever is below that hears of it from it."""
    one, part = routes.own(assignment_id), _part_of(assignment_id, part_id)
    given = below.newest_reply(part)
    if given is None or given.id != forms.number("reply", _("反馈")):
        raise handling.NotYet(_("这条反馈已有结论，或下级单位已重新办理，请刷新后核对"))
    remarks = forms.words("remarks", _("退回意见"), most=500)
    below.refuse_reply(given, by=current_staff(), unit_id=one.unit_id, remarks=remarks)
    return _done(one, _("已退回%(unit)s重新反馈。", unit=part.unit.name))


@bp.post("/<int:assignment_id>/below/<int:part_id>/withdrawal")
@requires(Role.UNIT)
def take_back(assignment_id: int, part_id: int) -> Response:
    one, part = routes.own(assignment_id), _part_of(assignment_id, part_id)
    because = forms.words("because", _("收回原因"), most=200)
    below.take_back(part, by=current_staff(), unit_id=one.unit_id, because=because)
    return _done(one, _("已从%(unit)s收回。", unit=part.unit.name))


@bp.post("/requests/<int:request_id>/cancellation")
@requires(Role.UNIT)
def cancel(request_id: int) -> Response:
    asked = routes.own_request(request_id)
    if asked.state is not RequestState.APPLIED:
        raise forms.Wrong(_("申请已有结果，不能撤销"))
    requests.cancel(asked, by=current_staff())
    flash(_("申请已撤销。"), "done")
    return redirect(url_for("units.assignment", assignment_id=asked.assignment_id))


def _part_of(assignment_id: int, part_id: int) -> Assignment:
    """Behind the lock of the ticket that both are of."""
    part = session.get(Assignment, part_id)
    if part is None or part.parent_id != assignment_id:
        abort(404, _("没有这条下派"))
    return part


def _in_hand(assignment_id: int) -> Assignment:
    """What is recorded of a handling is recorded while it goes on.  Raises NotYet."""
    one = routes.own(assignment_id)
    if not one.in_hand:
        raise handling.NotYet(_("本单位已反馈，不能再登记办理过程"))
    return one


def _answer(one: Assignment) -> handling.Answer:
    """As it was typed; that the citizen was spoken to is taken from what was recorded."""
    spoken = session.scalars(
        select(Contact)
        .where(
            Contact.assignment_id.in_([one.id, *(part.id for part in below.all_below(one))]),
            Contact.reached,
        )
        .order_by(Contact.id.desc())
        .limit(1)
    ).first()
    facts = request.form.get("facts_true", "")
    if facts not in ("yes", "no"):
        raise forms.Wrong(_("请选择%(label)s", label=_("诉求是否属实")))
    solved = forms.one_of("solved", Solved, _("是否解决"))
    return handling.Answer(
        public=forms.words("public", _("公开答复")),
        facts_true=facts == "yes",
        solved=solved,
        internal=forms.words("internal", _("内部办理情况"), needed=False),
        why_not=forms.words("why_not", _("未解决原因"), needed=solved is not Solved.YES),
        contacted_at=spoken.at if spoken else None,
        contact_way=spoken.way if spoken else "",
        no_contact="" if spoken else forms.words("no_contact", _("未联系市民的原因"), most=300),
        beyond_duty="beyond_duty" in request.form,
    )


def _unit(name: str) -> Unit | None:
    code = forms.words(name, _("单位"), most=32, needed=False)
    return session.scalar(select(Unit).where(Unit.code == code)) if code else None


def _done(one: Assignment, words: str) -> Response:
    flash(words, "done")
    return redirect(url_for("units.assignment", assignment_id=one.id))
