"""What citizens said when they were asked afterwards, as the indicators count it.

Only who was reached counts, above and below the line: who was not, who would not say and whom the
law exempts says nothing of a unit.  Source: domain reference 1.8 and 1.9."""

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from analytics.counting import Facts, Reasons, facts
from models import (
    Asking,
    Assignment,
    AssignmentState,
    AttemptResult,
    DialAttempt,
    FollowUp,
    FollowUpResult,
    LegalClock,
    LegalStep,
    Part,
    Request,
    RequestKind,
    RequestState,
    Round,
    Solved,
)
from staff import norms

Later = aliased(FollowUp)

_NOT_ASKED: Reasons = [
    (FollowUp.result == one, one) for one in (FollowUpResult.EXEMPT, FollowUpResult.WITHDRAWN)
]
# Approved before he was asked or afterwards: what he says of this round counts for no unit.
_EXCLUDED: Reasons = [
    (
        exists().where(
            Request.ticket_id == FollowUp.ticket_id,
            Request.kind == RequestKind.EXCLUSION,
            Request.state == RequestState.APPROVED,
            Assignment.id == Request.assignment_id,
            Assignment.round_id == FollowUp.round_id,
        ),
        "excluded",
    )
]
# A lead has approved that this rating shall not count for the unit that led the round.
_APPEALED: Reasons = [
    (
        exists().where(
            Request.ticket_id == FollowUp.ticket_id,
            Request.kind == RequestKind.SCORE_APPEAL,
            Request.state == RequestState.APPROVED,
            Assignment.id == Request.assignment_id,
            Assignment.round_id == FollowUp.round_id,
        ),
        "appealed",
    )
]
_EXEMPT: Reasons = [
    ((FollowUp.result == FollowUpResult.EXEMPT) & reason, name) for reason, name in _EXCLUDED
]
_NOT_REACHED: Reasons = [
    *_EXCLUDED,
    *_NOT_ASKED,
    (FollowUp.result == FollowUpResult.UNREACHABLE, FollowUpResult.UNREACHABLE),
    (FollowUp.result == FollowUpResult.REFUSED, FollowUpResult.REFUSED),
]


def having_spoken() -> Facts:
    """Whether the unit had spoken to him, as he says."""
    unknown = (FollowUp.contacted.is_(None), "not_answered")
    return _ended(func.coalesce(FollowUp.contacted, False), excluded=[*_NOT_REACHED, unknown])


def solving() -> Facts:
    """Solved, as he says; in part is not solved."""
    unknown = (FollowUp.solved.is_(None), "not_answered")
    hit = func.coalesce(FollowUp.solved == Solved.YES, False)
    return _ended(hit, excluded=[*_NOT_REACHED, unknown])


def satisfying() -> Facts:
    """Basically satisfied at least, by the rating that holds in the end.  Who was mediated between
    has another side beside him, whom no unit may favour: domain reference 0.10 and 2.9."""
    hit = func.coalesce(FollowUp.final_rating >= norms.amount("least_satisfied"), False)
    mediated = exists().where(
        LegalClock.ticket_id == FollowUp.ticket_id, LegalClock.step == LegalStep.ACCEPT
    )
    return _ended(hit, excluded=[*_NOT_REACHED, *_APPEALED, (mediated, "mediation")])


def following_up() -> Facts:
    """Somebody, or the robot, asked or tried to."""
    return _ended(_tried(), excluded=[*_EXEMPT, *_NOT_ASKED])


def reaching() -> Facts:
    reached = FollowUp.result == FollowUpResult.REACHED
    return _ended(reached, excluded=[*_EXEMPT, *_NOT_ASKED]).where(_tried())


def handling_again() -> Facts:
    """Of the tickets whose citizens were asked, the ones that had to be handled more than once:
    each once, where he was asked last."""
    again = exists().where(Round.ticket_id == FollowUp.ticket_id, Round.number > 1)
    return _ended(again, excluded=_NOT_REACHED).where(~_asked_later())


def being_confirmed() -> Facts:
    """A person who asked again heard what the robot had heard."""
    return facts(
        FollowUp.ticket_id, FollowUp.checked_at, func.coalesce(FollowUp.agrees, literal(False))
    )


def _ended(hit: ColumnElement[bool], *, excluded: Reasons) -> Facts:
    lead = (
        select(Assignment.unit_id)
        .where(
            Assignment.round_id == FollowUp.round_id,
            Assignment.part == Part.LEAD,
            Assignment.level == 1,
            Assignment.state == AssignmentState.ACCEPTED,
        )
        .scalar_subquery()
    )
    return facts(FollowUp.ticket_id, FollowUp.done_at, hit, unit=lead, excluded=excluded)


def _asked_later() -> ColumnElement[bool]:
    """Another follow-up of the ticket counts before this one: one that counts at all before one
    that does not, and of two that are alike the newer."""
    later = select(Later.id).where(
        Later.ticket_id == FollowUp.ticket_id, Later.done_at.is_not(None)
    )
    counts, this_counts = _reached(Later), _reached(FollowUp)
    newer = and_(counts == this_counts, Later.id > FollowUp.id)
    return exists(later.where(or_(and_(counts, ~this_counts), newer)))


def _reached(one: type[FollowUp]) -> ColumnElement[bool]:
    excluded = (
        exists()
        .where(
            Request.ticket_id == one.ticket_id,
            Request.kind == RequestKind.EXCLUSION,
            Request.state == RequestState.APPROVED,
            Assignment.id == Request.assignment_id,
            Assignment.round_id == one.round_id,
        )
        .correlate(one)
    )
    return and_(one.result == FollowUpResult.REACHED, ~excluded)


def _tried() -> ColumnElement[bool]:
    """Asked, or rung by a person in vain; or his telephone rang for the robot, who begins to ask
    only when somebody answers."""
    asked = select(Asking.id).where(Asking.follow_up_id == FollowUp.id)
    rung = select(DialAttempt.id).where(
        DialAttempt.dial_id == FollowUp.dial_id,
        DialAttempt.result.is_distinct_from(AttemptResult.NOT_PLACED),
    )
    return or_(FollowUp.result == FollowUpResult.REACHED, exists(asked), exists(rung))
