"""话机座席: whose number it is, who has approved it, and whether offers ring it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.events import publish
from infra.privacy import mask, national
from models import Activity, Seat, SeatTelephone, StaffMember
from queues.journal import desk_of
from staff import audit
from telephony.callers import ordinary
from web.languages import _
from web.refusals import Refused


class TelephoneRefused(Refused):
    """It cannot be so; the message says why."""


def of_seat(seat: Seat) -> SeatTelephone | None:
    return session.get(SeatTelephone, seat.staff_id)


def in_use(seat: Seat) -> bool:
    known = of_seat(seat)
    return known is not None and known.in_use


def everybody() -> Sequence[SeatTelephone]:
    """Those to be approved first."""
    with_seat = joinedload(SeatTelephone.seat).joinedload(Seat.staff)
    ordered = select(SeatTelephone).order_by(
        SeatTelephone.approved_at.is_not(None), SeatTelephone.staff_id
    )
    return session.scalars(ordered.options(with_seat)).all()


def name_number(seat: Seat, number: str, *, by: StaffMember) -> SeatTelephone:
    """His own word waits for an administrator's; another's is the approval.  Raises
    TelephoneRefused."""
    plain = national(number.strip())
    if not ordinary(plain):
        raise TelephoneRefused(_("话机号码须是手机号码，或带区号的座机号码"))
    _insist_idle(seat)
    known = of_seat(seat)
    if known is None:
        known = SeatTelephone(staff_id=seat.staff_id)
        session.add(known)
    known.number, known.number_masked = plain, mask(plain)
    known.asked_at, known.in_use = now(), False
    known.approved_at = known.approved_by_id = None
    audit.record("telephone.named", "staff", seat.staff_id, number=known.number_masked)
    # It was perhaps in use: his desk answers again.
    publish(desk_of(seat.staff_id), "seat-moved")
    if by.id != seat.staff_id:
        approve(known, by=by)
    return known


def approve_asked(known: SeatTelephone, asked: str, *, by: StaffMember) -> None:
    """``asked``: when the number that he saw was named, as his form has it; another one named since
    is none that he approves."""
    if known.asked_at.isoformat() != asked:
        raise TelephoneRefused(_("这位座席刚刚改了话机号码，请核对新号码后再批准"))
    approve(known, by=by)


def approve(known: SeatTelephone, *, by: StaffMember) -> None:
    if by.id == known.staff_id:
        raise TelephoneRefused(_("自己的话机须由另一位管理员批准"))
    if known.approved_at is None:
        known.approved_at, known.approved_by_id = now(), by.id
        audit.record("telephone.approved", "staff", known.staff_id, number=known.number_masked)


def remove(known: SeatTelephone) -> None:
    _insist_idle(known.seat)
    audit.record("telephone.removed", "staff", known.staff_id, number=known.number_masked)
    session.delete(known)


def switch(seat: Seat, *, on: bool) -> None:
    """Answer by telephone from now on, or by the browser again.  Raises TelephoneRefused."""
    known = of_seat(seat)
    if known is None or known.approved_at is None:
        raise TelephoneRefused(_("还没有批准的话机号码：请填写号码并请管理员批准"))
    _insist_idle(seat)
    if known.in_use is on:
        return
    known.in_use = on
    audit.record("telephone.switched", "staff", seat.staff_id, on=on)
    publish(desk_of(seat.staff_id), "seat-moved")


def _insist_idle(seat: Seat) -> None:
    """Nobody is left with a leg that is no longer his way to answer."""
    if seat.activity is not Activity.IDLE:
        raise TelephoneRefused(_("振铃、通话或整理中不能更改话机，请稍后再试"))
