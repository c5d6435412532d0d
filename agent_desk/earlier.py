"""What a desk shows of the calls before this one."""

from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from assist import advice
from assist.alarm import DANGER_TOLD_FOR
from infra.clock import now
from infra.db import session
from models import Call, Person
from queues import limiting, protecting
from tickets import lifecycle
from web.languages import _, language

Json = dict[str, Any]
LAST_CALLS = 5


def calls(call: Call) -> list[Json]:
    """Those of the same citizen, the newest first."""
    if call.person_id is None:
        return []
    found = session.scalars(
        select(Call)
        .where(Call.person_id == call.person_id, Call.id != call.id)
        .options(joinedload(Call.line))
        .order_by(Call.id.desc())
        .limit(LAST_CALLS)
    )
    return [listed(one) for one in found]


def tickets(person: Person | None) -> list[Json]:
    """Those of his that are open."""
    if person is None:
        return []
    return [
        {
            "number": ticket.number,
            "summary": _("保密工单") if ticket.confidential else ticket.summary,
            "submitted_at": _moment(ticket.submitted_at),
            "due_at": _moment(ticket.due_at),
            "url": url_for("tickets.show", number=ticket.number),
        }
        for ticket in lifecycle.open_of(person.id, besides=None)
    ]


def danger(call: Call) -> Json | None:
    """What he told of danger not long ago, in whatever call: he may not say it twice."""
    if call.person_id is None or call.emergency is not None:
        return None
    told = session.scalar(
        select(Call)
        .where(
            Call.person_id == call.person_id,
            Call.id != call.id,
            Call.emergency.is_not(None),
            Call.started_at >= call.started_at - DANGER_TOLD_FOR,
        )
        .order_by(Call.id.desc())
        .limit(1)
    )
    return (
        {"at": told.started_at.isoformat(), "words": advice.shown(told.emergency)} if told else None
    )


def limitation(call: Call) -> Json | None:
    """What his number is limited by as he speaks."""
    found = limiting.of_person(call.person_id, now()) if call.person_id is not None else None
    if found is None or found.expires_at is None:
        return None
    return {"kind": _(found.kind.label), "until": found.expires_at.isoformat()}


def risk(call: Call) -> Json | None:
    """What his agent has judged of a minor's call."""
    one = protecting.of_call(call)
    if one is None:
        return None
    due, noticed = one.notice_due_at.isoformat(), one.noticed_at is not None
    told = {"level": one.level, "label": _(one.level.label), "risks": one.risks}
    return told | {"due": due, "noticed": noticed}


def listed(call: Call) -> Json:
    return {
        "emergency": advice.shown(call.emergency),
        "id": call.id,
        "at": call.started_at.isoformat(),
        "number": call.number_masked,
        "direction": call.direction,
        "line": call.line.name_in(language()) if call.line else None,
        "disposition": call.disposition,
        "url": url_for("replay.replay", call_id=call.id),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
