"""What becomes of callbacks from second to second: in line, held back, tried, given up.

Each row is looked at under the routing lock and moved together with the call that stands for it, so
whatever a process did not come to is done by the next pass, once.  The call is locked before its
callback, as by whoever reports that two have joined, without the routing lock."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select

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
from queues import callbacks, kept, last_in_line, offers, ringable, talk, waiting
from queues.journal import note
from queues.limiting import of_person
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
    busy = or_(ringable.on_the_line(), ringable.being_rung())
    _each(CallbackState.DIALLING, _settle)
    _each(CallbackState.IN_LINE, _put_off, or_(~_stands(), busy))
    _each(CallbackState.IN_LINE, _put_off, _asleep())
    _each(CallbackState.SCHEDULED, _line_up, and_(Callback.due_at <= now(), ~busy))
    apart.each(_left_over(), _dismiss)


def picked_up(attempt_id: int, leg: str) -> Call | None:
    """The citizen answers: the call that he is in from now on.  A repeat answers alike; None where
    nobody is there for him any more.  The caller holds the routing lock."""
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


def lock(callback_id: int) -> Callback:
    """Its call first.  Raises NoResultFound."""
    session.flush()  # what was changed in this transaction must survive the reading
    _lock_call(Call.callback_id == callback_id)
    return session.get_one(Callback, callback_id, with_for_update=True, populate_existing=True)


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
    his = select(Callback.id).where(
        Callback.open_ones(),
        Callback.line_id == call.line_id,
        kept.of_citizen(call.person_id or 0),
    )
    done = 0
    for callback_id in session.scalars(his.order_by(Callback.id)).all():
        callback = lock(callback_id)
        if callback.open:
            back = callbacks.call_of(callback)
            if back is not None and back.unrung:
                callbacks.stop_ringing(back, callback)
                talk.end(back)
            callback.move_to(CallbackState.CANCELLED, now())
            note(call, "callback_withdrawn", callback=callback.id)
            done += 1
    callbacks.tell()
    return done


def _each(
    state: CallbackState, act: Callable[[Callback], None], which: ColumnElement[bool] | None = None
) -> None:
    """What a report that holds no routing lock has moved meanwhile is left as it is."""
    found = select(Callback.id).where(Callback.state == state)
    if which is not None:
        found = found.where(which)
    ordered = found.order_by(Callback.due_at, Callback.id).limit(AT_ONCE)

    def act_on(callback_id: int) -> None:
        callback = lock(callback_id)
        if callback.state is state:
            act(callback)

    apart.each(session.scalars(ordered).all(), act_on)


def _lock_call(which: ColumnElement[bool]) -> Call | None:
    return session.scalar(
        select(Call)
        .where(which, Call.direction == Direction.BACK, Call.status != CallStatus.ENDED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _line_up(callback: Callback) -> None:
    """From now on the routing pass offers him by his age; he need not prove that he is there."""
    at = now()
    due = ringable.when(callback.safe_hour, at, _tried(callback))
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
        priority=last_in_line.priority_of(callback, of_person(callback.person_id or 0, at)),
        status=CallStatus.GREETED,
        started_at=at,
    )
    session.add(call)
    session.flush()  # its journal needs the id
    callback.move_to(CallbackState.IN_LINE, at)
    place = waiting.enter(call, callback.line, age_from=callback.age_from)
    place.heard_at = at
    callbacks.tell()


def _asleep() -> ColumnElement[bool]:
    """The quiet hours have begun, or his only hour is over."""
    at = now()
    hours = range(24)
    bad = Callback.safe_hour.in_([hour for hour in hours if ringable.asleep(hour, at)])
    return or_(bad, Callback.safe_hour.is_(None)) if ringable.asleep(None, at) else bad


def _left_over() -> list[int]:
    """Calls in line for whom nobody is to be rung any more: he was spoken to otherwise."""
    return list(
        session.scalars(
            select(Call.id)
            .join(Callback, Callback.id == Call.callback_id)
            .where(
                Call.direction == Direction.BACK,
                Call.status != CallStatus.ENDED,
                Call.sid.startswith(NO_LEG_YET),
                Callback.ended_at.is_not(None),
            )
            .limit(AT_ONCE)
        )
    )


def _dismiss(call_id: int) -> None:
    """His agent is let go, and what rings is hung up; whoever has picked up is served."""
    call = _lock_call(Call.id == call_id)
    if call is not None and call.unrung and not call.over:
        callbacks.stop_ringing(call, session.get_one(Callback, call.callback_id))
        talk.end(call)


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
    newest = select(DialAttempt).where(DialAttempt.dial_id == dial.id)
    attempt = session.scalar(newest.order_by(DialAttempt.id.desc()).limit(1))
    if call is not None and not call.unrung:
        if attempt is not None and attempts.met_machine(attempt):
            # His agent need not wait until it has been told, or is hung up on.
            talk.end(call)
        return
    rings = attempt is not None and attempt.live
    if call is not None and session.scalar(
        select(ringable.on_the_line()).where(Callback.id == callback.id)
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
    callback.due_at = ringable.when(callback.safe_hour, earliest, _tried(callback))
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


def _stands() -> ColumnElement[bool]:
    """There is a call that stands for him."""
    return exists().where(
        Call.callback_id == Callback.id,
        Call.direction == Direction.BACK,
        Call.status != CallStatus.ENDED,
    )
