"""One spoken follow-up: whom it asks, what he has answered so far, and when it needs a person."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from assist import alarm
from assist.emergency import Danger
from followups import outcome
from followups.survey import Question
from infra.clock import now
from infra.db import session
from models import (
    GENERAL,
    AskedBy,
    Asking,
    AttemptState,
    Call,
    DialAttempt,
    FollowUp,
    FollowUpState,
    Person,
    Solved,
    Ticket,
    TicketState,
)
from queues import calls, waiting
from queues.journal import note
from telephony import attempts, outbound
from tickets import locking

# Before everybody who only waits for an answer: he was rung by us.
PRIORITY = 5

CHOICE = "follow_up"


@dataclass
class Talk:
    """What is being said on this leg; both rows are behind the ticket's lock."""

    follow_up: FollowUp
    attempt: DialAttempt
    asking: Asking

    @property
    def person(self) -> Person:
        if self.follow_up.ticket.person is None:
            raise LookupError(f"follow-up {self.follow_up.id} rings nobody")
        return self.follow_up.ticket.person


def of(attempt_id: int, leg: str, *, pressed: str = "") -> Talk | None:
    """The talk on this leg; None where there is nothing to ask any more."""
    number = session.scalar(
        select(Ticket.number)
        .join(FollowUp, FollowUp.ticket_id == Ticket.id)
        .join(DialAttempt, DialAttempt.dial_id == FollowUp.dial_id)
        .where(DialAttempt.id == attempt_id)
    )
    if number is None:
        return None
    ticket = locking.ticket(number)
    attempt = attempts.picked_up(attempt_id, leg, pressed=pressed)
    if attempt is None or ticket.state is not TicketState.PENDING_FOLLOW_UP:
        return None
    follow_up = session.scalars(
        select(FollowUp)
        .where(FollowUp.dial_id == attempt.dial_id)
        .execution_options(populate_existing=True)
    ).one()
    if follow_up.state is not FollowUpState.ROBOT:
        return None
    return Talk(follow_up, attempt, _asking(follow_up, attempt))


def over(attempt_id: int, leg: str) -> Talk | None:
    """The talk that has come to its end on this leg, which is not hung up yet: the carrier repeats
    what it thinks was lost."""
    asking = session.scalars(
        select(Asking)
        .join(Asking.attempt)
        .join(Asking.follow_up)
        .where(
            DialAttempt.id == attempt_id,
            DialAttempt.leg == leg,
            DialAttempt.state != AttemptState.ENDED,
            FollowUp.state.in_([FollowUpState.PERSON, FollowUpState.DONE]),
        )
    ).first()
    if asking is None or asking.attempt is None:
        return None
    return Talk(asking.follow_up, asking.attempt, asking)


def answer(talk: Talk, question: Question, value: str, *, key: str) -> None:
    """Keep an answer as it comes: whoever hangs up has said what he has said."""
    asking = talk.asking
    heard = {"question": question, "key": key} if key else {"question": question, "said": True}
    asking.heard = [*asking.heard, heard]
    match question:
        case Question.IDENTITY:
            asking.reached = True
            attempts.met_person(talk.attempt)
        case Question.CONTACTED:
            asking.contacted = value == "yes"
        case Question.SOLVED:
            asking.solved = Solved(value)
        case Question.SATISFIED:
            asking.satisfied = int(value)
            outbound.done(talk.attempt.dial)
        case Question.REASON:
            asking.reason = value[:1000]


def wrong_person(talk: Talk) -> None:
    """Somebody else has the telephone: a person finds out, no robot rings there again."""
    outcome.to_person(talk.follow_up, "wrong_person")


def unclear(talk: Talk) -> None:
    outcome.to_person(talk.follow_up, "unclear")


def hand_over(talk: Talk, leg: str, *, speech: str, danger: Danger | None = None) -> Call:
    """He wants a person, or is in danger: from here on his leg is a call that waits, ahead of who
    only waits."""
    session.execute(
        insert(Call)
        .values(
            sid=leg,
            person_id=talk.person.id,
            number_masked=talk.person.number_masked,
            language=talk.person.language,
            started_at=now(),
            choice=CHOICE,
            speech=speech or None,
            priority=PRIORITY,
        )
        .on_conflict_do_nothing(index_elements=["sid"])
    )
    call = calls.of_leg(leg, lock=True)
    if call is None:
        raise LookupError(f"call of leg {leg} was neither found nor made")
    note(call, "from_follow_up", ticket=talk.follow_up.ticket_id, follow_up=talk.follow_up.id)
    if danger is not None:
        alarm.raise_for(call, danger)
    waiting.enter(call, calls.line(GENERAL))
    outcome.to_person(talk.follow_up, "asked_for_person" if danger is None else "danger")
    return call


def _asking(follow_up: FollowUp, attempt: DialAttempt) -> Asking:
    session.execute(
        insert(Asking)
        .values(
            follow_up_id=follow_up.id,
            way=AskedBy.ROBOT,
            at=now(),
            attempt_id=attempt.id,
            heard=[],
        )
        .on_conflict_do_nothing(index_elements=["attempt_id"])
    )
    return session.scalars(select(Asking).where(Asking.attempt_id == attempt.id)).one()
