"""Shifts: made, copied by the week, removed before they begin.  No two of an agent overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from infra.clock import now
from infra.db import session
from infra.localtime import CITY, local, midnight
from models import Line, Seat, Shift, ShiftBreak, ShiftKind, StaffMember
from models.shift import LONGEST_SHIFT
from web.languages import _
from web.refusals import Refused

WEEK = timedelta(days=7)
# As in the trigger, which takes it too.
SHIFT_LOCK = 11
MOST_BREAKS = 6
USUAL: dict[ShiftKind, tuple[time, time]] = {
    ShiftKind.EARLY: (time(7), time(15)),
    ShiftKind.DAY: (time(9), time(17, 30)),
    ShiftKind.LATE: (time(15), time(23)),
    ShiftKind.NIGHT: (time(23), time(7)),
    ShiftKind.TRAINING: (time(14), time(17)),
}


class ShiftRefused(Refused):
    """This shift cannot be; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """A shift as somebody wants it, in the city's time."""

    staff_id: int
    kind: ShiftKind
    begins: datetime
    ends: datetime
    line_id: int | None = None
    breaks: tuple[tuple[datetime, datetime], ...] = ()


def on(day: date, begins: time, ends: time) -> tuple[datetime, datetime]:
    """A shift that ends before it begins ends on the next day."""
    start = datetime.combine(day, begins, CITY)
    end = datetime.combine(day, ends, CITY)
    return start, end if end > start else end + timedelta(days=1)


def rests(
    begins: datetime, given: Iterable[tuple[time, time]]
) -> tuple[tuple[datetime, datetime], ...]:
    """Breaks by the clock, on the day of the shift or on the next one."""
    found = []
    for first, last in given:
        start, end = on(local(begins).date(), first, last)
        if start < begins:
            start, end = start + timedelta(days=1), end + timedelta(days=1)
        found.append((start, end))
    return tuple(sorted(found))


def schedule(wanted: Wanted, *, by: StaffMember | None) -> Shift:
    """Raises ShiftRefused."""
    _insist(wanted)
    _one_at_a_time(wanted.staff_id)
    other = _overlapping(wanted)
    if other is not None:
        raise ShiftRefused(
            _(
                "%(name)s 已有班次 %(begins)s 至 %(ends)s，与此重叠",
                name=other.seat.staff.name,
                begins=_told(other.begins_at),
                ends=_told(other.ends_at),
            )
        )
    shift = Shift(
        staff_id=wanted.staff_id,
        line_id=wanted.line_id,
        kind=wanted.kind,
        begins_at=wanted.begins,
        ends_at=wanted.ends,
        made_at=now(),
        made_by_id=by.id if by else None,
        breaks=[ShiftBreak(begins_at=first, ends_at=last) for first, last in wanted.breaks],
    )
    session.add(shift)
    session.flush()
    return shift


def remove(shift: Shift) -> None:
    """What has begun stays: adherence is measured by it."""
    if shift.begins_at <= now():
        raise ShiftRefused(_("已经开始的班次不能删除：遵时率按它计算"))
    session.delete(shift)


def copy_week(monday: date, to: date, *, by: StaffMember) -> tuple[int, int]:
    """How many shifts were copied, and how many left out because there is one already."""
    if to <= monday:
        raise ShiftRefused(_("请复制到以后的一周"))
    made = left_out = 0
    ahead = midnight(to) - midnight(monday)
    for one in sorted(in_week(monday), key=lambda shift: (shift.staff_id, shift.begins_at)):
        wanted = _moved(one, ahead)
        _one_at_a_time(one.staff_id)
        if one.seat.staff.disabled_at is not None or _overlapping(wanted) is not None:
            left_out += 1
            continue
        schedule(wanted, by=by)
        made += 1
    return made, left_out


def in_week(monday: date, staff: StaffMember | None = None) -> Sequence[Shift]:
    begin = midnight(monday)
    wanted = select(Shift).where(Shift.begins_at >= begin, Shift.begins_at < begin + WEEK)
    if staff is not None:
        wanted = wanted.where(Shift.staff_id == staff.id)
    return session.scalars(wanted.order_by(Shift.begins_at, Shift.staff_id)).all()


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def agents() -> Sequence[Seat]:
    """Whom one can put on the roster."""
    return (
        session.scalars(
            select(Seat)
            .join(StaffMember, StaffMember.id == Seat.staff_id)
            .where(StaffMember.disabled_at.is_(None))
            .order_by(Seat.number)
        )
        .unique()
        .all()
    )


def lines() -> Sequence[Line]:
    return session.scalars(select(Line).order_by(Line.rank, Line.id)).all()


def _insist(wanted: Wanted) -> None:
    if wanted.ends - wanted.begins > LONGEST_SHIFT:
        raise ShiftRefused(_("一个班次最长 16 小时"))
    if len(wanted.breaks) > MOST_BREAKS:
        raise ShiftRefused(_("一个班次最多 %(most)s 次休息", most=MOST_BREAKS))
    last = wanted.begins
    for begins, ends in wanted.breaks:
        if not (last <= begins < ends <= wanted.ends):
            raise ShiftRefused(_("休息须在班次之内，且互不重叠"))
        last = ends


def _one_at_a_time(staff_id: int) -> None:
    session.execute(select(func.pg_advisory_xact_lock(SHIFT_LOCK, staff_id)))


def _overlapping(wanted: Wanted) -> Shift | None:
    return session.scalars(
        select(Shift)
        .where(
            Shift.staff_id == wanted.staff_id,
            Shift.begins_at < wanted.ends,
            Shift.ends_at > wanted.begins,
        )
        .limit(1)
    ).first()


def _moved(shift: Shift, ahead: timedelta) -> Wanted:
    return Wanted(
        shift.staff_id,
        shift.kind,
        shift.begins_at + ahead,
        shift.ends_at + ahead,
        shift.line_id,
        tuple((one.begins_at + ahead, one.ends_at + ahead) for one in shift.breaks),
    )


def _told(moment: datetime) -> str:
    return local(moment).strftime("%m-%d %H:%M")
