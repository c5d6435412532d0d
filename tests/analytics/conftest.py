"""Units, and tickets in their hands at any moment of the past."""

from datetime import datetime, timedelta
from itertools import count

import pytest

from infra.db import session
from models import Assignment, AssignmentState, Kind, Round, Ticket, TicketState, Unit, UnitKind

S = AssignmentState
NUMBERS = count(1)
HOUR = timedelta(hours=1)


@pytest.fixture
def units(app) -> list[Unit]:
    rows = [
        Unit(code=f"u{n}", name=f"单位{n}", kind=kind)
        for n, kind in enumerate((UnitKind.BUREAU, UnitKind.BUREAU, UnitKind.DISTRICT))
    ]
    session.add_all(rows)
    session.flush()
    return rows


def a_ticket(at: datetime, state: TicketState = TicketState.DISPATCHED, **known: object) -> Ticket:
    given = {
        "number": f"N{next(NUMBERS)}",
        "query_code": "1",
        "query_code_hash": "1",
        "kind": Kind.HELP,
        "summary": "路灯不亮",
        "created_at": at,
        "submitted_at": at,
        "dispatched_at": at,
        "state": state,
        **known,
    }
    if state in (TicketState.CLOSED, TicketState.ARCHIVED):
        given.setdefault("closed_at", at)
    ticket = Ticket(**given)
    session.add(ticket)
    session.flush()
    return ticket


def an_assignment(
    unit: Unit, at: datetime, state: S = S.PENDING_SIGN, *, ticket: Ticket | None = None, **known
) -> Assignment:
    ticket = ticket or a_ticket(at, unit_id=unit.id)
    opened = session.query(Round).filter_by(ticket_id=ticket.id, closed_at=None).first()
    if opened is None:
        opened = Round(ticket_id=ticket.id, number=1, opened_at=at)
        session.add(opened)
        session.flush()
    ended = {S.ACCEPTED, S.RETURNED, S.RECALLED}
    given = {
        "ticket_id": ticket.id,
        "round_id": opened.id,
        "unit_id": unit.id,
        "state": state,
        "dispatched_at": at,
        "sign_due_at": at + HOUR,
        "respond_due_at": at + 2 * HOUR,
        "due_at": at + 10 * HOUR,
        "due_at_original": at + 10 * HOUR,
        "ended_at": at + 9 * HOUR if state in ended else None,
        "accepted_at": at + 9 * HOUR if state is S.ACCEPTED else None,
        **known,
    }
    one = Assignment(**given)
    session.add(one)
    session.flush()
    return one
