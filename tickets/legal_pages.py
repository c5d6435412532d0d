"""The doors to the law's clocks: a step is met or lengthened, a call split, a limit edited."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.db import session
from models import Assignment, LegalClock, LegalStep, Part, Role, StaffMember, Ticket
from staff.access import current_staff, requires
from tickets import legal, locking, reach, splitting
from tickets.locking import NotThere
from web import forms
from web.languages import _

bp = Blueprint("legal", __name__, template_folder="templates")

HOTLINE = (Role.DISPATCHER, Role.LEAD)
LONGEST = 2000


@bp.post("/tickets/<number>/legal/<step>")
@requires(*HOTLINE, Role.UNIT)
def act(number: str, step: str) -> Response:
    """By whoever leads it now, or the hotline for him."""
    clock = _clock(number, step)
    staff = current_staff()
    if not may_act(clock.ticket, staff):
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
    return redirect(url_for("tickets.show", number=number))


@bp.post("/tickets/<number>/split")
@requires(*HOTLINE)
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
    legal.change_limit(
        LegalStep(step), request.form.get("within", "")[:12], request.form.get("more", "")[:12]
    )
    flash(_("已保存，下一次派单起执行。"), "done")
    return redirect(url_for("clocks.limits"))


def may_act(ticket: Ticket, staff: StaffMember) -> bool:
    if staff.may(*HOTLINE):
        return True
    leads = select(Assignment.id).where(
        Assignment.ticket_id == ticket.id,
        Assignment.part == Part.LEAD,
        Assignment.ended_at.is_(None),
        Assignment.unit_id.in_(reach.units_of(staff)),
    )
    return session.scalar(leads.limit(1)) is not None


def _clock(number: str, step: str) -> LegalClock:
    ticket = _ticket(number)
    found = session.scalar(
        select(LegalClock)
        .where(LegalClock.ticket_id == ticket.id, LegalClock.step == step)
        .execution_options(populate_existing=True)
    ) if step in set(LegalStep) else None  # fmt: skip
    if found is None:
        abort(404)
    return found


def _ticket(number: str) -> Ticket:
    try:
        return locking.ticket(number[:24])
    except NotThere:
        abort(404, _("没有这张工单，请核对工单号"))
