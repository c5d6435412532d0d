"""What becomes of callbacks from second to second: in line, held back, tried, given up.

Each row is looked at under the routing lock and moved together with the call that stands for it, so
whatever a process did not come to is done by the next pass, once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from infra import apart
from infra.clock import now
from infra.db import session
from models import (
    AttemptResult,
    Call,
    Callback,
    CallbackState,
    CallStatus,
    Dial,
    DialAttempt,
    DialPurpose,
    DialState,
    Direction,
    Seat,
    StaffMember,
)
from models.call import NO_LEG_YET, new_key
from queues import callbacks, keeping, kept, offers, talk, waiting
from queues.journal import note
from telephony import attempts
from telephony.windows import rules
from web.languages import _
from web.refusals import Refused

AT_ONCE = 50
LONGEST_REASON = 200
# Whose attempts count for the gap between two and for how many a day.
LOOK_BACK = timedelta(days=2)
# Nobody's telephone has rung by these.
NO_ATTEMPT = (None, AttemptResult.NOT_PLACED, AttemptResult.CANCELLED)


def move_due() -> None:
    """The caller holds the routing lock, and lets the pass run afterwards."""
    at = now()
    _each(Callback.state == CallbackState.DIALLING, _settle)
    _each(and_(Callback.state == CallbackState.IN_LINE, _astray()), _put_off)
    _each(Callback.state == CallbackState.IN_LINE, _leave_to_sleep)
    due = and_(Callback.state == CallbackState.SCHEDULED, Callback.due_at <= at)
    _each(and_(due, ~_on_the_line()), _line_up)


def picked_up(attempt_id: int, leg: str) -> Call | None:
    """The citizen answers: the call that he is in from now on.  A repeat answers alike; None where
    nobody is there for him any more."""
    attempt = attempts.picked_up(attempt_id, leg)
    if attempt is None:
        return None
    callback = session.scalar(select(Callback).where(Callback.dial_id == attempt.dial_id))
    call = callbacks.call_of(callback) if callback is not None else None
    if call is None or call.sid == leg:
        return call
    if not call.unrung:
        return None
    call.sid = leg
    if call.status is CallStatus.CONNECTING:
        # He hears who rings and that it is recorded first: so long nobody looks for him in there.
        call.connecting_since = now() + callbacks.GREETED_FOR
    note(call, "picked_up")
    return call


def let_go(call: Call) -> bool:
    """The agent does not wait for whom he has rung for him: that is no attempt.  False where the
    citizen is there already, or it is no callback."""
    callback = callbacks.of_call(call)
    if callback is None or not call.unrung or callback.state is not CallbackState.DIALLING:
        return False
    seat = session.get_one(Seat, call.agent_id)
    _part(call, callback)
    seat.resting_until = now() + offers.REST_AFTER_MISS
    return True


def cancel(callback: Callback, *, by: StaffMember, because: str) -> None:
    """A lead takes it back, with a reason; the caller holds the routing lock.  Raises Refused."""
    reason = because.strip()[:LONGEST_REASON]
    if not reason:
        raise Refused(_("请填写取消原因"))
    if not callback.open:
        raise Refused(_("这条回呼已经结束，不能取消"))
    if callback.state is CallbackState.DIALLING:
        raise Refused(_("座席正在回呼，请等这次呼叫结束后再取消"))
    callback.move_to(CallbackState.CANCELLED, now())
    callback.cancelled_by_id, callback.because = by.id, reason
    _end_call(callback)
    callbacks.tell()


def withdraw(call: Call) -> int:
    """The citizen wants to be rung no more, about the line that he waits for; how many it were."""
    his = select(Callback).where(
        Callback.open_ones(),
        Callback.state != CallbackState.DIALLING,
        Callback.line_id == call.line_id,
        kept.of_citizen(call.person_id or 0),
    )
    found = session.scalars(his.with_for_update()).all()
    for callback in found:
        callback.move_to(CallbackState.CANCELLED, now())
        _end_call(callback)
        note(call, "callback_withdrawn", callback=callback.id)
    callbacks.tell()
    return len(found)


def next_one() -> Callback | None:
    """Whose turn is next, in line or due; the desk shows it."""
    waiting_ones = Callback.state.in_((CallbackState.IN_LINE, CallbackState.SCHEDULED))
    in_line = Callback.state == CallbackState.IN_LINE
    return session.scalar(
        select(Callback)
        .where(waiting_ones)
        .order_by(in_line.desc(), Callback.due_at, Callback.age_from)
        .limit(1)
    )


def open_count() -> int:
    return session.scalar(select(func.count(Callback.id)).where(Callback.open_ones())) or 0


def _each(which: ColumnElement[bool], act: Callable[[Callback], None]) -> None:
    found = session.scalars(
        select(Callback)
        .where(which)
        .order_by(Callback.due_at, Callback.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    apart.each(found, act)


def _line_up(callback: Callback) -> None:
    """From now on the routing pass offers him by his age; he need not prove that he is there."""
    at = now()
    due = keeping.when(callback, at, _tried(callback))
    if due > at:
        callback.due_at = due
        return
    key = new_key()
    call = Call(
        key=key,
        sid=f"{NO_LEG_YET}{key}",
        direction=Direction.BACK,
        callback_id=callback.id,
        person_id=callback.person_id,
        number_masked=callback.number_masked,
        language=callback.language,
        line_id=callback.line_id,
        priority=callback.priority,
        status=CallStatus.GREETED,
        started_at=at,
    )
    session.add(call)
    session.flush()  # its journal needs the id
    callback.move_to(CallbackState.IN_LINE, at)
    place = waiting.enter(call, callback.line, age_from=callback.age_from)
    place.heard_at = at
    callbacks.tell()


def _leave_to_sleep(callback: Callback) -> None:
    """The quiet hours begin while he is in line."""
    at = now()
    if not keeping.may_be_rung(callback, at):
        _put_off(callback)


def _put_off(callback: Callback) -> None:
    call = callbacks.call_of(callback)
    if call is not None and call.status is not CallStatus.WAITING:
        return
    _end_call(callback)
    _schedule(callback, now())


def _settle(callback: Callback) -> None:
    """How the ringing went, once it is over."""
    call, dial = callbacks.call_of(callback), callback.dial
    if dial is None or callback.state is not CallbackState.DIALLING:
        return
    if call is not None and not call.unrung:
        return
    newest = select(DialAttempt).where(DialAttempt.dial_id == dial.id)
    attempt = session.scalar(newest.order_by(DialAttempt.id.desc()).limit(1))
    rings = attempt is not None and attempt.live
    if call is not None and session.scalar(
        select(_on_the_line()).where(Callback.id == callback.id)
    ):
        # He has called himself meanwhile, and is served at his own place.
        _part(call, callback)
    elif not rings and not _to_be_placed(dial):
        if call is not None:
            talk.end(call)
        _after(callback, dial, attempt.result if attempt is not None else None)


def _after(callback: Callback, dial: Dial, result: AttemptResult | None) -> None:
    at = now()
    if result in NO_ATTEMPT and dial.state is not DialState.REFUSED:
        callbacks.end_dial(callback)
        _schedule(callback, at)
        return
    callback.tried += 1
    if dial.state is DialState.REFUSED:
        callbacks.give_up(callback, CallbackState.REFUSED)
    elif callback.tried >= rules(DialPurpose.CALLBACK).attempts:
        callbacks.give_up(callback, CallbackState.EXHAUSTED)
    else:
        if result is AttemptResult.MACHINE:
            callbacks.text(callback, "callback_text", "machine")
        _schedule(callback, at)


def _to_be_placed(dial: Dial) -> bool:
    return dial.open and (dial.not_after is None or now() < dial.not_after)


def _part(call: Call, callback: Callback) -> None:
    """Agent and citizen do not come together this time: he keeps his place."""
    callbacks.stop_ringing(call, callback)
    talk.end(call)
    _schedule(callback, now())


def _schedule(callback: Callback, earliest: datetime) -> None:
    if callback.state is not CallbackState.SCHEDULED:
        callback.move_to(CallbackState.SCHEDULED, earliest)
    callback.due_at = keeping.when(callback, earliest, _tried(callback))
    callbacks.tell()


def _end_call(callback: Callback) -> None:
    call = callbacks.call_of(callback)
    if call is not None:
        talk.end(call)


def _tried(callback: Callback) -> list[datetime]:
    """When his telephone rang for it."""
    session.flush()
    prefix = callbacks.key_of(callback)
    found = session.execute(
        select(DialAttempt.at, DialAttempt.result, Dial.key)
        .join(DialAttempt.dial)
        .where(
            DialAttempt.number_fingerprint == callback.number_fingerprint,
            DialAttempt.at > now() - LOOK_BACK,
        )
    ).all()
    return [at for at, result, key in found if key.startswith(prefix) and result not in NO_ATTEMPT]


def _on_the_line() -> ColumnElement[bool]:
    """He is on the line himself: at his own number, or at the one that he called from."""
    live, asking = aliased(Call), aliased(Call)
    asked_from = select(asking.person_id).where(
        asking.callback_id == Callback.id, asking.direction == Direction.IN
    )
    return exists().where(
        live.status != CallStatus.ENDED,
        live.direction == Direction.IN,
        or_(live.person_id == Callback.person_id, live.person_id.in_(asked_from)),
    )


def _astray() -> ColumnElement[bool]:
    """In line without a call, or with a citizen who waits himself."""
    stands = exists().where(
        Call.callback_id == Callback.id,
        Call.direction == Direction.BACK,
        Call.status != CallStatus.ENDED,
    )
    return or_(~stands, _on_the_line())
