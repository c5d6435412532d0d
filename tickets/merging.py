"""Several tickets about one matter: one is handled, the others follow it, each with its citizen."""

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Assignment, Round, StaffMember, Ticket
from models.lifecycle import OPEN
from tickets import handling, notices
from tickets.dispatch import round_of
from tickets.history import note
from web.languages import _
from web.refusals import Refused


class NotMergeable(Refused):
    """The two cannot be handled as one; the message says why."""


def merge(child: Ticket, master: Ticket, *, by: StaffMember | None) -> None:
    """The child waits for the master's answer, and is told of it.  Raises NotMergeable."""
    _insist(child, master)
    child.make("merge")
    child.merged_into_id = master.id
    _take_back(child)
    note(child, "merged", by=by, master=master.id)
    note(master, "took_in", by=by, child=child.id)
    if master.unit is not None:
        notices.tell_about(master, master.unit, "took_in", key=f"merge:{child.id}")


def children_of(ticket: Ticket) -> list[Ticket]:
    found = select(Ticket).where(Ticket.merged_into_id == ticket.id).order_by(Ticket.id)
    return list(session.scalars(found))


def _insist(child: Ticket, master: Ticket) -> None:
    if child.id == master.id:
        raise NotMergeable(_("不能并入自己"))
    if master.state not in OPEN:
        raise NotMergeable(_("主单 %(number)s 已不在办理", number=master.number))
    if children_of(child):
        raise NotMergeable(_("已有工单并入这一张，请把它作为主单"))
    # A confidential child would be read with the master by whoever handles that one.
    if child.confidential != master.confidential:
        raise NotMergeable(_("保密工单和普通工单不能合并"))


def _take_back(child: Ticket) -> None:
    """What units had in hand of it is theirs no longer."""
    current: Round | None = round_of(child)
    given = select(Assignment).where(
        Assignment.ticket_id == child.id, Assignment.level == 1, Assignment.ended_at.is_(None)
    )
    for one in session.scalars(given).all():
        one.make("recall")
        one.ended_at = now()
        handling.recall_below(one)
        notices.tell_unit(one, "recalled")
    if current is not None:
        current.closed_at = now()
