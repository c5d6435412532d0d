"""A unit's part is over, whichever way: with it what it still asked for, what was pressed for, and
whoever works below it.

What was left open would act on the next unit's handling, or keep the ticket from the archive."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, bindparam, select

from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    AssignmentState,
    Reply,
    ReplyVerdict,
    RequestKind,
    StaffMember,
)
from models.lifecycle import ASSIGNMENT_MOVES
from tickets import deciding, notices, supervising

# Of the round, not of what is in hand: decided also when the unit has answered.
OF_ROUND = (RequestKind.EXCLUSION, RequestKind.SCORE_APPEAL)
BELOW = select(Assignment).where(
    Assignment.parent_id == bindparam("assignment"), Assignment.ended_at.is_(None)
)


def withdraw(assignment: Assignment, move: str, *, by: StaffMember | None) -> None:
    """It is theirs no longer, nor of those below; ``move``: how it came to that."""
    _end(assignment, move, by)
    _recall(_below(assignment), by)


def acknowledge(assignment: Assignment, *, by: StaffMember | None) -> None:
    """Who only had to know is done by knowing."""
    _end(assignment, "acknowledge", by)
    assignment.accepted_at = assignment.ended_at


def accept(assignment: Assignment, *, by: StaffMember) -> None:
    """Its answer is accepted: with it those that it was made of, and nothing below is owed."""
    _end(assignment, "accept_reply", by, but=OF_ROUND)
    assignment.accepted_at = assignment.ended_at
    below = _below(assignment)
    for child in below:
        if child.state is AssignmentState.REPLIED:
            for given in session.scalars(_unchecked(child)):
                given.verdict, given.checked_at, given.checked_by_id = (
                    ReplyVerdict.PASSED,
                    now(),
                    by.id,
                )
            accept(child, by=by)
    _recall([child for child in below if child.ended_at is None], by)


def _end(
    assignment: Assignment, move: str, by: StaffMember | None, *, but: Collection[RequestKind] = ()
) -> None:
    deciding.cancel_open(assignment, but=but)
    assignment.make(move)
    assignment.ended_at = now()
    supervising.end_of(assignment.ticket, assignment.unit, by=by)


def _recall(children: Sequence[Assignment], by: StaffMember | None) -> None:
    """Whoever works for it works for nothing now."""
    for child in children:
        deciding.cancel_open(child)
        if child.state in ASSIGNMENT_MOVES["recall_below"].sources:
            _end(child, "recall_below", by)
            notices.tell_unit(child, "recalled")
        _recall(_below(child), by)


def _below(assignment: Assignment) -> Sequence[Assignment]:
    """Those at the next level that have not ended."""
    return session.scalars(BELOW, {"assignment": assignment.id}).all()


def _unchecked(assignment: Assignment) -> Select[Reply]:
    return select(Reply).where(Reply.assignment_id == assignment.id, Reply.verdict.is_(None))
