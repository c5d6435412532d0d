"""From a notice to its unit's duty phones and endpoints, once: rows first, jobs ride on them.

Who writes a notice knows nothing of this; the clock finds what was not handed on yet, so that no
notice is lost whoever dies in between."""

import json
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from channels.outgoing.deliveries import send
from channels.outgoing.wording import about, text_of
from infra.clock import now
from infra.db import session
from models import About, Assignment, Delivery, DutyPhone, Endpoint, Notice
from tickets import quiet
from tickets.messages import queue_text_to

AT_ONCE = 200


def spread_due() -> int:
    """Hand on what was written since; returns how many notices that were."""
    waiting = session.scalars(
        select(Notice)
        .where(Notice.spread_at.is_(None))
        .order_by(Notice.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for notice in waiting:
        _spread(notice)
        notice.spread_at = now()
    return len(waiting)


def put(endpoint: Endpoint, kind: str, told: dict[str, Any], notice: Notice | None = None) -> None:
    """Write a delivery: the body is made once, so that every attempt says the same."""
    at = now()
    written = session.scalar(
        insert(Delivery)
        .values(
            notice_id=notice.id if notice else None,
            endpoint_id=endpoint.id,
            message_id=f"msg_{uuid4().hex}",
            type=kind,
            body=json.dumps(
                {"type": kind, "timestamp": at.isoformat(), "data": told}, ensure_ascii=False
            ),
            next_at=at,
            created_at=at,
        )
        .on_conflict_do_nothing(index_elements=["notice_id", "endpoint_id"])
        .returning(Delivery.id)
    )
    if written is not None:
        send.later(written)


def _spread(notice: Notice) -> None:
    wanted = About.LATENESS if notice.for_leader else about(notice.name)
    assignment = _assignment(notice)
    for phone in session.scalars(
        select(DutyPhone).where(
            DutyPhone.unit_id == notice.unit_id, DutyPhone.wants.contains([wanted])
        )
    ):
        body = text_of(notice, assignment)
        key = f"notice:{notice.id}:phone:{phone.id}"
        queue_text_to(phone, body, key=key, can_wait=quiet.can_wait(notice.ticket))
    for endpoint in session.scalars(
        select(Endpoint).where(
            Endpoint.unit_id == notice.unit_id,
            Endpoint.active,
            Endpoint.wants.contains([wanted]),
        )
    ):
        put(endpoint, f"ticket.{notice.name}", _told(notice, assignment), notice)


def _assignment(notice: Notice) -> Assignment | None:
    """The unit's newest part in the ticket; a copy for a superior is about none of its own."""
    return session.scalar(
        select(Assignment)
        .where(Assignment.ticket_id == notice.ticket_id, Assignment.unit_id == notice.unit_id)
        .order_by(Assignment.id.desc())
        .limit(1)
    )


def _told(notice: Notice, assignment: Assignment | None) -> dict[str, Any]:
    """Codes and dates: what concerns a person is read through the interface, with a key."""
    return {
        "notice": notice.id,
        "ticket": notice.ticket.number,
        "unit": notice.unit.code,
        "assignment": assignment.id if assignment else None,
        "for_leader": notice.for_leader,
        "due_at": assignment.due_at.isoformat() if assignment and assignment.due_at else None,
        **notice.detail,
    }
