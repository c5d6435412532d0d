"""Several tickets about one matter: one is handled, the others follow it, each with its citizen."""

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Assignment, Part, RecallReason, Round, StaffMember, Ticket, TicketState
from models.lifecycle import OPEN
from tickets import deadlines, notices, reasons, recalling, shared_clock, telling
from tickets.dispatch import round_of
from tickets.history import note
from web.languages import _
from web.refusals import Refused


class NotMergeable(Refused):
    """The two cannot be handled as one, or not be separated; the message says why."""


def merge(child: Ticket, master: Ticket, *, by: StaffMember | None, because: str = "") -> None:
    """The child waits for the master's answer, and is told of it; the master takes the stricter
    clock of the two.  ``because``: why, where their topics differ.  Raises NotMergeable."""
    _insist(child, master, because.strip())
    child.make("merge")
    child.merged_into_id = master.id
    _take_back(child, by)
    note(child, "merged", by=by, master=master.id, remark=reasons.keep(child, because, by=by))
    note(master, "took_in", by=by, child=child.id)
    if master.unit is not None:
        key = f"merge:{child.id}:{child.head_seq}"
        notices.tell_about(master, master.unit, "took_in", key=key)
    shared_clock.take_over(child, master, by=by)


def separate(child: Ticket, *, by: StaffMember, because: str) -> None:
    """It was no repeat after all: it is dispatched by itself, its time counted from when it was
    submitted, and what it made the master hurry for is over.  Raises NotMergeable."""
    master = _insist_separable(child, because.strip())
    shared_clock.give_back(child, master)
    child.make("separate")
    child.merged_into_id = None
    if child.dispatched_at is not None:
        child.unit = None  # whose it was, it was taken from
    _open_round_again(child)
    since = child.submitted_at or child.created_at
    child.due_at = deadlines.due_of(child, child.unit, since).handle
    note(child, "separated", by=by, master=master.id, remark=reasons.keep(child, because, by=by))
    note(master, "gave_back", by=by, child=child.id)
    if master.unit is not None:
        key = f"separate:{child.id}:{child.head_seq}"
        notices.tell_about(master, master.unit, "gave_back", key=key)


def handled_as(ticket: Ticket) -> Ticket:
    """Whose course it takes: its master's, where it was merged, else its own."""
    return session.get_one(Ticket, ticket.merged_into_id) if ticket.merged_into_id else ticket


def children_of(ticket: Ticket) -> list[Ticket]:
    found = select(Ticket).where(Ticket.merged_into_id == ticket.id).order_by(Ticket.id)
    return list(session.scalars(found))


def insist_childless(ticket: Ticket) -> None:
    """What others wait for may not end without an answer.  Raises NotMergeable."""
    waiting = len(children_of(ticket))
    if waiting:
        raise NotMergeable(_("有 %(count)s 张工单并入这一张，请先拆回", count=waiting))


def may_be_separated(ticket: Ticket) -> bool:
    """A merged draft has no number, and nowhere to return to."""
    return ticket.number is not None and (
        ticket.state is TicketState.MERGED and handled_as(ticket).state in OPEN
    )


def why_not_into(child: Ticket, master: Ticket) -> str | None:
    """What is against this master, whatever is said; None where nothing is."""
    if child.id == master.id:
        return _("不能并入自己")
    if master.state not in OPEN:
        return _("主单 %(number)s 已不在办理", number=master.number)
    # A confidential child would be read with the master by whoever handles that one.
    if child.confidential != master.confidential:
        return _("保密工单和普通工单不能合并")
    if telling.by_number_alone(child) and not telling.by_number_alone(master):
        return _("主单是举报或涉及未成年人，答复不能告知其他市民，请另选主单")
    return None


def why_not(child: Ticket) -> str | None:
    """What is late stays late, and leads; so does what a unit has begun with, or others follow."""
    if children_of(child):
        return _("已有工单并入这一张，请把它作为主单")
    given, at = _in_hand(child), now()
    if any(one.signed_at for one in given):
        return _("工单 %(number)s 已有单位签收，不能并入；请以它为主单", number=child.number)
    dates = {child.due_at} | {
        date
        for one in given
        if one.part is not Part.INFO
        for date in (one.due_at, one.sign_due_at, one.respond_due_at, one.mobilise_due_at)
    }
    if any(date is not None and date <= at for date in dates):
        return _(
            "工单 %(number)s 已超期，并单会掩盖超期；请以它为主单，或单独办理", number=child.number
        )
    return None


def _insist(child: Ticket, master: Ticket, because: str) -> None:
    child.insist("merge")
    forbidden = why_not_into(child, master) or why_not(child)
    if forbidden is not None:
        raise NotMergeable(forbidden)
    if child.topic_id != master.topic_id and not because:
        raise NotMergeable(
            _(
                "主单是“%(topic)s”，与这张工单的事项类别不同；确属同一诉求请写明并单理由",
                topic=master.topic.name if master.topic else "—",
            )
        )


def _insist_separable(child: Ticket, because: str) -> Ticket:
    master = handled_as(child)
    if child.state is not TicketState.MERGED or child.number is None or not because:
        raise NotMergeable(_("这张工单没有并入其他工单"))
    if child.erased_at is not None:
        raise NotMergeable(_("工单的个人信息已删除，请登记新工单"))
    if master.state not in OPEN:
        raise NotMergeable(
            _(
                "主单 %(number)s 已不在办理，不能拆回；如需单独办理请登记新工单",
                number=master.number,
            )
        )
    return master


def _take_back(child: Ticket, by: StaffMember | None) -> None:
    """What units had in hand of it is theirs no longer."""
    current: Round | None = round_of(child)
    for one in _in_hand(child):
        recalling.end(one, by=by, because=RecallReason.MERGED)
    if current is not None:
        current.closed_at = now()


def _in_hand(child: Ticket) -> list[Assignment]:
    given = select(Assignment).where(
        Assignment.ticket_id == child.id, Assignment.level == 1, Assignment.ended_at.is_(None)
    )
    return list(session.scalars(given))


def _open_round_again(child: Ticket) -> None:
    """Nobody has handled it in the round that merging ended: it goes on."""
    last = session.scalar(
        select(Round).where(Round.ticket_id == child.id).order_by(Round.number.desc()).limit(1)
    )
    if last is not None:
        last.closed_at = None
