"""What a unit does with the parts that it has handed down: it refuses an answer, or takes one back.

Who is below answers to the unit above it, and to nobody else: neither the hotline nor a unit two
levels up reaches past it.  And only while the unit above has its own part in hand: once it has
answered itself, its answer is what is checked."""

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Assignment, AssignmentState, Reply, ReplyVerdict, StaffMember
from tickets import ending, notices
from tickets.handling import NotYet, NotYours
from tickets.history import note
from web.languages import _


def refuse_reply(reply: Reply, *, by: StaffMember | None, unit_id: int, remarks: str) -> None:
    """The unit below must answer better; its due date stays.  Raises NotYours, NotYet."""
    part = reply.assignment
    above = _insist_above(part, unit_id)
    if reply.verdict is not None or part.state is not AssignmentState.REPLIED:
        raise NotYet(_("这条反馈已有结论，或下级单位已重新办理，请刷新后核对"))
    by_id = by.id if by else None  # read now: reading writes what was changed so far
    reply.verdict, reply.remarks = ReplyVerdict.REFUSED, remarks
    reply.checked_at, reply.checked_by_id = now(), by_id
    part.make("refuse_below")
    # An answer that was no answer is not in time.
    part.replied_at = None
    note(part.ticket, "below_refused", by=by, unit=part.unit, reply=reply.id, parent=above.id)
    key = f"reply:{reply.id}:refused"
    notices.tell_about(part.ticket, part.unit, "below_refused", key=key)


def take_back(part: Assignment, *, by: StaffMember | None, unit_id: int, because: str) -> None:
    """The unit handles it itself, or gives it to another; with the part go those below it.

    Raises NotYours, NotYet."""
    above = _insist_above(part, unit_id)
    if part.ended_at is not None:
        raise NotYet(_("下级单位的承办已结束，不能收回"))
    ending.withdraw(part, "recall_below", by=by)
    session.flush()  # whether others are still below is asked next
    note(
        part.ticket,
        "taken_back",
        by=by,
        unit=part.unit,
        assignment=part.id,
        parent=above.id,
        because=because,
    )
    notices.tell_unit(part, "recalled")
    if above.state is AssignmentState.DELEGATED and not open_below(above):
        above.make("handle_itself")


def open_below(above: Assignment) -> list[Assignment]:
    """The parts of it that others have, at the next level."""
    parts = select(Assignment).where(
        Assignment.parent_id == above.id, Assignment.ended_at.is_(None)
    )
    return list(session.scalars(parts.order_by(Assignment.id)))


def all_below(above: Assignment) -> list[Assignment]:
    """At every level."""
    found: list[Assignment] = []
    layer = [above.id]
    while layer:
        parts = session.scalars(
            select(Assignment).where(Assignment.parent_id.in_(layer)).order_by(Assignment.id)
        ).all()
        found += parts
        layer = [one.id for one in parts]
    return found


def newest_reply(part: Assignment) -> Reply | None:
    return session.scalars(
        select(Reply).where(Reply.assignment_id == part.id).order_by(Reply.id.desc()).limit(1)
    ).first()


def _insist_above(part: Assignment, unit_id: int) -> Assignment:
    above = part.parent
    if above is None or above.unit_id != unit_id:
        raise NotYours(_("只有直接下派的单位可以退回或收回"))
    if not above.in_hand:
        raise NotYet(_("本单位已反馈或已不再承办，不能再退回或收回下级的承办"))
    return above
