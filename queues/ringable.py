"""When somebody may be rung back: in the hours allowed, and not while he is on the line himself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time

from sqlalchemy import ColumnElement, ScalarSelect, exists, or_, select
from sqlalchemy.orm import aliased

from infra.db import session
from models import NO_LEG_YET, Call, Callback, CallbackState, CallStatus, DialPurpose, Direction
from telephony.windows import Rules, rules


def when(safe_hour: int | None, earliest: datetime, tried: Sequence[datetime] = ()) -> datetime:
    """The first moment from ``earliest`` on at which he may be rung."""
    return _rules(safe_hour).next_time(earliest, tried)


def asleep(safe_hour: int | None, at: datetime) -> bool:
    return when(safe_hour, at) > at


def now_is_bad_for(callback: Callback, at: datetime) -> bool:
    """Asked for the last time when an agent is about to ring him."""
    busy = select(or_(on_the_line(), being_rung())).where(Callback.id == callback.id)
    return asleep(callback.safe_hour, at) or bool(session.scalar(busy))


def on_the_line() -> ColumnElement[bool]:
    """At his own number or at the one that he called from, whoever rang whom and whatever for."""
    live = aliased(Call)
    its_own = (live.direction == Direction.BACK) & (live.callback_id == Callback.id)
    return exists().where(
        live.status != CallStatus.ENDED,
        live.sid.not_like(f"{NO_LEG_YET}%"),
        ~its_own,
        or_(live.person_id == Callback.person_id, live.person_id == asker()),
    )


def asker() -> ScalarSelect[int | None]:
    """Who has asked for it, perhaps at another number than his own.  The first one: whoever keys in
    a number that is promised already has no part in it."""
    asking = aliased(Call)
    return (
        select(asking.person_id)
        .where(asking.callback_id == Callback.id, asking.direction == Direction.IN)
        .order_by(asking.id)
        .limit(1)
        .correlate(Callback)
        .scalar_subquery()
    )


def being_rung() -> ColumnElement[bool]:
    """For what he asked of another line: two agents would wait for one telephone."""
    other = aliased(Callback)
    return exists().where(
        other.state == CallbackState.DIALLING,
        other.number_fingerprint == Callback.number_fingerprint,
        other.id != Callback.id,
    )


def _rules(safe_hour: int | None) -> Rules:
    wanted = rules(DialPurpose.CALLBACK)
    if safe_hour is None:
        return wanted
    return replace(wanted, windows=((time(safe_hour), time(safe_hour, 59)),))
