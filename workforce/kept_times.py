"""Shifts beside what seats were: how far each agent kept to his, day by day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.localtime import midnight
from models import Activity, Desired, Recovery, Seat, SeatStretch, Shift, StaffMember
from workforce.adherence import Adherence, Stretch, measure

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """One shift and what became of it; ``running`` while it lasts."""

    shift: Shift
    staff: StaffMember
    adherence: Adherence | None
    running: bool


def on_day(day: date, staff: StaffMember | None = None) -> list[Kept]:
    """Of the shifts that begin on this day of the city."""
    first = midnight(day)
    return between(first, first + ONE_DAY, staff)


def between(begins: datetime, ends: datetime, staff: StaffMember | None = None) -> list[Kept]:
    at = now()
    shifts = _shifts(begins, ends, staff)
    if not shifts:
        return []
    last = max(one.ends_at for one in shifts)
    staff_ids, whole = {one.staff_id for one in shifts}, Stretch(begins, last)
    worked, recovered = worked_by(staff_ids, whole, at), recovered_by(staff_ids, whole, at)
    return [
        _kept(one, worked.get(one.staff_id, ()), recovered.get(one.staff_id, ()), at)
        for one in shifts
    ]


def worked_by(
    staff: Iterable[int], within: Stretch, at: datetime
) -> Mapping[int, Sequence[Stretch]]:
    """When they worked: busy with a call, or ready as long as a desk proves that they were there.
    What still goes on is counted until ``at``."""
    found: dict[int, list[Stretch]] = defaultdict(list)
    rows = session.execute(
        select(SeatStretch, Seat.lease_until)
        .join(Seat, Seat.staff_id == SeatStretch.agent_id)
        .where(
            SeatStretch.agent_id.in_(staff),
            or_(SeatStretch.activity != Activity.IDLE, SeatStretch.desired == Desired.READY),
            SeatStretch.began_at < within.ends,
            or_(SeatStretch.ended_at.is_(None), SeatStretch.ended_at > within.begins),
        )
        .order_by(SeatStretch.began_at)
    )
    for one, lease_until in rows:
        end = _ended(one, lease_until, at)
        if end > one.began_at:
            found[one.agent_id].append(Stretch(one.began_at, end))
    return found


def recovered_by(
    staff: Iterable[int], within: Stretch, at: datetime
) -> Mapping[int, Sequence[Stretch]]:
    """When they rested after a distressing call."""
    found: dict[int, list[Stretch]] = defaultdict(list)
    rests = select(Recovery).where(
        Recovery.agent_id.in_(staff),
        Recovery.began_at < within.ends,
        or_(Recovery.ended_at.is_(None), Recovery.ended_at > within.begins),
    )
    for one in session.scalars(rests.order_by(Recovery.began_at)):
        if one.began_at is not None:
            found[one.agent_id].append(Stretch(one.began_at, one.ended_at or at))
    return found


def recoveries(day: date) -> tuple[int, int]:
    """Of that day: how many agents gave themselves, and how many their leads did."""
    first = midnight(day)
    himself = Recovery.given_by_id == Recovery.agent_id
    counted = select(func.count().filter(himself), func.count().filter(~himself)).where(
        Recovery.given_at >= first, Recovery.given_at < first + ONE_DAY
    )
    taken, given = session.execute(counted).one()
    return taken, given


def _ended(one: SeatStretch, lease_until: datetime | None, at: datetime) -> datetime:
    end = one.ended_at or at
    if one.activity is not Activity.IDLE:
        return end
    here = one.here_until if one.ended_at else lease_until
    return min(end, here or one.began_at)


def _shifts(begins: datetime, ends: datetime, staff: StaffMember | None) -> Sequence[Shift]:
    wanted = (
        select(Shift)
        .where(Shift.begins_at >= begins, Shift.begins_at < ends)
        .options(joinedload(Shift.seat), joinedload(Shift.line))
        .order_by(Shift.begins_at, Shift.staff_id)
    )
    if staff is not None:
        wanted = wanted.where(Shift.staff_id == staff.id)
    return session.scalars(wanted).unique().all()


def _kept(
    shift: Shift, worked: Sequence[Stretch], recovered: Sequence[Stretch], at: datetime
) -> Kept:
    begun = shift.begins_at < at
    adherence = None
    if begun and shift.on_the_telephone:
        breaks = [Stretch(one.begins_at, one.ends_at) for one in shift.breaks]
        whole = Stretch(shift.begins_at, shift.ends_at)
        adherence = measure(whole, breaks, worked, at, recovered)
    return Kept(shift, shift.seat.staff, adherence, begun and at < shift.ends_at)
