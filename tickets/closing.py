"""The reply is checked, the citizen is asked, the ticket is closed; or it begins again."""

from sqlalchemy import bindparam, exists, func, select

from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    AssignmentState,
    FollowUp,
    FollowUpResult,
    FollowUpState,
    Kind,
    Part,
    Reply,
    ReplyVerdict,
    Request,
    RequestState,
    Round,
    StaffMember,
    SuperviseKind,
    Ticket,
    TicketState,
)
from staff import norms
from telephony import outbound
from tickets import (
    answering,
    deadlines,
    ending,
    exclusions,
    handling,
    locking,
    notices,
    supervising,
    telling,
)
from tickets.dispatch import round_of
from tickets.history import note
from web.languages import _
from web.refusals import Refused

AT_ONCE = 200


# Built once: each answer and each end asks them.
UNANSWERED = (
    select(Assignment.id)
    .where(
        Assignment.ticket_id == bindparam("ticket"),
        Assignment.level == 1,
        Assignment.part != Part.INFO,
        Assignment.ended_at.is_(None),
    )
    .limit(1)
)
ROUNDS = select(func.count()).where(Round.ticket_id == bindparam("ticket"))


class AlreadyChecked(Refused):
    """The reply has its verdict; whoever pressed had an older page before him."""

    def __init__(self) -> None:
        super().__init__(_("这条反馈已审核过，结论不能更改；单位的新反馈请从待审核列表打开"))


class TooLate(Refused):
    """It can no longer be opened again; a new ticket can be made."""


def accept_reply(reply: Reply, *, by: StaffMember) -> None:
    """The answer may be read to the citizen; with the last of them the ticket goes on.

    Raises AlreadyChecked, and NotYet for what a unit above has to check."""
    assignment = reply.assignment
    _insist_first_level(assignment)
    _check(reply, ReplyVerdict.PASSED, by, "")
    ticket = assignment.ticket
    with session.no_autoflush:  # looking things up would write the ticket link by link
        ending.accept(assignment, by=by)
        session.flush()  # whether all are in is asked below
        note(ticket, "reply_accepted", by=by, unit=assignment.unit, reply=reply.id)
        if assignment.level == 1 and ticket.state is TicketState.PENDING_AUDIT and _all_in(ticket):
            _go_on(ticket, by)


def refuse_reply(reply: Reply, *, by: StaffMember, remarks: str) -> None:
    """The unit must answer better; its due date stays.  Raises AlreadyChecked, NotYet."""
    assignment = reply.assignment
    _insist_first_level(assignment)
    _check(reply, ReplyVerdict.REFUSED, by, remarks)
    assignment.make("refuse_reply")
    # An answer that was no answer is not in time.
    assignment.replied_at = None
    ticket = assignment.ticket
    note(ticket, "reply_refused", by=by, unit=assignment.unit, reply=reply.id)
    if assignment.level == 1 and ticket.state is TicketState.PENDING_AUDIT:
        ticket.make("refuse_reply")
    notices.tell_about(ticket, assignment.unit, "reply_refused", key=f"reply:{reply.id}:refused")


def close(ticket: Ticket, *, by: StaffMember | None, because: str) -> None:
    """The ticket ends, with its round; closing twice is closing once."""
    if ticket.state in (TicketState.CLOSED, TicketState.ARCHIVED):
        return
    if ticket.state is TicketState.PENDING_AUDIT and not _all_in(ticket):
        raise handling.NotYet(_("反馈还没有全部通过审核，不能办结"))
    ticket.make("close")
    at = now()
    ticket.closed_at = at
    handled = _end_round(ticket)
    note(ticket, "closed", by=by, because=because)
    answering.answer_children(ticket, handled, by=by)


def exempt(ticket: Ticket, *, by: StaffMember | None) -> None:
    """Its exclusion was approved: the citizen is asked nothing, or nothing more, and it ends."""
    asked = _question(ticket)
    if asked.dial is not None:
        outbound.cancel(asked.dial)
    asked.move_to(FollowUpState.DONE)
    asked.result, asked.done_at = FollowUpResult.EXEMPT, now()
    asked.taken_by_id = asked.taken_until = None
    close(ticket, by=by, because="excluded")


def rehandle(
    ticket: Ticket, *, by: StaffMember | None, because: str, reason: str = ""
) -> Assignment:
    """A new round for the same unit, with a shorter clock; its superior gets a copy.

    ``reason``: what is wrong, for the unit to read."""
    ticket.make("rehandle")
    return _begin_again(ticket, by, because, reason)


def reopen(ticket: Ticket, *, by: StaffMember | None, because: str, reason: str = "") -> Assignment:
    """A closed ticket begins again, not for ever.  Raises TooLate."""
    if ticket.erased_at is not None:
        raise TooLate(_("工单的个人信息已删除，请登记新工单"))
    if ticket.closed_at is not None and now() - ticket.closed_at > norms.span("reopened_within"):
        days = norms.amount("reopened_within")
        raise TooLate(_("办结已超过 %(days)s 天，请登记新工单", days=days))
    ticket.make("reopen")
    ticket.closed_at = None
    return _begin_again(ticket, by, because, reason)


def may_be_rehandled(ticket: Ticket) -> bool:
    return _rounds(ticket) <= norms.amount("most_rehandlings")


def may_follow(newest: Round) -> bool:
    """Whether one more handling may follow the ticket's newest."""
    return newest.number <= norms.amount("most_rehandlings")


def archive_due() -> int:
    """Closed for long enough: nothing changes any more."""
    before = now() - norms.span("archived_after")
    due = session.scalars(
        select(Ticket)
        .where(
            Ticket.state.in_([TicketState.CLOSED, TicketState.ANSWERED]),
            func.coalesce(Ticket.closed_at, Ticket.submitted_at) <= before,
            # Somebody has still to decide about it.
            ~exists().where(Request.ticket_id == Ticket.id, Request.state == RequestState.APPLIED),
        )
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for ticket in due:
        locking.hold(ticket)
        ticket.closed_at = ticket.closed_at or ticket.submitted_at
        ticket.make("archive")
        note(ticket, "archived")
    return len(due)


def _insist_first_level(assignment: Assignment) -> None:
    if assignment.parent is not None:
        raise handling.NotYet(_("下级单位的反馈由%(unit)s审核", unit=assignment.parent.unit.name))


def _check(reply: Reply, verdict: ReplyVerdict, by: StaffMember, remarks: str) -> None:
    # An older reply of the same assignment: what is now in hand is another, which nobody has read.
    if reply.verdict is not None:
        raise AlreadyChecked
    # Whoever it is, is read before anything is half set: reading writes what was changed so far.
    by_id = by.id
    reply.verdict, reply.remarks = verdict, remarks
    reply.checked_at, reply.checked_by_id = now(), by_id


def _all_in(ticket: Ticket) -> bool:
    return session.scalar(UNANSWERED, {"ticket": ticket.id}) is None


def _go_on(ticket: Ticket, by: StaffMember) -> None:
    """To the follow-up; praise, and whoever wants no answer, is not asked again."""
    if ticket.needs_reply and ticket.kind is not Kind.PRAISE:
        ticket.make("await_follow_up")
        note(ticket, "awaits_follow_up", by=by)
        current = round_of(ticket)
        if current is None:
            return
        # Nobody asks a child, or for it, whether he is satisfied.
        if telling.concerns_a_minor(ticket) or exclusions.of(current) is not None:
            exempt(ticket, by=by)
    else:
        close(ticket, by=by, because="no_reply_wanted")


def _question(ticket: Ticket) -> FollowUp:
    """This round's, begun here where the clock has not come to it: the figures show why nobody was
    asked."""
    current = round_of(ticket)
    if current is None:
        raise LookupError(f"ticket {ticket.id} awaits its follow-up without a round")
    begun = session.scalar(
        select(FollowUp).where(FollowUp.round_id == current.id, FollowUp.ticket_id == ticket.id)
    )
    if begun is not None:
        return begun
    asked = FollowUp(
        ticket=ticket, round=current, state=FollowUpState.PERSON, why="excluded", opened_at=now()
    )
    session.add(asked)
    return asked


def _end_round(ticket: Ticket) -> Round | None:
    current = round_of(ticket)
    if current is not None:
        current.closed_at = now()
    return current


def _begin_again(ticket: Ticket, by: StaffMember | None, because: str, reason: str) -> Assignment:
    before = _last_lead(ticket)
    _end_round(ticket)
    answering.ask_children_no_more(ticket)
    session.flush()  # one round is open at a time
    at = now()
    following = Round(
        ticket_id=ticket.id,
        number=_rounds(ticket) + 1,
        opened_at=at,
        because=because,
        reason=reason,
    )
    session.add(following)
    session.flush()  # its assignment needs the id
    again = _again(before, following)
    session.add(again)
    session.flush()  # the history names it
    ticket.due_at = again.due_at
    note(ticket, "rehandled", by=by, unit=before.unit, assignment=again.id, because=because)
    notices.tell_unit(again, "rehandled")
    if before.unit.parent is not None:
        notices.tell_about(
            ticket, before.unit.parent, "rehandled_copy", key=f"assignment:{again.id}:copy"
        )
    else:
        # Nobody is above a member unit but who leads it.
        notices.tell_leader(again, "rehandled")
    if following.number > norms.amount("most_rehandlings"):
        supervising.supervise(ticket, before.unit, SuperviseKind.SYSTEM, "unsatisfied", by=by)
    return again


def _again(before: Assignment, following: Round) -> Assignment:
    at = following.opened_at
    due = deadlines.due_again(following.ticket, before.unit, at)
    one = Assignment(
        ticket_id=following.ticket_id,
        round_id=following.id,
        unit=before.unit,
        rule_id=before.rule_id,
        dispatched_at=at,
        sign_due_at=due.sign,
        respond_due_at=deadlines.first_word(following.ticket, due),
        due_at_original=due.handle,
        limits=due.limits,
    )
    deadlines.set_due(one, due.handle)
    return one


def _last_lead(ticket: Ticket) -> Assignment:
    return session.scalars(
        select(Assignment)
        .where(
            Assignment.ticket_id == ticket.id,
            Assignment.part == Part.LEAD,
            Assignment.level == 1,
            Assignment.state == AssignmentState.ACCEPTED,
        )
        .order_by(Assignment.id.desc())
    ).first() or _never(ticket)


def _never(ticket: Ticket) -> Assignment:
    raise LookupError(f"ticket {ticket.id} was closed without a unit that led")


def _rounds(ticket: Ticket) -> int:
    return session.scalar(ROUNDS, {"ticket": ticket.id}) or 0
