"""The page on which a draft is confirmed later, when wrap-up was too short for it."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from infra.db import session
from infra.log import bind
from models import Role, Ticket
from staff import audit
from staff.access import current_staff, requires
from tickets import fields, lifecycle, outcomes, search, wording
from tickets.outcome_words import AT_SUBMIT
from web.languages import _

bp = Blueprint("drafts", __name__, template_folder="templates", url_prefix="/drafts")

CHECKS = ("confidential", "needs_reply", "minor")


@bp.get("/<int:ticket_id>")
@requires(Role.AGENT, Role.LEAD)
def edit(ticket_id: int) -> str | Response:
    ticket = _ticket(ticket_id)
    if not ticket.is_draft:
        return _as_it_is(ticket)
    audit.look("ticket.draft_viewed", "draft", ticket.id)
    return _page(ticket, {})


@bp.post("/<int:ticket_id>")
@requires(Role.AGENT, Role.LEAD)
def save(ticket_id: int) -> str | Response:
    """Save what was typed; with ``submit`` also number it, or say what is missing."""
    ticket = _ticket(ticket_id)
    if not ticket.is_draft:
        return _as_it_is(ticket)
    try:
        lifecycle.type_in(ticket, _typed(ticket))
    except (ValidationError, fields.UnknownCode):
        abort(422, _("有内容不符合要求，请返回检查各项"))
    except Stale:
        abort(409, _("这张草稿刚被别人改过：请刷新页面，核对后再填写"))
    if "submit" not in request.form:
        flash(_("草稿已保存。"))
        return redirect(url_for(".edit", ticket_id=ticket.id))
    try:
        lifecycle.submit(ticket, by=current_staff(), outcome=outcomes.chosen(request.form))
    except fields.FieldsMissing as error:
        return _page(ticket, error.missing)
    flash(_("工单 %(number)s 已提交。", number=ticket.number))
    return redirect(url_for("tickets.show", number=ticket.number))


def _ticket(ticket_id: int) -> Ticket:
    ticket = session.get(Ticket, ticket_id, with_for_update=True)
    if ticket is None:
        abort(404, _("没有这张草稿"))
    bind(ticket=ticket.id, call=ticket.call_id)
    if not search.may_edit(ticket, current_staff()):
        abort(403, _("只能填写自己接听的通话的工单"))
    return ticket


def _as_it_is(ticket: Ticket) -> Response:
    if ticket.number is None:
        abort(404, _("这次来电已记入在办的工单，没有另建诉求单"))
    return redirect(url_for("tickets.show", number=ticket.number))


class Stale(Exception):
    """Somebody changed the same field since the page was opened."""


def _typed(ticket: Ticket) -> fields.Typed:
    """The page sends every field, and what it had shown; typed is what differs from that.

    Raises Stale."""
    typed: dict[str, object] = {
        name: request.form.get(name, "").strip() or None
        for name in fields.LABELS
        if name not in CHECKS
    }
    typed |= {name: name in request.form for name in CHECKS}
    typed["urgency"] = typed["urgency"] or "normal"
    whole = fields.Typed.model_validate(typed)
    shown = _shown(ticket)
    mine = {name: getattr(whole, name) for name in fields.LABELS}
    mine = {name: value for name, value in mine.items() if value != getattr(shown, name)}
    meanwhile = fields.changed(ticket, shown)
    if any(fields.read(ticket, name) != mine[name] for name in meanwhile.keys() & mine.keys()):
        raise Stale
    return fields.Typed.model_validate(mine)


def _shown(ticket: Ticket) -> fields.Typed:
    """What the page had shown when it was opened; by default what stands there now."""
    given = request.form.get("shown")
    return (
        fields.Typed.model_validate_json(given)
        if given
        else fields.Typed.model_validate(fields.as_json(ticket))
    )


def _page(ticket: Ticket, missing: dict[str, str]) -> str:
    return render_template(
        "tickets/edit.html",
        ticket=ticket,
        value=fields.as_json(ticket),
        shown=fields.Typed.model_validate(fields.as_json(ticket)).model_dump_json(),
        missing=missing,
        labels=fields.LABELS,
        required=fields.REQUIRED[ticket.kind],
        choices=search.choices(),
        urgencies=wording.URGENCIES,
        **AT_SUBMIT,
        given=request.form,
        others=lifecycle.open_of(ticket.person_id, besides=ticket.id),
    )
