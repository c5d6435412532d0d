"""Who was there: stretches of attendance, read off the seats every few seconds.

A seat knows since when it is what it is.  So a stretch begins and ends at the moment that the seat
tells, and not when the clock looked; only who came and went between two looks is not seen."""

from datetime import datetime

from sqlalchemy import func, or_, select

from infra.clock import now
from infra.db import session, transaction
from models import Activity, Attendance, Desired, Presence, Seat


def note() -> None:
    """Write down who came, went or took a break since the last look.  Safe at any time."""
    with transaction():
        _note(now())


def presence_of(seat: Seat, at: datetime) -> tuple[Presence | None, datetime]:
    """What the seat is, and since when; None is away.  Busy with a call is work, whatever was
    chosen for afterwards and whether the desk is still in touch."""
    if seat.activity is not Activity.IDLE:
        return Presence.WORK, seat.activity_since
    since = max(seat.desired_since, seat.activity_since)
    if seat.desired is Desired.OFFLINE or seat.lease_until is None:
        return None, since
    if seat.lease_until <= at:
        return None, max(seat.lease_until, seat.activity_since)
    return (Presence.WORK if seat.desired is Desired.READY else Presence.BREAK), since


def _note(at: datetime) -> None:
    running = {
        one.staff_id: one
        for one in session.scalars(select(Attendance).where(Attendance.ended_at.is_(None)))
    }
    there = or_(
        Seat.desired != Desired.OFFLINE,
        Seat.activity != Activity.IDLE,
        Seat.staff_id.in_(running),
    )
    for seat in session.scalars(select(Seat).where(there).order_by(Seat.staff_id)):
        presence, since = presence_of(seat, at)
        last = running.get(seat.staff_id)
        if last is not None and last.presence is presence:
            continue
        since = min(since, at)
        if last is not None:
            since = _end(last, since)
        if presence is not None:
            _begin(seat, presence, since if last is not None else _not_before_last(seat, since, at))


def _end(last: Attendance, at: datetime) -> datetime:
    """Returns when it ended; a stretch of no length never was."""
    if at <= last.began_at:
        session.delete(last)
        session.flush()  # its place is taken by what began at the same moment
        return last.began_at
    last.ended_at = at
    session.flush()  # of an agent one stretch at most is open
    return at


def _begin(seat: Seat, presence: Presence, since: datetime) -> None:
    session.add(Attendance(staff_id=seat.staff_id, presence=presence, began_at=since))


def _not_before_last(seat: Seat, since: datetime, at: datetime) -> datetime:
    """Whose desk was out of touch for a moment has not been there all the time: he is back since
    now."""
    ended = session.scalar(
        select(func.max(Attendance.ended_at)).where(Attendance.staff_id == seat.staff_id)
    )
    return at if ended is not None and since < ended else since
