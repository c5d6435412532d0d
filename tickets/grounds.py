"""Why somebody supervises: what can be read off the ticket must be so before a unit is pressed."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import func, select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Assignment, Part, Round, StaffMember, SuperviseKind, Supervision, Ticket
from models.lifecycle import WITHDRAWN
from staff import norms
from tickets import supervising
from tickets.calendar import calendar
from web.languages import _
from web.refusals import Refused

# Who complained of pressure to the hotline is not the unit's to know.
UNTOLD = ("pressed",)


class NotSo(Refused):
    """The ticket does not bear the reason out; the message says how it stands."""


def supervise(
    ticket: Ticket, kind: SuperviseKind, because: str, *, by: StaffMember, words: str = ""
) -> None:
    """Press the leading unit for a reason that holds.  Raises NotSo."""
    if _supervised(ticket, because):
        raise NotSo(_("已因同一原因督办，尚未解除"))
    if because in CHECKS:
        CHECKS[because](ticket)
    unit = None if because in UNTOLD else ticket.unit
    supervising.supervise(ticket, unit, kind, because, by=by, words=words)


def _overdue(ticket: Ticket) -> None:
    _insist_late(_leading(ticket), norms.amount("supervised_after"))


def _long_overdue(ticket: Ticket) -> None:
    _insist_late(_leading(ticket), norms.amount("jointly_supervised_after"))


def _unsigned(ticket: Ticket) -> None:
    one = _leading(ticket)
    due, signed = one.sign_due_at, one.signed_at
    if due is None or (signed or now()) <= due:
        if signed is not None:
            raise NotSo(_("%(unit)s已按时签收，不能以此督办", unit=one.unit.name))
        raise NotSo(_("签收时限 %(due)s 未到，不能以此督办", due=_told(due)))


def _unsatisfied(ticket: Ticket) -> None:
    rounds = session.scalar(select(func.count()).where(Round.ticket_id == ticket.id)) or 0
    if rounds < 2:
        raise NotSo(_("工单还没有重办过，不能以此督办"))


def _forced(ticket: Ticket) -> None:
    if not _leading(ticket).forced:
        raise NotSo(_("主办单位不是经驳回或仲裁承办，不能以此督办"))


# The rest is somebody's word: an instruction, the media, what a review found.
CHECKS: Mapping[str, Callable[[Ticket], None]] = {
    "overdue": _overdue,
    "long_overdue": _long_overdue,
    "late_sign": _unsigned,
    "unsatisfied": _unsatisfied,
    "forced": _forced,
}


def _insist_late(one: Assignment, working_days: int) -> None:
    """So many working days beyond its date, by the answer or by now."""
    due, until = one.due_at, one.replied_at or now()
    if due is not None and due < calendar().over_for(until, working_days):
        return
    if due is None or until <= due:
        raise NotSo(_("办理期限 %(due)s，没有超期，不能以此督办", due=_told(due)))
    raise NotSo(
        _(
            "办理期限 %(due)s，超期不到 %(days)s 个工作日，不能以此督办",
            due=_told(due),
            days=working_days,
        )
    )


def _leading(ticket: Ticket) -> Assignment:
    """Of the latest round.  Raises NotSo."""
    latest = (
        select(Round.id).where(Round.ticket_id == ticket.id).order_by(Round.number.desc()).limit(1)
    )
    leading = session.scalars(
        select(Assignment)
        .where(
            Assignment.round_id == latest.scalar_subquery(),
            Assignment.part == Part.LEAD,
            Assignment.level == 1,
            Assignment.state.not_in(WITHDRAWN),
        )
        .order_by(Assignment.id.desc())
        .limit(1)
    ).first()
    if leading is None:
        raise NotSo(_("工单还没有主办单位，不能以此督办"))
    return leading


def _supervised(ticket: Ticket, because: str) -> bool:
    same = select(Supervision.id).where(
        Supervision.ticket_id == ticket.id,
        Supervision.because == because,
        Supervision.ended_at.is_(None),
    )
    return session.scalar(same.limit(1)) is not None


def _told(moment: datetime | None) -> str:
    return local(moment).strftime("%Y-%m-%d %H:%M") if moment else _("未定")
