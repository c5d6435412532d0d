"""The people's queue: what no robot asks, what it could not settle, and what is asked twice."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import Select, case, select
from sqlalchemy.orm import contains_eager, joinedload

from followups import double_check, outcome
from followups.planning import complete_asking
from infra.clock import now
from infra.db import session
from models import (
    AskedBy,
    Asking,
    Call,
    DialAttempt,
    FollowUp,
    FollowUpAlarm,
    FollowUpState,
    Role,
    Round,
    Solved,
    StaffMember,
    Ticket,
)
from staff import norms
from tickets import locking, search
from web.languages import _
from web.refusals import Refused

FOLLOWERS = (Role.AGENT, Role.LEAD, Role.QA)
MOST = 100
# Who asked for a person, or has said something bad, waits least.
URGENT = ("asked_for_person", "contradicts", "handled_often")


class NotYours(Refused):
    """Somebody else has taken it, or it is done."""


class Answers(BaseModel):
    """What a person has heard."""

    contacted: bool
    solved: Solved
    satisfied: int = Field(ge=1, le=5)
    reason: str = Field(default="", max_length=1000)
    # From now on: about the citizen, not about this ticket.
    no_robot: Literal["", "1"] = ""
    elderly: Literal["", "1"] = ""


def waiting(by: StaffMember) -> list[FollowUp]:
    """To be asked by a person: who is in danger, then the urgent, then the oldest."""
    urgent = case((_in_danger().exists(), 0), (FollowUp.why.in_(URGENT), 1), else_=2)
    queue = _listed(by).where(FollowUp.state == FollowUpState.PERSON)
    return list(session.scalars(queue.order_by(urgent, FollowUp.id)))


def to_check(by: StaffMember) -> list[FollowUp]:
    """Asked by the robot, and to be asked once more."""
    checks = _listed(by).where(FollowUp.to_check, FollowUp.checked_at.is_(None))
    return list(session.scalars(checks.order_by(FollowUp.id)))


def dangers(found: Iterable[FollowUp]) -> dict[int, str]:
    """The words of danger that were said when the robot rang, by follow-up."""
    said = (
        select(FollowUp.id, Call.emergency)
        .join(DialAttempt, DialAttempt.dial_id == FollowUp.dial_id)
        .join(Call, Call.sid == DialAttempt.leg)
        .where(FollowUp.id.in_([one.id for one in found]), Call.emergency.is_not(None))
    )
    return {follow_up_id: words or "" for follow_up_id, words in session.execute(said)}


def unseen_alarms() -> list[FollowUpAlarm]:
    return list(
        session.scalars(
            select(FollowUpAlarm)
            .where(FollowUpAlarm.seen_at.is_(None))
            .options(
                joinedload(FollowUpAlarm.round).joinedload(Round.ticket),
                joinedload(FollowUpAlarm.ticket),
            )
            .order_by(FollowUpAlarm.id)
            .limit(MOST)
        )
    )


def of_ticket(ticket: Ticket) -> list[FollowUp]:
    return list(
        session.scalars(
            select(FollowUp).where(FollowUp.ticket_id == ticket.id).order_by(FollowUp.id)
        )
    )


def askings_of(follow_up: FollowUp) -> list[Asking]:
    return list(
        session.scalars(
            select(Asking).where(Asking.follow_up_id == follow_up.id).order_by(Asking.id)
        )
    )


def locked(follow_up_id: int) -> FollowUp:
    """Behind its ticket's lock, and its master's where it was merged.  Raises NotThere."""
    number = session.scalar(
        select(Ticket.number)
        .join(FollowUp)
        .where(FollowUp.id == follow_up_id, Ticket.merged_into_id.is_not(None))
    )
    if number is not None:
        locking.with_master(number)
    return locking.follow_up(follow_up_id)


def is_to_check(follow_up: FollowUp) -> bool:
    return follow_up.to_check and follow_up.checked_at is None


def taken_by_other(follow_up: FollowUp, by: StaffMember) -> bool:
    until = follow_up.taken_until
    return follow_up.taken_by_id not in (None, by.id) and until is not None and until > now()


def take(follow_up: FollowUp, *, by: StaffMember) -> None:
    """Nobody else rings him meanwhile.  Raises NotYours."""
    _insist_free(follow_up, by)
    follow_up.taken_by_id, follow_up.taken_until = by.id, now() + norms.span("taken_for")


def _insist_free(follow_up: FollowUp, by: StaffMember) -> None:
    if follow_up.state is not FollowUpState.PERSON and not is_to_check(follow_up):
        raise NotYours(_("这条回访已处理完，请刷新列表"))
    if taken_by_other(follow_up, by):
        raise NotYours(_("这条回访已由他人领取，请选择其他回访"))


def record(follow_up: FollowUp, answers: Answers, *, by: StaffMember) -> None:
    """All three questions were asked by a person.  Raises NotYours."""
    _insist_free(follow_up, by)
    _remember(follow_up, answers)
    if is_to_check(follow_up):
        _check(follow_up, answers, by)
        return
    asking = asked(follow_up, answers, AskedBy.PERSON, by=by)
    outcome.conclude(follow_up, asking, by=by)


def not_reached(follow_up: FollowUp, *, by: StaffMember) -> None:
    take(follow_up, by=by)
    if is_to_check(follow_up):
        # The sample goes on without him: the robot's answers stand, neither right nor wrong.
        follow_up.checked_at = now()
        follow_up.taken_by_id = follow_up.taken_until = None
        return
    outcome.not_reached(follow_up, by=by)


def refuse(follow_up: FollowUp, *, by: StaffMember) -> None:
    take(follow_up, by=by)
    _insist_open(follow_up)
    outcome.refuse(follow_up, by=by)


def settle_for_good(follow_up: FollowUp, *, by: StaffMember) -> None:
    """By a lead alone."""
    take(follow_up, by=by)
    _insist_open(follow_up)
    outcome.settle_for_good(follow_up, by=by)


def answer_text(follow_up: FollowUp, answers: Answers) -> None:
    """The citizen has answered by the text message's page, the first time or once more."""
    asking = asked(follow_up, answers, AskedBy.TEXT)
    if follow_up.state is FollowUpState.TEXTED:
        outcome.conclude(follow_up, asking)
    else:
        outcome.change(follow_up, asking)


def _check(follow_up: FollowUp, answers: Answers, by: StaffMember) -> None:
    robot = complete_asking(follow_up)
    person = asked(follow_up, answers, AskedBy.PERSON, by=by)
    person.check = True
    follow_up.taken_by_id = follow_up.taken_until = None
    if robot is None:
        raise LookupError(f"follow-up {follow_up.id} is checked and was never asked")
    double_check.compare(follow_up, robot, person)
    if not follow_up.agrees and outcome.may_change(follow_up):
        outcome.change(follow_up, person)


def asked(
    follow_up: FollowUp,
    answers: Answers,
    way: AskedBy,
    *,
    by: StaffMember | None = None,
    call: Call | None = None,
) -> Asking:
    """Keep one time that he answered all three."""
    asking = Asking(
        follow_up_id=follow_up.id,
        way=way,
        at=now(),
        by_id=by.id if by else None,
        call_id=call.id if call else None,
        reached=True,
        contacted=answers.contacted,
        solved=answers.solved,
        satisfied=answers.satisfied,
        reason=answers.reason.strip() or None,
    )
    session.add(asking)
    session.flush()  # the history names it
    return asking


def _remember(follow_up: FollowUp, answers: Answers) -> None:
    if not answers.no_robot and not answers.elderly:
        return
    person = follow_up.ticket.person
    if person is not None:
        person.no_robot = person.no_robot or bool(answers.no_robot)
        person.elderly = person.elderly or bool(answers.elderly)


def _insist_open(follow_up: FollowUp) -> None:
    if follow_up.done:
        raise NotYours(_("这条回访已处理完，请刷新列表"))


def _in_danger() -> Select[int]:
    """Of the follow-up that is being listed; a leg that the robot rang is a call once he waits."""
    return (
        select(Call.id)
        .join(DialAttempt, DialAttempt.leg == Call.sid)
        .where(DialAttempt.dial_id == FollowUp.dial_id, Call.emergency.is_not(None))
        .correlate(FollowUp)
    )


def _listed(by: StaffMember) -> Select[FollowUp]:
    """As many as a list holds of those that ``by`` may read."""
    of_ticket = contains_eager(FollowUp.ticket)
    return (
        select(FollowUp)
        .join(FollowUp.ticket)
        .outerjoin(Call, Call.id == Ticket.call_id)
        .where(search.within_reach(by))
        .options(
            of_ticket.joinedload(Ticket.topic),
            of_ticket.joinedload(Ticket.unit),
            joinedload(FollowUp.taken_by),
        )
        .limit(MOST)
    )
