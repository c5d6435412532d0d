"""What the clock finds undone: calls without a record, drafts and messages that wait."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import and_, exists, or_, select

from assist import llm
from infra.clock import now
from infra.db import session, transaction
from models import (
    Call,
    CallStatus,
    Direction,
    MissedContact,
    TextMessage,
    TextState,
    Ticket,
    TicketState,
)
from tickets import completion, lifecycle, writing
from tickets.jobs import complete_from_call, write_draft
from tickets.messages import send

AT_ONCE = 100
LOOK_BACK = timedelta(days=2)
# The agent's own time for the ticket, wrap-up and a little more.
AGENTS_TURN = timedelta(seconds=120)
ASK_AGAIN = timedelta(minutes=10)
# A fresh message is sent by its own job.
JOBS_TURN = timedelta(seconds=10)


def run() -> None:
    """Safe to run twice."""
    with transaction():
        _remember_missed()
    with transaction():
        _complete_drafts()
    with transaction():
        _write_drafts()
    with transaction():
        _send_waiting()


def _remember_missed() -> None:
    for call in session.scalars(
        select(Call)
        .where(
            Call.status == CallStatus.ENDED,
            Call.started_at > now() - LOOK_BACK,
            Call.direction == Direction.IN,
            Call.disposition.in_(completion.MISSED),
            ~exists().where(MissedContact.call_id == Call.id),
        )
        .order_by(Call.id)
        .limit(AT_ONCE)
    ).all():
        completion.remember_missed(call)


def _complete_drafts() -> None:
    at = now()
    unwritten = session.scalars(
        select(Call)
        .outerjoin(Ticket, Ticket.call_id == Call.id)
        .where(
            Call.status == CallStatus.ENDED,
            Call.answered_at.is_not(None),
            Call.direction == Direction.IN,
            Call.started_at > at - LOOK_BACK,
            Call.ended_at <= at - AGENTS_TURN,
            or_(
                Ticket.id.is_(None),
                and_(
                    Ticket.state == TicketState.DRAFT,
                    Ticket.completed_at.is_(None),
                    or_(Ticket.asked_at.is_(None), Ticket.asked_at <= at - ASK_AGAIN),
                ),
            ),
        )
        .order_by(Call.id)
        .limit(AT_ONCE)
    ).all()
    for call in unwritten:
        lifecycle.draft(call).asked_at = at
        complete_from_call.later(call.id)


def _write_drafts() -> None:
    if llm.connected(current_app.config["SETTINGS"]):
        for call_id in writing.unwritten(LOOK_BACK, ASK_AGAIN, AT_ONCE):
            write_draft.later(call_id)


def _send_waiting() -> None:
    due = session.scalars(
        select(TextMessage.id)
        .where(
            TextMessage.state == TextState.PENDING,
            TextMessage.next_at <= now() - JOBS_TURN,
        )
        .order_by(TextMessage.next_at)
        .limit(AT_ONCE)
    )
    for message_id in due:
        send.later(message_id)
