"""Deliveries: rows that are sent until they are taken or given up.

A row is claimed before it is sent, and what nobody saw the end of is sent again with the same id,
by which the receiver knows what it has had."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import delete, or_, select, update

from channels.outgoing import sending
from infra.clock import now
from infra.db import session, transaction
from infra.jobs import job
from infra.log import bind
from models import Delivery, DeliveryState, Endpoint

log = structlog.get_logger(__name__)

# After the first, second … failure; then always the last.
PAUSES = [timedelta(seconds=s) for s in (10, 60, 300, 1800, 3600)]
# An endpoint that fails rests as a whole, so that one that is down holds up no worker.
RESTS = [timedelta(seconds=s) for s in (10, 30, 60, 300, 600)]
GIVEN_UP_AFTER = timedelta(days=3)
# A claim outlives the slowest sending; then the row is anybody's again.
CLAIM = timedelta(seconds=60)
JOB_TIMEOUT = 30
KEPT_FOR = timedelta(days=30)
AT_ONCE = 100
# A fresh delivery is sent by its own job.
JOBS_TURN = timedelta(seconds=5)


@dataclass(frozen=True)
class Claimed:
    url: str
    message_id: str
    body: bytes
    signers: list[str]


@job(queue="webhooks", timeout=JOB_TIMEOUT)
def send(delivery_id: int) -> None:
    """Send one; what fails is tried again by the sweep, more and more slowly."""
    bind(delivery=delivery_id)
    with transaction():
        claimed = _claim(delivery_id)
    if claimed is None:
        return
    try:
        status = sending.post(
            claimed.url,
            claimed.message_id,
            claimed.body,
            claimed.signers,
            now(),
            current_app.config["SETTINGS"],
        )
    except sending.NotTaken as error:
        log.warning("a webhook was not taken", error=str(error))
        with transaction():
            _fail(delivery_id, error)
        return
    with transaction():
        _sent(delivery_id, status)


def replay(delivery: Delivery) -> None:
    """Once more, from the beginning, with the same id; what is on its way already is hurried."""
    delivery.state, delivery.sent_at = DeliveryState.PENDING, None
    delivery.attempts, delivery.next_at = 0, now()
    send.later(delivery.id)


def replay_since(endpoint: Endpoint, since: datetime) -> int:
    """Everything that was made for this endpoint since then; returns how many that are.

    The sweep takes them up, so that thousands do not crowd out what is new."""
    again = session.execute(
        update(Delivery)
        .where(Delivery.endpoint_id == endpoint.id, Delivery.created_at >= since)
        .values(state=DeliveryState.PENDING, sent_at=None, attempts=0, next_at=now())
        .returning(Delivery.id)
    ).all()
    return len(again)


def send_waiting() -> None:
    """What is due and no job has taken."""
    at = now()
    due = session.scalars(
        select(Delivery.id)
        .join(Delivery.endpoint)
        .where(
            Delivery.state == DeliveryState.PENDING,
            Delivery.next_at <= at - JOBS_TURN,
            Endpoint.active,
            or_(Endpoint.rests_until.is_(None), Endpoint.rests_until <= at),
        )
        .order_by(Delivery.next_at)
        .limit(AT_ONCE)
    )
    for delivery_id in due:
        send.later(delivery_id)


def forget_old() -> None:
    """What was taken or given up long ago; the notices themselves stay."""
    old = (
        select(Delivery.id)
        .where(Delivery.created_at < now() - KEPT_FOR, Delivery.state != DeliveryState.PENDING)
        .limit(1000)
    )
    session.execute(delete(Delivery).where(Delivery.id.in_(old)))


def _claim(delivery_id: int) -> Claimed | None:
    """Count the attempt and put off the next one, so that two workers do not both send."""
    at = now()
    taken = session.execute(
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.state == DeliveryState.PENDING,
            Delivery.next_at <= at,
            Delivery.endpoint_id == Endpoint.id,
            Endpoint.active,
            or_(Endpoint.rests_until.is_(None), Endpoint.rests_until <= at),
        )
        .values(attempts=Delivery.attempts + 1, next_at=at + CLAIM)
        .returning(Delivery.endpoint_id, Delivery.message_id, Delivery.body)
    ).first()
    if taken is None:
        return None
    endpoint = session.get_one(Endpoint, taken.endpoint_id)
    return Claimed(endpoint.url, taken.message_id, taken.body.encode(), _signers(endpoint, at))


def _signers(endpoint: Endpoint, at: datetime) -> list[str]:
    old, until = endpoint.old_secret, endpoint.old_secret_until
    return [endpoint.secret, *([old] if old and until and until > at else [])]


def _sent(delivery_id: int, status: int) -> None:
    delivery, at = _locked(delivery_id), now()
    delivery.state, delivery.sent_at = DeliveryState.SENT, at
    delivery.status, delivery.error = status, None
    endpoint = delivery.endpoint
    endpoint.failures, endpoint.rests_until, endpoint.answered_at = 0, None, at


def _fail(delivery_id: int, error: sending.NotTaken) -> None:
    delivery, at = _locked(delivery_id), now()
    endpoint = delivery.endpoint
    delivery.status, delivery.error = error.status, str(error)[:500]
    delivery.next_at = at + _nth(PAUSES, delivery.attempts)
    if error.permanent or at - delivery.created_at > GIVEN_UP_AFTER:
        delivery.state = DeliveryState.FAILED
    if error.status == sending.GONE:
        endpoint.active = False
    endpoint.failures += 1
    endpoint.rests_until = at + _nth(RESTS, endpoint.failures)


def _locked(delivery_id: int) -> Delivery:
    """With its endpoint: several workers may have news of one endpoint at once."""
    delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
    session.get_one(Endpoint, delivery.endpoint_id, with_for_update=True, populate_existing=True)
    return delivery


def _nth(pauses: list[timedelta], failures: int) -> timedelta:
    return pauses[min(max(failures, 1), len(pauses)) - 1]
