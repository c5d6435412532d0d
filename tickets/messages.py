"""Text messages to citizens and duty phones: rows that are sent until they are sent or given up."""

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session, transaction
from infra.jobs import job
from infra.log import bind
from models import DutyPhone, Person, TextMessage, TextState, Ticket
from telephony.errors import CarrierError
from tickets import quiet, sms, telling

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
ENOUGH_ATTEMPTS = 8


def queue_text(person: Person, body: str, *, key: str, ticket: Ticket | None = None) -> None:
    """Write a message to the outbox; the same key is written once.  Never to a minor's telephone,
    which may be in anybody's hand."""
    if person.minor or (ticket is not None and telling.concerns_a_minor(ticket)):
        return
    _queue(
        key=key,
        person_id=person.id,
        ticket_id=ticket.id if ticket else None,
        number=person.number,
        number_masked=person.number_masked,
        body=body,
    )


def queue_text_to(phone: DutyPhone, body: str, *, key: str, can_wait: bool) -> None:
    """The same for whoever is on duty at a unit; what can wait is not sent in the quiet hours."""
    _queue(
        key=key,
        number=phone.number,
        number_masked=phone.number_masked,
        body=body,
        can_wait=can_wait,
    )


def _queue(**known: Any) -> None:
    at = now()
    written = session.scalar(
        insert(TextMessage)
        .values(next_at=at, created_at=at, **known)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(TextMessage.id)
    )
    if written is not None:
        send.later(written)


@job(queue="messages")
def send(message_id: int) -> None:
    """Hand one message over.  What fails is tried again by the sweep, more and more slowly."""
    bind(message=message_id)
    with transaction():
        taken = None if _put_off(message_id) else _take(message_id)
    if taken is None:
        return
    bind(ticket=taken.ticket_id)
    try:
        sid = sms.deliver(
            taken.number,
            taken.body,
            key=taken.key,
            tried_since=taken.created_at if taken.attempts > 1 else None,
        )
    except CarrierError as error:
        log.warning("a text message was not taken", error=str(error))
        with transaction():
            _fail(message_id, error)
        return
    with transaction():
        message = session.get_one(TextMessage, message_id)
        message.state, message.sid, message.sent_at = TextState.SENT, sid, now()
        message.error = None


def again(message: TextMessage) -> None:
    """A person asks for a message that was given up."""
    if message.state is TextState.FAILED:
        message.state, message.attempts, message.next_at = TextState.PENDING, 0, now()
        send.later(message.id)


def _put_off(message_id: int) -> bool:
    """Looked at when it would leave: hours may have been changed, and an attempt have failed since
    it was written."""
    message, at = session.get(TextMessage, message_id, with_for_update=True), now()
    if message is None or not message.can_wait or message.state is not TextState.PENDING:
        return False
    morning = quiet.over(at)
    if morning > at:
        message.next_at = morning
    return morning > at


def _take(message_id: int) -> Any:
    """Count the attempt and put off the next one, so that two workers do not both send."""
    at = now()
    pause = FIRST_PAUSE * 2
    return session.execute(
        update(TextMessage)
        .where(
            TextMessage.id == message_id,
            TextMessage.state == TextState.PENDING,
            TextMessage.next_at <= at,
        )
        .values(attempts=TextMessage.attempts + 1, next_at=at + pause)
        .returning(
            TextMessage.number,
            TextMessage.body,
            TextMessage.key,
            TextMessage.attempts,
            TextMessage.created_at,
            TextMessage.ticket_id,
        )
    ).first()


def _fail(message_id: int, error: CarrierError) -> None:
    message = session.get_one(TextMessage, message_id, with_for_update=True)
    message.error = str(error)[:500]
    message.next_at = now() + min(LONGEST_PAUSE, FIRST_PAUSE * 2**message.attempts)
    if error.permanent or message.attempts >= ENOUGH_ATTEMPTS:
        message.state = TextState.FAILED
