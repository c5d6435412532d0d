"""Orders to the carrier: rows written where they are decided, carried out after the response."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from flask import Flask, Response, current_app, g, has_request_context
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from infra import parallel, seldom
from infra.clock import now
from infra.db import on_commit, session, transaction
from models import Call, Order, OrderState
from telephony.errors import CarrierError, LegGone
from telephony.obeying import Taken, obey

log = structlog.get_logger(__name__)

Gone = Callable[[int, str], None]

# How soon an order is repeated: refused, and where nobody knows whether it was obeyed.
REFUSED, IN_DOUBT = timedelta(seconds=1), timedelta(seconds=4)
# Refused so often it is no hiccup: an account that is locked is not asked each second for ever.
OFTEN, SELDOM = 10, timedelta(seconds=10)
# Into a conference: a second redirect would pull him out, and end it for both.
JOIN = "join"
REDIRECT = "redirect"
LEADS = (JOIN, REDIRECT)
# Keys that a menu heard twice would be others.
PRESS = "press"
AT_MOST_ONCE = (JOIN, PRESS)
# What somebody hears who stays where he is; the later word counts.
HOLD, RESUME = "hold", "resume"
OUTLAST, END_WITH = "outlast", "end_with"
PAUSE, RECORD = "pause_recording", "resume_recording"
# Who hears somebody who has come to listen.
LISTEN, WHISPER, SPEAK = "listen", "whisper", "speak"
OPPOSED = ((HOLD, RESUME), (OUTLAST, END_WITH), (PAUSE, RECORD), (LISTEN, WHISPER, SPEAK))
AGAIN = ":again"
# Longer than a request may take: an order is never given twice at the same time.
UNDER_WAY = timedelta(seconds=5)
AT_ONCE = 20
GIVE = (
    insert(Order)
    .values(state=OrderState.PENDING, attempts=0)
    .on_conflict_do_nothing(index_elements=["key"])
    .returning(Order.id)
)
KEY_OF_CALL = select(Call.key).where(Call.id == Order.call_id).scalar_subquery().label("key")


def redirect(call: Call, leg: str, url: str, *, key: str) -> None:
    """Order the carrier to take ``leg`` to ``url``; the same key is ordered only once."""
    _give(call, kind=REDIRECT, leg=leg, url=url, key=key)


def bring_in(call: Call, leg: str, url: str, *, key: str) -> None:
    """Order the citizen into his conference.  In doubt it is not repeated: whether he is in is
    looked at, before he is ordered again by another key."""
    _give(call, kind=JOIN, leg=leg, url=url, key=key)


def press(call: Call, leg: str, url: str, *, key: str, at: datetime) -> None:
    """Let this participant alone hear what ``url`` answers, not before ``at``, at most once."""
    _give(call, kind=PRESS, leg=leg, url=url, key=key, at=at)


def hang_up(call: Call, leg: str) -> None:
    _give(call, kind="hang_up", leg=leg, url=None, key=f"{call.id}:hang_up:{leg}")


def stop_recording(call: Call, leg: str) -> None:
    """What follows on this leg is no longer the talk.  A document cannot say so, only an order."""
    _give(call, kind="stop_recording", leg=leg, url=None, key=f"{call.id}:{leg}:stop_recording")


def hold(call: Call, leg: str, music: str, *, key: str) -> None:
    """Part somebody in the conference from the others; he hears ``music``."""
    _steer(call, kind=HOLD, leg=leg, url=music, key=key)


def resume(call: Call, leg: str, *, key: str) -> None:
    _steer(call, kind=RESUME, leg=leg, url=None, key=key)


def outlast(call: Call, leg: str, *, key: str) -> None:
    """The conference goes on when this participant leaves it."""
    _steer(call, kind=OUTLAST, leg=leg, url=None, key=key)


def end_with(call: Call, leg: str, *, key: str) -> None:
    """It is over when he leaves."""
    _steer(call, kind=END_WITH, leg=leg, url=None, key=key)


def pause_recording(call: Call, leg: str, *, key: str) -> None:
    """What is said now must not be kept."""
    _steer(call, kind=PAUSE, leg=leg, url=None, key=key)


def resume_recording(call: Call, leg: str, *, key: str) -> None:
    _steer(call, kind=RECORD, leg=leg, url=None, key=key)


def listen(call: Call, leg: str, *, key: str) -> None:
    """Nobody in the conference hears him from now on."""
    _steer(call, kind=LISTEN, leg=leg, url=None, key=key)


def whisper(call: Call, leg: str, *, to: str, key: str) -> None:
    """Nobody but the leg ``to`` hears him, which stands where other orders have an address."""
    _steer(call, kind=WHISPER, leg=leg, url=to, key=key)


def speak(call: Call, leg: str, *, key: str) -> None:
    """All in the conference hear him."""
    _steer(call, kind=SPEAK, leg=leg, url=None, key=key)


def obeyed(key: str) -> OrderState | None:
    """How far the carrier is with what was ordered by this key, perhaps twice: moot where it will
    obey neither.  None where nothing was ordered."""
    given = session.scalars(select(Order.state).where(Order.key.in_([key, f"{key}{AGAIN}"]))).all()
    for state in (OrderState.PENDING, OrderState.DONE, OrderState.MOOT):
        if state in given:
            return state
    return None


def forget(call: Call, leg: str) -> None:
    """The call is over: what was ordered for this leg and not yet confirmed matters no more."""
    session.execute(
        update(Order)
        .where(Order.call_id == call.id, Order.leg == leg, Order.state == OrderState.PENDING)
        .values(state=OrderState.MOOT)
    )


def has_come(call: Call, leg: str) -> None:
    """The leg is where an order took it, or is led elsewhere now: to repeat it would only begin
    there anew.

    What else was ordered for the leg, such as what he hears or what is recorded, stands."""
    _forget(call, leg, LEADS)


def leave_room(call: Call, leg: str) -> None:
    """He is led out of the conference: what was ordered of him in there matters no more.

    What is to be recorded of him is another matter."""
    _forget(call, leg, (*LEADS, HOLD, RESUME, OUTLAST, END_WITH))


def _forget(call: Call, leg: str, kinds: Iterable[str]) -> None:
    session.execute(
        update(Order)
        .where(
            Order.call_id == call.id,
            Order.leg == leg,
            Order.kind.in_(tuple(kinds)),
            Order.state == OrderState.PENDING,
        )
        .values(state=OrderState.MOOT)
    )


def is_brought_in(call: Call, leg: str) -> bool:
    """Whether the carrier may still obey an order into the conference."""
    order = select(Order.id).where(
        Order.call_id == call.id,
        Order.leg == leg,
        Order.kind == JOIN,
        Order.state != OrderState.DONE,
    )
    return session.scalar(order.limit(1)) is not None


def carry_out_due(at_once: int = 1) -> int:
    """Carry out what is pending and due; returns how many were tried."""
    with transaction():
        due = session.scalars(
            select(Order.id)
            .where(Order.state == OrderState.PENDING, Order.next_at <= now())
            .order_by(Order.next_at)
            .limit(AT_ONCE)
        ).all()
    parallel.each(due, carry_out, at_once=at_once)
    return len(due)


def carry_out(order_id: int) -> None:
    """Take the order, ask the carrier with no transaction open, write down what came of it."""
    with transaction():
        order = _take(order_id)
    if order is None:
        return
    call_id, kind, leg = order.call_id, order.kind, order.leg
    try:
        obey(order)
    except LegGone as gone:
        _settle(order_id, OrderState.MOOT, str(gone))
        if kind == JOIN:
            _tell_who_waits(call_id, leg)
    except CarrierError as error:
        seldom.tell(
            log.warning, "the carrier did not obey", order=order_id, kind=kind, error=str(error)
        )
        over = error.permanent or (error.unknown and kind in AT_MOST_ONCE)
        again = IN_DOUBT if error.unknown else REFUSED
        _settle(order_id, OrderState.MOOT if over else OrderState.PENDING, str(error), again)
    else:
        _settle(order_id, OrderState.DONE, None)


def init_app(app: Flask) -> None:
    app.after_request(_carry_out_after_response)


def _tell_who_waits(call_id: int, leg: str) -> None:
    """The citizen hung up on his way in: nobody waits for him a second longer."""
    told: list[Gone] = current_app.extensions.get("gone_before_joining", [])
    for tell in told:
        tell(call_id, leg)
    pending = select(Order.id).where(Order.call_id == call_id, Order.state == OrderState.PENDING)
    with transaction():
        given = session.scalars(pending).all()
    for order_id in given:
        carry_out(order_id)


def _steer(call: Call, *, kind: str, leg: str, url: str | None, key: str) -> None:
    """What was ordered before and not yet confirmed matters no more.  Where it may be on its way it
    could be obeyed last: so this one is given once more after it."""
    overtaken = session.scalars(
        update(Order)
        .where(
            Order.call_id == call.id,
            Order.leg == leg,
            Order.kind.in_(next(pair for pair in OPPOSED if kind in pair)),
            Order.state == OrderState.PENDING,
        )
        .values(state=OrderState.MOOT)
        .returning(Order.next_at)
    ).all()
    _give(call, kind=kind, leg=leg, url=url, key=key)
    if overtaken:
        _give(call, kind=kind, leg=leg, url=url, key=f"{key}{AGAIN}", at=max(overtaken))


def _give(
    call: Call, *, kind: str, leg: str, url: str | None, key: str, at: datetime | None = None
) -> None:
    """``at``: not before then."""
    created = now()
    order = {"call_id": call.id, "key": key, "kind": kind, "leg": leg, "url": url}
    given = session.scalar(GIVE, {**order, "next_at": at or created, "created_at": created})
    if given is not None:
        on_commit(_once_committed(given))


def _once_committed(order_id: int) -> Callable[[], None]:
    def remember() -> None:
        # Outside a request the clock carries it out within a second.
        if has_request_context():
            g.setdefault("orders", []).append(order_id)

    return remember


def _carry_out_after_response(response: Response) -> Response:
    asked: list[int] = g.setdefault("orders", [])
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def obey() -> None:
        if asked:
            with app.app_context():
                for order_id in asked:
                    carry_out(order_id)

    response.call_on_close(obey)
    return response


def _take(order_id: int) -> Taken | None:
    """Count the attempt and put off the next one, so that two processes do not both ask."""
    at = now()
    taken = session.execute(
        update(Order)
        .where(Order.id == order_id, Order.state == OrderState.PENDING, Order.next_at <= at)
        .values(attempts=Order.attempts + 1, next_at=at + UNDER_WAY)
        .returning(
            Order.call_id,
            Order.kind,
            Order.leg,
            Order.url,
            Order.attempts,
            Order.error,
            KEY_OF_CALL,
        )
    ).first()
    if taken is None:
        return None
    if taken.kind in AT_MOST_ONCE and taken.attempts > 1 and taken.error is None:
        # Whoever took it before died before he could say what came of it.
        session.execute(update(Order).where(Order.id == order_id).values(state=OrderState.MOOT))
        return None
    return Taken(taken.call_id, str(taken.key), taken.kind, taken.leg, taken.url or "")


def _settle(
    order_id: int, state: OrderState, error: str | None, again: timedelta = REFUSED
) -> None:
    with transaction():
        order = session.get_one(Order, order_id, with_for_update=True)
        if order.state is not OrderState.PENDING:
            return
        order.state, order.error = state, error
        if state is OrderState.PENDING:
            order.next_at = now() + (again if order.attempts < OFTEN else max(again, SELDOM))
