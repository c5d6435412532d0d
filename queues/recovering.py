"""情绪休整: after a distressing call the agent is rung by nobody for some minutes.

His own word is enough, a few times in a shift; more his lead gives.  Nothing refuses it for who
waits meanwhile.  It begins with the end of his wrap-up, and ends by itself: he is
again what he was before."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from infra.localtime import start_of_day
from models import (
    Activity,
    Alert,
    AlertKind,
    Call,
    Desired,
    Recovery,
    Seat,
    SeatStretch,
    Shift,
    StaffMember,
)
from queues import panicking, presence
from queues.journal import desk_of, note
from staff import norms

# Why a seat is on break.
RECOVERY = "recovery"
# So long after the end of a wrap-up he may still say that he needs it.
STILL_AFTER = timedelta(minutes=10)


class NoCall(Exception):
    """He has had no call just now that he could rest from."""

    permanent = False


class UsedUp(Exception):
    """He has given himself all that he may in this shift; his lead gives more."""

    permanent = False


def take(seat: Seat) -> Recovery:
    """By his own word, after a call.  Raises NoCall and UsedUp."""
    call = last_call(seat)
    if call is None:
        raise NoCall
    if open_of(seat) is None and left(seat) < 1:
        raise UsedUp
    return _give(seat, call, by=seat.staff)


def give(seat: Seat, *, by: StaffMember) -> Recovery:
    """By his lead's, at any time: after the talk that he is in, if he is in one."""
    return _give(seat, last_call(seat), by=by)


def last_call(seat: Seat) -> Call | None:
    """The one that he wraps up, or has wrapped up just now."""
    lately = or_(SeatStretch.ended_at.is_(None), SeatStretch.ended_at >= now() - STILL_AFTER)
    busy = SeatStretch.activity.in_((Activity.TALKING, Activity.WRAP_UP))
    newest = (
        select(Call)
        .join(SeatStretch, SeatStretch.call_id == Call.id)
        .where(SeatStretch.agent_id == seat.staff_id, busy, lately)
    )
    return session.scalar(newest.order_by(SeatStretch.id.desc()).limit(1))


def open_of(seat: Seat) -> Recovery | None:
    return session.scalar(
        select(Recovery).where(Recovery.agent_id == seat.staff_id, Recovery.open())
    )


def left(seat: Seat) -> int:
    """How often he may still give himself one in his shift; without a shift, today."""
    taken = select(func.count()).where(
        Recovery.agent_id == seat.staff_id,
        Recovery.given_by_id == seat.staff_id,
        Recovery.given_at >= _shift_began(seat),
    )
    return max(0, norms.amount("recoveries_a_shift") - (session.scalar(taken) or 0))


def distressing(call: Call) -> list[str]:
    """Why the desk suggests it: the hand was raised, danger was told, or a minor is concerned."""
    raised = select(Alert.id).where(Alert.call_id == call.id, Alert.kind == AlertKind.RAISED_HAND)
    minor = call.line is not None and call.line.certified
    minor = minor or (call.person is not None and call.person.minor)
    panic = panicking.was_pressed(call)
    hand = session.scalar(raised.limit(1)) is not None
    found = {"panic": panic, "hand": hand, "danger": bool(call.emergency), "minor": minor}
    return [why for why, so in found.items() if so]


def move_due() -> int:
    """Begin what was given, as soon as its agent is free; end what has lasted long enough, and what
    he has given up by choosing otherwise.  The caller holds the routing lock."""
    found = session.scalars(
        select(Recovery).where(Recovery.open()).options(joinedload(Recovery.agent))
    ).all()
    return apart.each(found, _move)


def _give(seat: Seat, call: Call | None, *, by: StaffMember) -> Recovery:
    known = open_of(seat)
    if known is not None and _chosen(seat):
        return known
    if known is not None:
        known.ended_at = now()
    before, before_reason = seat.desired, seat.break_reason
    _break(seat, RECOVERY)
    given = Recovery(
        agent_id=seat.staff_id,
        call=call,
        given_by_id=by.id,
        given_at=now(),
        minutes=norms.amount("recovery_lasts"),
        before=before,
        before_reason=before_reason,
    )
    session.add(given)
    session.flush()  # asked again in this transaction it is the same one
    if call is not None:
        note(call, "recovery_given", agent=seat.staff_id, by=by.id)
    return given


def _move(one: Recovery) -> None:
    at, seat = now(), one.agent
    if not _chosen(seat):
        # Another reason of the same break leaves ``desired_since`` where it was, before all this.
        ended = at if seat.desired is Desired.BREAK else seat.desired_since
        one.ended_at = max(ended, one.began_at or one.given_at)
    elif one.began_at is None and seat.activity is Activity.IDLE:
        one.began_at, one.ends_at = at, at + timedelta(minutes=one.minutes)
        publish(desk_of(seat.staff_id), "seat-moved")
    elif one.ends_at is not None and one.ends_at <= at:
        one.ended_at = at
        _restore(one, at)


def _restore(one: Recovery, at: datetime) -> None:
    seat = one.agent
    if one.before is Desired.BREAK:
        _break(seat, one.before_reason)
        return
    here = seat.lease_until is not None and seat.lease_until > at
    ready = here and one.before is Desired.READY
    presence.choose(seat, Desired.READY if ready else Desired.OFFLINE)


def _break(seat: Seat, reason: str | None) -> None:
    if seat.desired is Desired.BREAK:
        # A new reason of the same break would not stand in what the seat was.
        seat.desired, seat.desired_since = Desired.OFFLINE, now()
        session.flush()
    presence.choose(seat, Desired.BREAK, reason)


def _chosen(seat: Seat) -> bool:
    return seat.desired is Desired.BREAK and seat.break_reason == RECOVERY


def _shift_began(seat: Seat) -> datetime:
    at = now()
    running = select(Shift.begins_at).where(
        Shift.staff_id == seat.staff_id, Shift.begins_at <= at, Shift.ends_at > at
    )
    return session.scalar(running) or start_of_day(at)
