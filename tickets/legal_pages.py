"""The doors to the law's clocks: a step is met or lengthened, a call split, a limit edited."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from models import LegalClock, LegalStep, Role, Ticket
from staff.access import current_staff, requires
from tickets import legal, locking, splitting
from tickets.locking import NotThere
from web import forms
from web.languages import _

bp = Blueprint("legal", __name__, template_folder="templates")

LONGEST = 2000


@bp.post("/tickets/<number>/legal/<step>")
@requires(*legal.HOTLINE, Role.UNIT)
def act(number: str, step: str) -> Response:
    """By whoever leads it now, or the hotline for him."""
    clock = _clock(number, step)
    staff = current_staff()
    if not legal.may_act(clock.ticket, staff):
        abort(403, _("只有主办单位和热线派单员可以办理法定步骤"))
    words = forms.words("words", _("说明"), most=LONGEST, needed=False)
    match request.form.get("do"):
        case "yes" | "no" as said:
            legal.meet(clock, by=staff, outcome=said == "yes", words=words)
        case "extend":
            reason = forms.words("words", _("说明"), most=LONGEST)
            legal.extend(clock, by=staff, reason=reason)
        case _:
            abort(400)
    flash(_("已保存"), "done")
    return redirect(_back_to(number))


@bp.post("/tickets/<number>/split")
@requires(*legal.HOTLINE)
def split(number: str) -> Response:
    second = splitting.split(
        _ticket(number),
        by=current_staff(),
        summary=forms.words("summary", _("诉求内容"), most=2000),
        demand=forms.words("demand", _("市民期望"), most=500),
    )
    flash(_("已分出工单 %(number)s。", number=second.number), "done")
    return redirect(url_for("tickets.show", number=number))


@bp.post("/policies/legal/<step>")
@requires(Role.ADMIN)
def change_limit(step: str) -> Response:
    if step not in set(LegalStep):
        abort(404)
    legal.change_limit(LegalStep(step), forms.limit("within"), forms.limit("more"))
    flash(_("已保存，下一次派单起执行。"), "done")
    return redirect(url_for("clocks.limits"))


def _back_to(number: str) -> str:
    """A unit's clerk came from its own page of the ticket."""
    assignment = request.form.get("assignment", type=int)
    if assignment is None:
        return url_for("tickets.show", number=number)
    return url_for("units.assignment", assignment_id=assignment)


def _clock(number: str, step: str) -> LegalClock:
    ticket = _ticket(number)
    found = legal.step_of(ticket, LegalStep(step)) if step in set(LegalStep) else None
    if found is None:
        abort(404)
    return found


def _ticket(number: str) -> Ticket:
    try:
        return locking.ticket(number[:24])
    except NotThere:
        abort(404, _("没有这张工单，请核对工单号"))
