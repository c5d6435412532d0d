"""The dispatcher's pages: who waits, and one ticket with everything that may be done with it."""

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from dispatching import (
    chases,
    chosen,
    clusters,
    corrections,
    decisions,
    meetings,
    page,
    queue,
    rules,
)
from dispatching.page import DISPATCHES, LEADS, LOOKS_ON, REVIEWS
from infra.db import session
from models import (
    ASSIGNMENT_MOVES,
    TICKET_MOVES,
    IllegalMove,
    Part,
    RecallReason,
    SuperviseKind,
    Ticket,
    TicketState,
)
from models.lifecycle import OPEN
from staff import audit
from staff.access import current_staff, requires
from tickets import (
    actors,
    chasing,
    dispatch,
    grounds,
    likeness,
    linkage,
    locking,
    marking,
    merging,
    own,
    proposals,
    reason_words,
    recalling,
    returns,
    review,
    search,
    suspending,
    talks,
    wording,
)
from web import asked, forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("dispatching", __name__, template_folder="templates")


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    for part in (decisions.bp, rules.bp, meetings.bp, clusters.bp, chases.bp, corrections.bp):
        app.register_blueprint(part)
    app.add_template_filter(queue.light, "ticket_light")


@bp.get("/dispatch")
@requires(*LOOKS_ON)
def waiting() -> str:
    tab = asked.text("tab") or "waiting"
    if tab not in queue.TABS:
        abort(404, _("没有这一页"))
    found = queue.tickets(tab, chosen.after())
    return render_template(
        "dispatching/queue.html",
        tab=tab,
        tabs=queue.TABS,
        counts=queue.counts(),
        found=found,
        handled_there=linkage.handled_there([one.id for one in found.tickets]),
        **wording.TERMS,
    )


@bp.get("/dispatch/<number>")
@requires(*LOOKS_ON)
def ticket(number: str) -> str:
    found = session.scalar(select(Ticket).where(Ticket.number == number))
    if found is None:
        abort(404, _("没有这张工单，请核对工单号"))
    audit.look("ticket.viewed", "ticket", number)
    return page.of(found)


@bp.post("/dispatch/<number>/assignments")
@requires(*DISPATCHES)
def create_assignments(number: str) -> Response:
    found = page.locked(number)
    lead = chosen.lead()
    beside = dict.fromkeys(chosen.units("assist"), Part.ASSIST)
    beside |= {unit: Part.INFO for unit in chosen.units("info") if unit not in beside}
    beside.pop(lead, None)
    advice = forms.words("advice", _("派单意见"), most=500, needed=False)
    if "again" not in request.form:
        returns.insist_means_it(
            found, [lead, *(one for one in beside if beside[one] is Part.ASSIST)]
        )
    if found.state is TicketState.PENDING_REVIEW:
        review.pass_review(found, by=current_staff())
    rule = next((one.rule for one in proposals.propose(found) if one.lead is lead), None)
    dispatch.dispatch(found, lead, by=current_staff(), beside=beside, rule=rule, advice=advice)
    flash(_("%(number)s 已派给%(unit)s。", number=number, unit=lead.name), "done")
    return redirect(url_for(".waiting"))


@bp.post("/dispatch/<number>/joined")
@requires(*DISPATCHES)
def join(number: str) -> Response:
    found = page.locked(number)
    unit = chosen.unit(forms.words("unit", _("单位"), most=32))
    part = forms.one_of("part", Part, _("承办方式"))
    if part is Part.ASSIST and "again" not in request.form:
        returns.insist_means_it(found, [unit])
    dispatch.join(found, unit, part, by=current_staff())
    return page.done(found, _("已增加%(unit)s。", unit=unit.name))


@bp.post("/dispatch/assignments/<int:assignment_id>/recall")
@requires(*actors.allowed(ASSIGNMENT_MOVES["recall"]))
def recall(assignment_id: int) -> Response:
    try:
        one = locking.assignment(assignment_id)
    except locking.NotThere:
        abort(404, _("没有这条承办记录"))
    because = forms.words("because", _("撤回原因"), most=32)
    if because not in reason_words.RECALL_REASONS:
        raise forms.Wrong(_("请选择%(label)s", label=_("撤回原因")))
    recalling.recall(one, by=current_staff(), because=RecallReason(because))
    return page.done(one.ticket, _("已从%(unit)s撤回。", unit=one.unit.name))


@bp.post("/dispatch/<number>/question")
@requires(*REVIEWS)
def ask_for_more(number: str) -> Response:
    found = page.locked(number)
    review.ask_for_more(
        found, by=current_staff(), what=forms.words("what", _("需要补充什么"), most=300)
    )
    return page.done(found, _("已要求补充。"))


@bp.post("/dispatch/<number>/completion")
@requires(*actors.allowed(TICKET_MOVES["complete"]), *DISPATCHES)
def complete(number: str) -> Response:
    found = page.locked(number)
    review.complete(found, by=current_staff())
    return page.done(found, _("已补充，等待派单。"))


@bp.post("/dispatch/<number>/master")
@requires(*DISPATCHES)
def merge(number: str) -> Response:
    typed = forms.words("other", _("主单号"), most=24, needed=False)
    wanted = typed or forms.words("master", _("主单号"), most=24)
    because = forms.words("because", _("并单理由"), most=200, needed=False)
    try:
        locked = locking.tickets(number, wanted)
    except locking.NotThere:
        raise forms.Wrong(_("没有工单 %(number)s", number=wanted)) from None
    if typed and "sure" not in request.form:
        likeness.insist_alike(locked[number], locked[wanted])
    merging.merge(locked[number], locked[wanted], by=current_staff(), because=because)
    return page.done(locked[number], _("已并入 %(number)s。", number=wanted))


@bp.post("/dispatch/<number>/separation")
@requires(*actors.allowed(TICKET_MOVES["separate"]))
def separate(number: str) -> Response:
    found = page.locked(number)
    because = forms.words("because", _("拆回原因"), most=200)
    merging.separate(found, by=current_staff(), because=because)
    return page.done(found, _("已拆回，等待派单。"))


@bp.post("/dispatch/<number>/urges")
@requires(*search.HOTLINE)
def urge(number: str) -> Response:
    found = page.locked(number)
    if not search.may_read(found, current_staff()):
        abort(403, _("这是保密工单，只有承办人员可以查看"))
    if merging.handled_as(found).state not in OPEN:
        raise forms.Wrong(_("工单已不在办理，不能催办"))
    words = forms.words("words", _("催办内容"), most=300, needed=False)
    by = current_staff()
    call = talks.of(found, by)
    if call is not None:
        chasing.link(found, call, words, by=by)
    count = own.urge_for(found, call=call, by=by, words=words)
    return page.done(found, _("已催办，共 %(count)s 次。", count=count))


@bp.post("/dispatch/<number>/facts")
@requires(*search.HOTLINE)
def add_facts(number: str) -> Response:
    """What the citizen adds on the telephone; a ticket that waited for it goes on."""
    found = page.locked(number)
    if not search.may_read(found, current_staff()):
        abort(403, _("这是保密工单，只有承办人员可以查看"))
    words = forms.words("words", _("补充情况"), most=own.LONGEST)
    by = current_staff()
    own.add_facts(found, words, by=by)
    if (call := talks.of(found, by)) is not None:
        chasing.link(found, call, words, by=by)
    return page.done(found, _("已补充。"))


@bp.post("/dispatch/<number>/supervisions")
@requires(*LEADS, *DISPATCHES)
def supervise(number: str) -> Response:
    found = page.locked(number)
    if found.state not in OPEN:
        raise forms.Wrong(_("工单已不在办理，不能督办"))
    because = request.form.get("because", "")
    if because not in reason_words.CAUSES:
        raise forms.Wrong(_("请选择%(label)s", label=_("督办原因")))
    grounds.supervise(
        found,
        forms.one_of("kind", SuperviseKind, _("督办方式")),
        because,
        by=current_staff(),
        words=forms.words("words", _("督办要求"), most=500, needed=False),
    )
    return page.done(found, _("已督办。"))


@bp.post("/dispatch/<number>/sensitivity")
@requires(*REVIEWS)
def mark_sensitive(number: str) -> Response:
    found = page.locked(number)
    level = forms.number("level", _("敏感等级"), least=0, most=marking.MOST)
    marking.mark_sensitive(found, level, by=current_staff())
    return page.done(found, _("已标记。"))


@bp.post("/dispatch/<number>/resumption")
@requires(*actors.allowed(TICKET_MOVES["resume"]))
def resume(number: str) -> Response:
    found = page.locked(number)
    suspending.resume(found, by=current_staff())
    return page.done(found, _("已恢复办理，挂账期间不计入时限。"))


@bp.post("/dispatch/<number>/void")
@requires(*LEADS)
def void(number: str) -> Response:
    found = page.locked(number)
    review.void(found, by=current_staff(), because=forms.words("because", _("作废原因"), most=200))
    return page.done(found, _("已作废。"))


bp.register_error_handler(Refused, page.again)
bp.register_error_handler(IllegalMove, page.moved_on)
