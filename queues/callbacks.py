"""回呼: a citizen keeps his place and hangs up; an agent is there first, and then he is rung.

The row is the promise.  While it is in line a call without a leg stands for him, which the routing
pass offers like any caller's, by when he began to wait."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from infra.clock import now
from infra.db import session
from infra.events import publish
from models import (
    Call,
    Callback,
    CallbackState,
    DialAttempt,
    DialPurpose,
    DialState,
    Direction,
    Line,
    Person,
    Place,
)
from queues import kept, ringable
from queues.journal import note
from telephony import orders, outbound
from telephony.sentences import tongue
from tickets import messages, sms

# Where the carrier asks what to say; the attempt's id follows.
DOCUMENT = "/voice/callback"
# Tells the pages of callbacks that something moved.
TOPIC, MOVED = "callbacks", "callbacks-moved"
# An agent waits for him.
PRIORITY = 50
RUNG_WITHIN = timedelta(seconds=30)
# What he hears when he picks up, and about how long; a machine is found out meanwhile.
GREETING = "callback"
GREETED_FOR = timedelta(seconds=10)


def of_call(call: Call) -> Callback | None:
    """The callback that this call is one ringing of."""
    if call.direction is not Direction.BACK or call.callback_id is None:
        return None
    return session.get_one(Callback, call.callback_id)


def of_attempt(attempt_id: int) -> Callback | None:
    """The callback for which this ringing is made."""
    return session.scalar(
        select(Callback)
        .join(DialAttempt, DialAttempt.dial_id == Callback.dial_id)
        .where(DialAttempt.id == attempt_id)
    )


def call_of(callback: Callback) -> Call | None:
    """The call that stands for him now; its row is locked."""
    live = Call.callback_id == callback.id, Call.direction == Direction.BACK
    return session.scalar(
        select(Call)
        .where(*live, Call.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def stands(call: Call) -> bool:
    """Whether he may still be rung for it: not whom somebody has spoken to, or speaks with, since
    the desk began to ring, nor anybody whose quiet hours began meanwhile."""
    session.get_one(Call, call.id, with_for_update=True, populate_existing=True)
    callback = session.get_one(
        Callback, call.callback_id, with_for_update=True, populate_existing=True
    )
    return callback.state is CallbackState.IN_LINE and not ringable.now_is_bad_for(callback, now())


def ring(call: Call) -> None:
    """His agent is there: the citizen is rung, once."""
    callback, at = session.get_one(Callback, call.callback_id), now()
    callback.dial = outbound.plan(
        DialPurpose.CALLBACK,
        key=f"{key_of(callback)}{call.id}",
        number=callback.number,
        person=callback.person,
        url=current_app.config["SETTINGS"].public_url + DOCUMENT,
        priority=PRIORITY,
        not_after=at + RUNG_WITHIN,
    )
    callback.move_to(CallbackState.DIALLING, at)
    note(call, "ringing_back", callback=callback.id)
    tell()


def key_of(callback: Callback) -> str:
    """How the keys of its ringings begin."""
    return f"callback:{callback.id}:"


def agent_lost(call: Call) -> None:
    """His agent's line broke off.  Where his telephone rings already he is first in line when he
    picks up; else it does not begin to ring with nobody there."""
    callback = session.get_one(Callback, call.callback_id)
    if callback.dial is not None and callback.dial.state is DialState.WAITING:
        end_dial(callback)


def end_dial(callback: Callback) -> None:
    """What was not placed in time is placed no more."""
    if callback.dial is not None:
        outbound.cancel(callback.dial)


def stop_ringing(call: Call, callback: Callback) -> None:
    """Nobody is there for him any more: what rings is hung up."""
    end_dial(callback)
    leg = session.scalar(
        select(DialAttempt.leg)
        .where(DialAttempt.dial_id == callback.dial_id)
        .order_by(DialAttempt.id.desc())
        .limit(1)
    )
    if leg is not None:
        orders.hang_up(call, leg)


def reached(call: Call) -> None:
    """He talks with an agent, whoever rang whom: what was promised to him is kept.

    A talk about another line is not what he waits for, unless it was we who rang him."""
    at = now()
    his = Callback.id == (call.callback_id or 0)
    if call.person_id is not None:
        others = kept.of_citizen(call.person_id)
        if call.direction is Direction.IN:
            # A lead may have moved him from the line that he asked for.
            asked = select(Place.line_id).where(Place.call_id == call.id)
            others &= Callback.line_id.in_(asked)
        his |= others
    for callback in session.scalars(
        select(Callback)
        .where(Callback.open_ones(), his)
        .order_by(Callback.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all():
        if callback.dial is not None and callback.id == call.callback_id:
            # Whose end is reported just now has it, and waits for this call.
            outbound.done(callback.dial, wait=False)
        callback.move_to(CallbackState.REACHED, at)
        call.callback_id = call.callback_id or callback.id
        note(call, "callback_reached", callback=callback.id)
        tell()


def left(call: Call, callback: Callback) -> None:
    """Whom we rang back has left by the key that leaves no trace: he wants no more of it."""
    if callback.open:
        if callback.dial is not None:
            # Whose end is reported just now has it, and waits for this call.
            outbound.done(callback.dial, wait=False)
        callback.move_to(CallbackState.CANCELLED, now())
        note(call, "callback_withdrawn", callback=callback.id)
        tell()


def give_up(callback: Callback, state: CallbackState) -> None:
    """Everything allowed was tried in vain: he is told once by a text message, if he may be."""
    callback.move_to(state, now())
    tell()
    if state is CallbackState.EXHAUSTED:
        text(callback, "callback_text_over", "over")


def text(callback: Callback, sentence: str, which: str) -> None:
    """Once of each kind, to a mobile; a minor's telephone may be in anybody's hand."""
    person = callback.person
    if person is None or not sms.reaches(person) or protected(person, callback.line):
        return
    body = tongue(callback.language).sentence(sentence)
    messages.queue_text(person, body, key=f"callback:{callback.id}:{which}")


def protected(person: Person | None, line: Line) -> bool:
    """Whoever else holds his telephone must not learn that he called: minors, and whoever asks for
    a line whose seats need a certificate."""
    return line.certified or (person is not None and person.minor)


def tell() -> None:
    publish(TOPIC, MOVED)
