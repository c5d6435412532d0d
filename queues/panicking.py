"""紧急求助: one key in a talk alarms the leads' floor at once, and after a while all their pages.

It is over when a lead takes it, by a click or by coming into the talk, or with the talk itself.
Who took it, and after how many seconds, is kept."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from assist.alarm import FLOOR
from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Call, CallStatus, Panic, Seat, StaffMember
from queues import outside
from queues.holding import MOVED
from queues.journal import desk_of, note

ESCALATES_AFTER = timedelta(seconds=20)


class NotTalking(Exception):
    """He is in no talk of his own."""

    permanent = False


def press(call: Call, *, by: Seat) -> None:
    """Pressed again while it is open, it stays the same.  Raises NotTalking."""
    if not may(call, by):
        raise NotTalking
    wanted = insert(Panic).values(call_id=call.id, agent_id=by.staff_id, began_at=now())
    made = session.scalar(wanted.on_conflict_do_nothing().returning(Panic.id))
    if made is None:
        return
    note(call, "panic_pressed", agent=by.staff_id)
    publish(FLOOR, "panic", panic=made)
    publish(desk_of(by.staff_id), MOVED, call=call.id)


def may(call: Call, seat: Seat) -> bool:
    """Also where the citizen has hung up, and the talk goes on with 110."""
    talks = call.status is CallStatus.TALKING and call.agent_id == seat.staff_id
    party = None if talks else outside.asked_by(seat)
    return talks or (party is not None and party.call_id == call.id)


def of_call(call: Call) -> Panic | None:
    return session.scalar(select(Panic).where(Panic.call_id == call.id, Panic.open()))


def taken_last(call: Call) -> Panic | None:
    """Who has come, as the agent's desk shows it."""
    last = select(Panic).where(Panic.call_id == call.id).order_by(Panic.id.desc()).limit(1)
    found = session.scalar(last)
    return found if found is not None and found.taken_at is not None else None


def was_pressed(call: Call) -> bool:
    return session.scalar(select(Panic.id).where(Panic.call_id == call.id).limit(1)) is not None


def take(panic: Panic, *, by: StaffMember) -> None:
    """The first counts; the caller holds the call's lock."""
    if panic.ended_at is not None:
        return
    panic.taken_at = panic.ended_at = at = now()
    panic.taken_by_id = by.id
    after = round((at - panic.began_at).total_seconds())
    note(panic.call, "panic_taken", by=by.id, seconds=after)
    _tell(panic)


def concerns(panic: Panic, call: Call) -> bool:
    """Whether it is of the talk that goes on: open, or taken in it, and its agent's still."""
    stands = panic.ended_at is None or panic.taken_at is not None
    return stands and not call.over and call.agent_id == panic.agent_id


def end_of(call: Call) -> None:
    """The talk is over, and nobody has come."""
    panic = of_call(call)
    if panic is not None:
        panic.ended_at = now()
        note(call, "panic_over")
        _tell(panic)


def escalate_due() -> int:
    """Behind the locks of their calls, as everybody who takes or ends one; where one is taken, the
    next second looks again."""
    late = session.scalars(
        select(Panic)
        .join(Panic.call)
        .where(
            Panic.open(), Panic.escalated_at.is_(None), Panic.began_at <= now() - ESCALATES_AFTER
        )
        .order_by(Panic.call_id)
        .with_for_update(of=[Call, Panic], skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    return apart.each(late, _escalate)


def open_ones() -> Sequence[Panic]:
    """The oldest first."""
    seats = joinedload(Panic.agent).joinedload(Seat.staff)
    oldest = select(Panic).where(Panic.open()).order_by(Panic.id)
    return session.scalars(oldest.options(joinedload(Panic.call), seats)).all()


def _escalate(panic: Panic) -> None:
    panic.escalated_at = now()
    note(panic.call, "panic_escalated")
    # Every page of leads and administrators hears of it as of danger.
    publish(FLOOR, "emergency", call=panic.call_id)


def _tell(panic: Panic) -> None:
    publish(desk_of(panic.agent_id), MOVED, call=panic.call_id)
