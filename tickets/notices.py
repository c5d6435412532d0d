"""Telling units and staff: rows of an outbox, each key once, whatever is repeated."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Assignment, Notice, NoticeState, Ticket, Unit, Way


def tell_unit(
    assignment: Assignment,
    name: str,
    *,
    ways: Iterable[Way] = (Way.PAGE, Way.WEBHOOK),
    **detail: Any,
) -> None:
    """One thing about one assignment, told to its unit once by each way."""
    key = f"assignment:{assignment.id}:{name}"
    for way in ways:
        _write(key, way, name, assignment.ticket_id, assignment.unit_id, detail)


def tell_about(ticket: Ticket, unit: Unit, name: str, key: str, **detail: Any) -> None:
    """Something about a ticket that a unit must know beyond its own assignment."""
    for way in (Way.PAGE, Way.WEBHOOK):
        _write(key, way, name, ticket.id, unit.id, detail)


def tell_leads(assignment: Assignment, name: str) -> None:
    """Whoever leads a shift now sees it at once; it stands in the ticket's history besides."""
    publish("floor", "assignment-late", ticket=assignment.ticket_id, late=name)


def _write(
    key: str, way: Way, name: str, ticket_id: int, unit_id: int, detail: dict[str, Any]
) -> None:
    at = now()
    # What stands in a page is there as soon as it is written; the others must be carried.
    state = NoticeState.SENT if way is Way.PAGE else NoticeState.PENDING
    written = session.scalar(
        insert(Notice)
        .values(
            key=f"{key}:{way}",
            way=way,
            name=name,
            ticket_id=ticket_id,
            unit_id=unit_id,
            detail=detail,
            created_at=at,
            next_at=at,
            state=state,
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Notice.id)
    )
    if written is not None and way is Way.PAGE:
        publish(f"unit:{unit_id}", "notice", ticket=ticket_id)
