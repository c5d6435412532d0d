"""What the clock finds undone: calls without a record, drafts and messages that wait."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from assist import llm
from infra.clock import now
from infra.db import session, transaction
from models import Call, CallStatus, Direction, TextMessage, TextState
from tickets import completion, lifecycle, writing
from tickets.jobs import complete_from_call, write_draft
from tickets.messages import send

AT_ONCE = 100
# The agent's own time for the ticket, wrap-up and a little more.
AGENTS_TURN = timedelta(seconds=120)
ASK_AGAIN = timedelta(minutes=10)
# A fresh message is sent by its own job.
JOBS_TURN = timedelta(seconds=10)


def run() -> None:
    """Safe to run twice."""
    with transaction():
        _look_after_calls()
    with transaction():
        _write_drafts()
    with transaction():
        _send_waiting()


def _look_after_calls() -> None:
    """However long ago a call ended, and whatever was lost meanwhile: its row says what is owed."""
    at = now()
    owing = session.scalars(
        select(Call)
        .where(Call.status == CallStatus.ENDED, Call.ticket_due_at <= at)
        .order_by(Call.ticket_due_at)
        .limit(AT_ONCE)
    ).all()
    for call in owing:
        call.ticket_due_at = _seen_to(call, at)


def _seen_to(call: Call, at: datetime) -> datetime | None:
    """When to look again; None when nothing is owed any more."""
    if call.direction is Direction.OUT:
        return None
    completion.remember_missed(call)
    if call.answered_at is None or call.ended_at is None:
        return None
    if at < call.ended_at + AGENTS_TURN:
        return call.ended_at + AGENTS_TURN
    draft = lifecycle.draft(call)
    if not draft.is_draft or draft.completed_at is not None:
        return None
    complete_from_call.later(call.id)
    return at + ASK_AGAIN


def _write_drafts() -> None:
    if llm.connected(current_app.config["SETTINGS"]):
        for call_id in writing.unwritten(ASK_AGAIN, AT_ONCE):
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
