"""An assignment in hand: a unit signs, speaks to the citizen, delegates and replies."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    AssignmentState,
    Call,
    Contact,
    ContactWay,
    Part,
    Reply,
    Request,
    RequestState,
    Solved,
    StaffMember,
    Ticket,
    TicketState,
    Unit,
)
from models.assignment import DEEPEST
from models.lifecycle import IN_HAND
from tickets import deadlines, dispatch, ending, notices
from tickets.history import note
from web.languages import _
from web.refusals import Refused

# Built once: each reply and each end of one asks them.
OWING = (
    select(Assignment.id)
    .where(
        Assignment.ticket_id == bindparam("ticket"),
        Assignment.level == 1,
        Assignment.part != Part.INFO,
        Assignment.state.in_(IN_HAND),
    )
    .limit(1)
)
ASKS_TO_RETURN = select(Request.id).where(
    Request.assignment_id == bindparam("assignment"),
    Request.kind == "return",
    Request.state == RequestState.APPLIED,
)
# After a refused reply, too, whose clock had stopped.
SPOKEN = (
    select(Contact.at)
    .where(Contact.assignment_id == bindparam("assignment"), Contact.reached)
    .order_by(Contact.id)
    .limit(1)
)


class NotYours(Refused):
    """The assignment is another unit's."""


class NotYet(Refused):
    """Something must be done first; the message says what."""


@dataclass(frozen=True)
class Answer:
    """What a unit found and did; ``public`` is what the citizen will read."""

    public: str
    facts_true: bool
    solved: Solved
    internal: str = ""
    why_not: str = ""
    contacted_at: datetime | None = None
    contact_way: str = ""
    no_contact: str = ""
    beyond_duty: bool = False


def sign(assignment: Assignment, *, by: StaffMember | None) -> None:
    """The unit takes it; signing twice is signing once."""
    if assignment.signed_at is not None:
        return
    at, ticket = now(), assignment.ticket
    assignment.signed_at = at
    if assignment.part is Part.INFO:
        ending.acknowledge(assignment, by=by)
    else:
        assignment.make("sign")
    if leads(assignment) and ticket.state is TicketState.DISPATCHED:
        ticket.make("sign")
    note(ticket, "signed", by=by, unit=assignment.unit, assignment=assignment.id)


def contact(
    assignment: Assignment,
    *,
    by: StaffMember | None,
    way: ContactWay,
    reached: bool = True,
    words: str = "",
    call: Call | None = None,
) -> Contact:
    """Somebody spoke to the citizen, or tried to: the first time that he was reached counts."""
    _insist_signed(assignment)
    # A call is written down when it is over: it counts from when they began to speak.
    at = (call.answered_at if call else None) or now()
    first = reached and _is_first_word(assignment, at)
    if first:
        assignment.contacted_at = at
        _count_above(assignment, at)
    tried = Contact(
        assignment_id=assignment.id,
        at=at,
        by_id=by.id if by else None,
        way=way,
        reached=reached,
        words=words,
        call_id=call.id if call else None,
    )
    session.add(tried)
    session.flush()  # the history names it
    note(
        assignment.ticket,
        "contacted" if reached else "not_reached",
        by=by,
        unit=assignment.unit,
        assignment=assignment.id,
        contact=tried.id,
        way=way,
        first=first,
    )
    return tried


def mobilise(assignment: Assignment, *, by: StaffMember | None) -> None:
    """5533: people are on their way."""
    _insist_signed(assignment)
    if assignment.mobilised_at is None:
        assignment.mobilised_at = now()
        note(assignment.ticket, "mobilised", by=by, unit=assignment.unit)


def done_on_site(assignment: Assignment, *, by: StaffMember | None) -> None:
    """5533: it is handled where it happened, by people who set out; the report is still owed."""
    _insist_signed(assignment)
    if assignment.mobilised_at is None:
        raise NotYet(_("请先登记出动，再登记现场处置完毕"))
    if assignment.on_site_done_at is None:
        assignment.on_site_done_at = now()
        note(assignment.ticket, "done_on_site", by=by, unit=assignment.unit)


def delegate(
    assignment: Assignment, to: Unit, *, by: StaffMember | None, due_at: datetime, advice: str = ""
) -> Assignment:
    """Hand it to a sub-unit, which must be done before the unit itself is due."""
    _insist_signed(assignment)
    if to.parent_id != assignment.unit_id:
        raise NotYours(
            _("%(lower)s不是%(upper)s的下级单位", lower=to.name, upper=assignment.unit.name)
        )
    if assignment.level == DEEPEST:
        raise NotYet(_("已到第三级，不能再下派"))
    if assignment.due_at is not None and due_at > assignment.due_at:
        raise NotYet(_("下派期限不能晚于本单位期限"))
    if not to.active:
        raise dispatch.UnitClosed(to)
    if not assignment.in_hand or assignment.part is Part.INFO:
        raise NotYet(_("本单位已反馈或已不再承办，不能下派"))
    dispatch.insist_not_there(assignment.round, to)
    if assignment.state is not AssignmentState.DELEGATED:
        assignment.make("delegate")
    child = Assignment(
        ticket_id=assignment.ticket_id,
        round_id=assignment.round_id,
        unit=to,
        part=assignment.part,
        level=assignment.level + 1,
        parent_id=assignment.id,
        advice=advice,
        dispatched_at=now(),
        sign_due_at=min(due_at, assignment.sign_due_at or due_at),
        due_at_original=due_at,
    )
    deadlines.set_due(child, due_at)
    session.add(child)
    session.flush()  # the history names the child
    note(assignment.ticket, "delegated", by=by, unit=to, assignment=child.id, parent=assignment.id)
    notices.tell_unit(child, "dispatched")
    return child


def reply(assignment: Assignment, answer: Answer, *, by: StaffMember | None) -> Reply:
    """The unit answers.  A sub-unit's answer goes to the unit above it, a first-level one to the
    hotline's check once all who lead or assist have answered.  Raises NotYet."""
    _insist_signed(assignment)
    if _asks_to_return(assignment):
        raise NotYet(_("退单申请尚未处理，处理前不能反馈"))
    at = now()
    if answer.contacted_at is not None:
        _tell_of_contact(assignment, answer.contacted_at, answer.contact_way, by)
    assignment.make("reply")
    assignment.replied_at = at
    given = Reply(assignment_id=assignment.id, at=at, by_id=by.id if by else None, **vars(answer))
    session.add(given)
    session.flush()  # the history names the reply
    ticket = assignment.ticket
    if assignment.level == 1 and not still_owed(ticket):
        ticket.make("await_audit")
    note(
        ticket,
        "replied",
        by=by,
        unit=assignment.unit,
        assignment=assignment.id,
        reply=given.id,
        solved=answer.solved,
    )
    return given


def _is_first_word(assignment: Assignment, at: datetime) -> bool:
    """After the answer it is none any more: that clock has stopped."""
    over = assignment.replied_at or assignment.ended_at
    return assignment.contacted_at is None and (over is None or at < over)


def _count_above(assignment: Assignment, at: datetime) -> None:
    """Whoever has spoken to the citizen has done it for the units above, which gave it to him."""
    above = assignment.parent
    while above is not None:
        over = above.replied_at or above.ended_at
        if above.contacted_at is None and over is None:
            above.contacted_at = at
        above = above.parent


def _tell_of_contact(
    assignment: Assignment, told: datetime, way: str, by: StaffMember | None
) -> None:
    """The reply says that the citizen was spoken to.  Where nobody recorded that when it was done,
    it is recorded now, and is no first word of before: a date that a unit types meets no clock."""
    if told > now():
        raise NotYet(_("联系时间不能晚于现在"))
    if told < assignment.dispatched_at:
        raise NotYet(_("联系时间不能早于派单时间"))
    if assignment.contacted_at is not None:
        return
    recorded = session.scalar(SPOKEN, {"assignment": assignment.id})
    if recorded is None:
        contact(assignment, by=by, way=ContactWay(way or ContactWay.PHONE))
    else:
        assignment.contacted_at = recorded


def leads(assignment: Assignment) -> bool:
    return assignment.part is Part.LEAD and assignment.level == 1


def still_owed(ticket: Ticket) -> bool:
    """Whether any first-level unit of this round that leads or assists has not answered."""
    return session.scalar(OWING, {"ticket": ticket.id}) is not None


def _insist_signed(assignment: Assignment) -> None:
    if assignment.signed_at is None:
        raise NotYet(_("请先签收"))


def _asks_to_return(assignment: Assignment) -> bool:
    return session.scalar(ASKS_TO_RETURN, {"assignment": assignment.id}) is not None
