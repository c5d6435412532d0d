"""What is set right about a ticket before a unit has it, and after it was closed."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from dispatching import page
from dispatching.page import DISPATCHES
from models import TICKET_MOVES, IllegalMove, SuperviseKind, Urgency
from staff.access import current_staff, requires
from tickets import actors, closing, review, supervising, urgencies
from tickets.outcome_words import REOPEN_CAUSES
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("corrections", __name__)


@bp.post("/dispatch/<number>/urgency")
@requires(*DISPATCHES)
def change_urgency(number: str) -> Response:
    found = page.locked(number)
    urgency = forms.one_of("urgency", Urgency, _("紧急程度"))
    urgencies.change(found, urgency, by=current_staff())
    return page.done(found, _("紧急程度已更改。"))


@bp.post("/dispatch/<number>/rejection")
@requires(*actors.allowed(TICKET_MOVES["pass_review"]))
def reject(number: str) -> Response:
    """Not for the hotline, found when it was looked at before dispatch."""
    found = page.locked(number)
    review.reject(found, by=current_staff(), reason=request.form.get("reason", ""))
    return page.done(found, _("已不予受理。"))


@bp.post("/dispatch/<number>/reopening")
@requires(*actors.allowed(TICKET_MOVES["reopen"]))
def reopen(number: str) -> Response:
    """Closed, and not settled: a lead has it handled once more."""
    found = page.locked(number)
    because = request.form.get("because", "")
    if because not in REOPEN_CAUSES:
        raise forms.Wrong(_("请选择%(label)s", label=_("重办原因")))
    words = forms.words("words", _("重办要求"), most=500)
    again = closing.reopen(found, by=current_staff(), because=because, reason=words)
    if because == "false_closure":
        supervising.supervise(
            found, again.unit, SuperviseKind.SYSTEM, because, by=current_staff(), words=words
        )
    return page.done(found, _("已退回%(unit)s重办。", unit=again.unit.name))


bp.register_error_handler(Refused, page.again)
bp.register_error_handler(IllegalMove, page.moved_on)
