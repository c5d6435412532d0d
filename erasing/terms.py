"""What has been kept for as long as it may be: erased each night, with a certificate of its own.

One part is one transaction; what is done is found no more, so that the next part, or the next night
after a death in the middle, goes on with the rest.  What is held stays."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import delete, select

from erasing import blanking, reach, sounds
from erasing.carrying_out import erase, lock_holds
from erasing.reach import Reach
from infra.clock import now
from infra.db import session, transaction
from infra.localtime import local
from models import (
    AuditEntry,
    Call,
    CallStatus,
    Dial,
    Erasure,
    ErasureBasis,
    ErasureScope,
    ErasureState,
    Recording,
    RecordingState,
    TextMessage,
    Ticket,
)
from models.lifecycle import FINAL
from staff import norms

# From two in the morning, when least is going on.
BEGINS = 2
A_PART = 200
PARTS = 500
Part = Callable[[Erasure], int]


def sweep() -> None:
    """By the clock, once a night; a night that was missed is made up for by the next."""
    today = local(now())
    if today.hour < BEGINS:
        return
    erasure_id = _of_the_night(today.date())
    if erasure_id is None:
        return
    for part in (_recordings, _calls, _dials, _texts, _tickets, _audit_log):
        for _again in range(PARTS):
            with transaction():
                if _do(part, erasure_id) < A_PART:
                    break
    with transaction():
        session.get_one(Erasure, erasure_id).erased_at = now()


def _of_the_night(day: date) -> int | None:
    """Begun, or gone on with; None when it is done."""
    with transaction():
        known = session.scalar(select(Erasure).where(Erasure.day == day))
        if known is None:
            known = Erasure(
                scope=ErasureScope.TERM,
                basis=ErasureBasis.TERM,
                state=ErasureState.APPROVED,
                day=day,
                asked_at=now(),
            )
            session.add(known)
            session.flush()  # its id is given back
        return known.id if known.erased_at is None else None


def _do(part: Part, erasure_id: int) -> int:
    lock_holds()
    return part(session.get_one(Erasure, erasure_id, with_for_update=True))


def _recordings(erasure: Erasure) -> int:
    rows = session.scalars(
        select(Recording)
        .join(Recording.call, isouter=True)
        .where(
            Recording.started_at <= _before("keep_recordings"),
            Recording.state != RecordingState.ERASED,
            Recording.call_id.is_(None) | ~reach.call_is_held(),
        )
        .order_by(Recording.started_at)
        .limit(A_PART)
        .with_for_update(of=Recording)
    ).all()
    for one in rows:
        sounds.erase_one(one, erasure)
    _count(erasure, recording=len(rows))
    return len(rows)


def _calls(erasure: Erasure) -> int:
    """What was said, and who called; the recording has a term of its own."""
    kept = (
        Call.started_at <= _before("keep_transcripts"),
        Call.erased_at.is_(None),
        Call.status == CallStatus.ENDED,
        ~reach.call_is_held(),
    )
    found = Reach(calls=_some(select(Call.id).where(*kept).order_by(Call.started_at)))
    _count(erasure, **blanking.blank(blanking.WORDS_OF_CALLS + blanking.NUMBERS, found))
    blanking.unlink(found)
    return len(found.calls)


def _dials(erasure: Erasure) -> int:
    kept = (
        Dial.created_at <= _before("keep_transcripts"),
        Dial.number_fingerprint != "",
        Dial.ended_at.is_not(None),
        ~reach.person_is_held(Dial.person_id),
    )
    ids = _some(select(Dial.id).where(*kept).order_by(Dial.created_at))
    _count(erasure, **blanking.blank_dials(ids))
    return len(ids)


def _texts(erasure: Erasure) -> int:
    kept = (TextMessage.created_at <= _before("keep_texts"), TextMessage.erased_at.is_(None))
    held = select(Ticket.id).where(Ticket.id == TextMessage.ticket_id, reach.ticket_is_held())
    ids = _some(
        select(TextMessage.id)
        .where(*kept, ~held.exists(), ~reach.person_is_held(TextMessage.person_id))
        .order_by(TextMessage.created_at)
    )
    _count(erasure, text_message=blanking.blank_texts(ids))
    return len(ids)


def _tickets(erasure: Erasure) -> int:
    kept = (
        Ticket.closed_at <= _before("keep_tickets"),
        Ticket.erased_at.is_(None),
        Ticket.state.in_(FINAL),
        ~reach.ticket_is_held(),
    )
    ids = _some(select(Ticket.id).where(*kept).order_by(Ticket.closed_at))
    if ids:
        erase(Reach(tickets=ids), erasure)
    return len(ids)


def _audit_log(erasure: Erasure) -> int:
    old = (
        select(AuditEntry.id)
        .where(AuditEntry.at <= _before("keep_audit"))
        .order_by(AuditEntry.at)
        .limit(A_PART)
    )
    gone = delete(AuditEntry).where(AuditEntry.id.in_(old)).returning(AuditEntry.id)
    count = len(session.scalars(gone).all())
    _count(erasure, audit_entry=count)
    return count


def _before(norm: str) -> datetime:
    return now() - norms.span(norm)


def _some(query: object) -> frozenset[int]:
    return frozenset(session.scalars(query.limit(A_PART)))  # type: ignore[attr-defined]


def _count(erasure: Erasure, **more: int) -> None:
    counts = dict(erasure.counts)
    for table, count in more.items():
        if count:
            counts[table] = counts.get(table, 0) + count
    erasure.counts = counts
