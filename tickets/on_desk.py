"""The draft as its agent's desk reads it, and whose it is."""

from typing import Any

from flask import abort, url_for

from infra.db import session
from infra.log import bind
from models import Call, Ticket, TicketState
from staff.access import current_staff
from tickets import chasing, fields, lifecycle, likeness, search, sms, telling
from tickets.begun import is_begun
from web.languages import _, named


def own_call(call_id: int) -> Call:
    call = session.get(Call, call_id)
    if call is None:
        abort(404, _("没有这通电话"))
    bind(call=call_id)
    if call.agent_id != current_staff().id:
        abort(403, _("只能填写自己接听的通话的工单"))
    return call


def as_json(ticket: Ticket) -> dict[str, Any]:
    others = lifecycle.open_of(ticket.person_id, besides=ticket.id)
    same = chasing.same_matter(ticket, current_staff()) if ticket.is_draft else None
    return {
        "id": ticket.id,
        "call": ticket.call_id,
        "state": ticket.state,
        "number": ticket.number,
        "begun": is_begun(ticket),
        "query_code": None,
        "texted": lifecycle.may_be_texted(ticket),
        "spared": telling.concerns_a_minor(ticket),
        "landline": ticket.person is not None and not sms.reaches(ticket.person),
        "fields": fields.as_json(ticket),
        "origins": ticket.origins,
        "required": fields.REQUIRED[ticket.kind],
        "labels": {field: str(label) for field, label in fields.LABELS.items()},
        # The same matter may be on its way already: urge or add to it rather than open another.
        "open_tickets": [_hint(other) | _to_urge(other, same) for other in others],
        # Which of them it was.
        "chased": _chased(ticket),
        # So it may be when somebody else has told of it.
        "same_place": [_hint(one) for one in likeness.in_same_place(ticket)]
        if ticket.is_draft
        else [],
    }


def _hint(ticket: Ticket) -> dict[str, Any]:
    may_read = search.may_read(ticket, current_staff())
    return {
        "number": ticket.number,
        "summary": _("保密工单") if ticket.confidential else ticket.summary,
        # Whoever may not read it learns nothing of its matter.
        "topic": named(ticket.topic) if ticket.topic and may_read else None,
        "submitted_at": ticket.submitted_at.isoformat() if ticket.submitted_at else None,
        "url": url_for("tickets.show", number=ticket.number),
    }


def _to_urge(ticket: Ticket, same: Ticket | None) -> dict[str, Any]:
    return {"may_urge": chasing.may(ticket, current_staff()), "same": ticket is same}


def _chased(draft: Ticket) -> dict[str, Any] | None:
    call = session.get(Call, draft.call_id) if draft.state is TicketState.VOID else None
    found = chasing.of_call(call) if call is not None else []
    return _hint(found[-1]) if found else None
