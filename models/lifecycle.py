"""The life-cycle of tickets, assignments and requests as tables: the only ways to change state.

Source: reference life-cycle of 12345 lines, drawn in docs/tickets.md, which a test holds equal to
these tables.  ``overdue`` is no state: it is a clock's reading, and a late ticket keeps its own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from infra.wording import N_

S = TypeVar("S", bound=StrEnum)


class Actor(StrEnum):
    """Who may act, whatever roles he has in this installation."""

    AGENT = "agent"
    REVIEWER = "reviewer"
    DISPATCHER = "dispatcher"
    UNIT = "unit"
    LEAD = "lead"
    CITIZEN = "citizen"
    SYSTEM = "system"


@dataclass(frozen=True)
class Move(Generic[S]):
    """One row of a life-cycle: from any of ``sources`` to ``target``, by any of ``actors``."""

    sources: frozenset[S]
    target: S
    actors: frozenset[Actor]


class TicketState(StrEnum):
    DRAFT = "draft"
    REJECTED = "rejected"
    ANSWERED = "answered"
    TRANSFERRED = "transferred"
    PENDING_REVIEW = "pending_review"
    NEED_INFO = "need_info"
    PENDING_DISPATCH = "pending_dispatch"
    DISPATCHED = "dispatched"
    PROCESSING = "processing"
    PENDING_AUDIT = "pending_audit"
    PENDING_FOLLOW_UP = "pending_follow_up"
    REHANDLING = "rehandling"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    ARCHIVED = "archived"
    MERGED = "merged"
    VOID = "void"


STATE_LABELS: dict[TicketState, str] = {
    TicketState.DRAFT: N_("草稿"),
    TicketState.REJECTED: N_("不予受理"),
    TicketState.ANSWERED: N_("直接解答"),
    TicketState.TRANSFERRED: N_("已转接"),
    TicketState.PENDING_REVIEW: N_("待预审"),
    TicketState.NEED_INFO: N_("待补充"),
    TicketState.PENDING_DISPATCH: N_("待派单"),
    TicketState.DISPATCHED: N_("已派单"),
    TicketState.PROCESSING: N_("办理中"),
    TicketState.PENDING_AUDIT: N_("待审核"),
    TicketState.PENDING_FOLLOW_UP: N_("待回访"),
    TicketState.REHANDLING: N_("重办中"),
    TicketState.SUSPENDED: N_("挂账"),
    TicketState.CLOSED: N_("办结"),
    TicketState.ARCHIVED: N_("归档"),
    TicketState.MERGED: N_("已并单"),
    TicketState.VOID: N_("作废"),
}


class AssignmentState(StrEnum):
    PENDING_SIGN = "pending_sign"
    SIGNED = "signed"
    DELEGATED = "delegated"
    REPLIED = "replied"
    ACCEPTED = "accepted"
    REPLY_REJECTED = "reply_rejected"
    RETURN_PENDING = "return_pending"
    RETURNED = "returned"
    RECALLED = "recalled"


ASSIGNMENT_LABELS: dict[AssignmentState, str] = {
    AssignmentState.PENDING_SIGN: N_("待签收"),
    AssignmentState.SIGNED: N_("已签收"),
    AssignmentState.DELEGATED: N_("已下派"),
    AssignmentState.REPLIED: N_("已反馈"),
    AssignmentState.ACCEPTED: N_("审核通过"),
    AssignmentState.REPLY_REJECTED: N_("审核退回"),
    AssignmentState.RETURN_PENDING: N_("退单待审"),
    AssignmentState.RETURNED: N_("已退单"),
    AssignmentState.RECALLED: N_("已撤回"),
}


class RequestState(StrEnum):
    APPLIED = "applied"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


REQUEST_LABELS: dict[RequestState, str] = {
    RequestState.APPLIED: N_("待审批"),
    RequestState.APPROVED: N_("已同意"),
    RequestState.REJECTED: N_("未同意"),
    RequestState.CANCELLED: N_("已撤销"),
}


def _move(sources: set[S], target: S, *actors: Actor) -> Move[S]:
    return Move(frozenset(sources), target, frozenset(actors))


T, A = TicketState, AssignmentState

# Where a ticket is with units, and may be recalled, supervised, urged or merged.
WITH_UNITS = {T.DISPATCHED, T.PROCESSING, T.REHANDLING, T.PENDING_AUDIT}
BEFORE_UNITS = {T.PENDING_REVIEW, T.NEED_INFO, T.PENDING_DISPATCH}
OPEN = BEFORE_UNITS | WITH_UNITS | {T.PENDING_FOLLOW_UP, T.SUSPENDED}
# What is off the clock, or over however it ended, is late for nobody.
RUNNING = OPEN - {T.SUSPENDED}
FINAL = {T.REJECTED, T.ANSWERED, T.TRANSFERRED, T.CLOSED, T.ARCHIVED, T.MERGED, T.VOID}

TICKET_MOVES: dict[str, Move[TicketState]] = {
    "register": _move({T.DRAFT}, T.PENDING_DISPATCH, Actor.AGENT, Actor.SYSTEM),
    "register_for_review": _move({T.DRAFT}, T.PENDING_REVIEW, Actor.AGENT, Actor.SYSTEM),
    "answer_directly": _move({T.DRAFT}, T.ANSWERED, Actor.AGENT),
    "reject": _move({T.DRAFT, T.PENDING_REVIEW}, T.REJECTED, Actor.AGENT, Actor.REVIEWER),
    "hand_over": _move({T.DRAFT, *BEFORE_UNITS}, T.TRANSFERRED, Actor.AGENT, Actor.DISPATCHER),
    "pass_review": _move({T.PENDING_REVIEW}, T.PENDING_DISPATCH, Actor.REVIEWER),
    "ask_for_more": _move({T.PENDING_REVIEW, T.PENDING_DISPATCH}, T.NEED_INFO, Actor.REVIEWER),
    "complete": _move({T.NEED_INFO}, T.PENDING_DISPATCH, Actor.AGENT, Actor.CITIZEN, Actor.SYSTEM),
    "dispatch": _move({T.PENDING_DISPATCH}, T.DISPATCHED, Actor.DISPATCHER, Actor.SYSTEM),
    # Another unit handles it again: its round goes on.
    "dispatch_again": _move({T.PENDING_DISPATCH}, T.REHANDLING, Actor.DISPATCHER, Actor.SYSTEM),
    "sign": _move({T.DISPATCHED}, T.PROCESSING, Actor.UNIT),
    # The lead's assignment went back: somebody else must be found.
    "take_back": _move(
        WITH_UNITS - {T.PENDING_AUDIT}, T.PENDING_DISPATCH, Actor.DISPATCHER, Actor.SYSTEM
    ),
    "await_audit": _move({T.PROCESSING, T.REHANDLING}, T.PENDING_AUDIT, Actor.UNIT),
    "refuse_reply": _move({T.PENDING_AUDIT}, T.PROCESSING, Actor.REVIEWER),
    "await_follow_up": _move({T.PENDING_AUDIT}, T.PENDING_FOLLOW_UP, Actor.REVIEWER),
    "close": _move(
        {T.PENDING_FOLLOW_UP, T.PENDING_AUDIT}, T.CLOSED, Actor.REVIEWER, Actor.LEAD, Actor.SYSTEM
    ),
    "rehandle": _move({T.PENDING_FOLLOW_UP}, T.REHANDLING, Actor.REVIEWER, Actor.SYSTEM),
    "reopen": _move({T.CLOSED}, T.REHANDLING, Actor.LEAD, Actor.CITIZEN),
    "suspend": _move({T.PROCESSING, T.REHANDLING}, T.SUSPENDED, Actor.LEAD),
    "resume": _move({T.SUSPENDED}, T.PROCESSING, Actor.LEAD, Actor.SYSTEM),
    "merge": _move({T.DRAFT, *BEFORE_UNITS, T.DISPATCHED}, T.MERGED, Actor.AGENT, Actor.DISPATCHER),
    # It was no repeat after all.
    "separate": _move({T.MERGED}, T.PENDING_DISPATCH, Actor.DISPATCHER),
    "void": _move({T.DRAFT, *BEFORE_UNITS}, T.VOID, Actor.LEAD),
    # The call was about a ticket that is open already; and it was about another matter, too.
    "chase": _move({T.DRAFT}, T.VOID, Actor.AGENT),
    "take_up": _move({T.VOID}, T.DRAFT, Actor.AGENT),
    "archive": _move({T.CLOSED, T.ANSWERED}, T.ARCHIVED, Actor.SYSTEM),
}

ASSIGNMENT_MOVES: dict[str, Move[AssignmentState]] = {
    "sign": _move({A.PENDING_SIGN}, A.SIGNED, Actor.UNIT),
    # Who only had to know is done by knowing.
    "acknowledge": _move({A.PENDING_SIGN}, A.ACCEPTED, Actor.UNIT),
    "delegate": _move({A.SIGNED, A.REPLY_REJECTED}, A.DELEGATED, Actor.UNIT),
    "ask_return": _move({A.PENDING_SIGN, A.SIGNED}, A.RETURN_PENDING, Actor.UNIT),
    "approve_return": _move({A.RETURN_PENDING}, A.RETURNED, Actor.DISPATCHER, Actor.LEAD),
    # Another platform is no unit of ours: its refusal is a fact, and nobody's to decide.
    "decline": _move({A.PENDING_SIGN, A.SIGNED}, A.RETURNED, Actor.UNIT),
    # Refused or cancelled: the unit must handle it, and has signed by that.
    "refuse_return": _move({A.RETURN_PENDING}, A.SIGNED, Actor.DISPATCHER, Actor.LEAD, Actor.UNIT),
    "reply": _move({A.SIGNED, A.DELEGATED, A.REPLY_REJECTED}, A.REPLIED, Actor.UNIT),
    "accept_reply": _move({A.REPLIED}, A.ACCEPTED, Actor.REVIEWER),
    "refuse_reply": _move({A.REPLIED}, A.REPLY_REJECTED, Actor.REVIEWER),
    "recall": _move(
        {A.PENDING_SIGN, A.SIGNED, A.DELEGATED, A.REPLY_REJECTED}, A.RECALLED, Actor.DISPATCHER
    ),
    # What is below a unit is that unit's to check and to take back, whoever works for it.
    "refuse_below": _move({A.REPLIED}, A.REPLY_REJECTED, Actor.UNIT),
    "recall_below": _move(
        {A.PENDING_SIGN, A.SIGNED, A.DELEGATED, A.REPLY_REJECTED, A.REPLIED},
        A.RECALLED,
        Actor.UNIT,
        Actor.SYSTEM,
    ),
    # Nobody works for it any more.
    "handle_itself": _move({A.DELEGATED}, A.SIGNED, Actor.UNIT),
}

REQUEST_MOVES: dict[str, Move[RequestState]] = {
    "approve": _move(
        {RequestState.APPLIED}, RequestState.APPROVED, Actor.DISPATCHER, Actor.LEAD, Actor.REVIEWER
    ),
    "refuse": _move(
        {RequestState.APPLIED}, RequestState.REJECTED, Actor.DISPATCHER, Actor.LEAD, Actor.REVIEWER
    ),
    # By the unit above, of what a unit below it asks for.
    "turn_down": _move({RequestState.APPLIED}, RequestState.REJECTED, Actor.UNIT),
    "cancel": _move({RequestState.APPLIED}, RequestState.CANCELLED, Actor.UNIT, Actor.SYSTEM),
}

# In a unit's hands now: it owes a signature, a reply, or the decision about its return.
IN_HAND = {A.PENDING_SIGN, A.SIGNED, A.DELEGATED, A.REPLY_REJECTED, A.RETURN_PENDING}
WITHDRAWN = {A.RETURNED, A.RECALLED}
