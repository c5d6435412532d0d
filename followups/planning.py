"""What the clock finds each minute: follow-ups to plan, to hand to people, to end."""

from collections.abc import Callable

from flask import current_app
from sqlalchemy import Select, bindparam, exists, select

from followups import double_check, outcome
from followups.exemptions import why_no_robot
from infra import parallel
from infra.clock import now
from infra.db import session, transaction
from models import (
    Asking,
    AttemptState,
    Dial,
    DialAttempt,
    DialPurpose,
    DialState,
    FollowUp,
    FollowUpResult,
    FollowUpState,
    Round,
    Ticket,
    TicketState,
)
from telephony import outbound
from tickets import dispatch, locking

AT_ONCE = 100
OPEN = select(FollowUp).where(
    FollowUp.ticket_id == bindparam("ticket"), FollowUp.state != FollowUpState.DONE
)
# What was merged has no state of its own: its citizen is asked once its master is closed.
ASKED_ABOUT = (TicketState.PENDING_FOLLOW_UP, TicketState.MERGED)
# Where the carrier asks what to say; the attempt's id follows.
DOCUMENT = "/voice/follow-up"


def run() -> None:
    """Safe to run twice; each ticket in a transaction of its own.  Which of these have anything to
    do is asked in one question: mostly none."""
    steps = (
        (_unplanned(), _plan),
        (_gone_on(), _withdraw),
        (_dialled(), _after_robot),
        (_text_over(), _after_text),
    )
    with transaction():
        due = session.execute(select(*(query.order_by(None).exists() for query, _ in steps))).one()
    for (query, step), any_ in zip(steps, due, strict=True):
        if any_:
            _each(query, step)


def open_of(ticket: Ticket) -> FollowUp | None:
    """The question that is being asked about this ticket; at most one is."""
    return session.scalar(OPEN, {"ticket": ticket.id})


def begun(ticket: Ticket) -> FollowUp | None:
    """The question about this handling, begun now where the clock has not come to it yet; None
    where nothing is to be asked."""
    found, current = open_of(ticket), dispatch.round_of(ticket)
    if found is not None or current is None:
        return found
    return _new(ticket, current) if ticket.state is TicketState.PENDING_FOLLOW_UP else None


def complete_asking(follow_up: FollowUp) -> Asking | None:
    """The newest time that all was answered."""
    return session.scalar(
        select(Asking)
        .where(
            Asking.follow_up_id == follow_up.id,
            Asking.satisfied.is_not(None),
            Asking.check.is_(False),
        )
        .order_by(Asking.id.desc())
        .limit(1)
    )


def _each(query: Select[str | None], step: Callable[[Ticket], None]) -> None:
    with transaction():
        numbers = session.scalars(query.limit(AT_ONCE)).all()
    # One that fails is logged, and keeps no other from being asked.
    parallel.each(numbers, lambda number: _one(number or "", step), at_once=1)


def _one(number: str, step: Callable[[Ticket], None]) -> None:
    with transaction():
        step(locking.ticket(number))


def _unplanned() -> Select[str | None]:
    asked = exists().where(FollowUp.round_id == Round.id, FollowUp.ticket_id == Round.ticket_id)
    return (
        select(Ticket.number)
        .join(Round, (Round.ticket_id == Ticket.id) & Round.closed_at.is_(None))
        .where(Ticket.state == TicketState.PENDING_FOLLOW_UP, ~asked)
        .order_by(Ticket.id)
    )


def _plan(ticket: Ticket) -> None:
    current = dispatch.round_of(ticket)
    if ticket.state is not TicketState.PENDING_FOLLOW_UP or current is None or open_of(ticket):
        return
    why = why_no_robot(ticket) or ("" if double_check.trusted() else "robot_stopped")
    if ticket.person is None:
        outcome.close_unreachable(_new(ticket, current, why))
    elif why:
        _new(ticket, current, why)
    else:
        dial = outbound.plan(
            DialPurpose.FOLLOW_UP,
            key=f"follow_up:round:{current.id}",
            number=ticket.person.number,
            person=ticket.person,
            url=current_app.config["SETTINGS"].public_url + DOCUMENT,
        )
        session.add(
            FollowUp(
                ticket=ticket, round=current, state=FollowUpState.ROBOT, dial=dial, opened_at=now()
            )
        )


def _new(ticket: Ticket, current: Round, why: str = "") -> FollowUp:
    follow_up = FollowUp(
        ticket=ticket, round=current, state=FollowUpState.PERSON, why=why or "-", opened_at=now()
    )
    session.add(follow_up)
    session.flush()  # whoever asks for it names it by its id
    return follow_up


def _gone_on() -> Select[str | None]:
    """A lead closed the ticket, or it went another way: nobody need be asked any more."""
    return (
        select(Ticket.number)
        .join(FollowUp, FollowUp.ticket_id == Ticket.id)
        .where(
            FollowUp.state != FollowUpState.DONE,
            Ticket.state.not_in(ASKED_ABOUT),
        )
        .order_by(FollowUp.id)
    )


def _withdraw(ticket: Ticket) -> None:
    follow_up = open_of(ticket)
    if follow_up is not None and ticket.state not in ASKED_ABOUT:
        if follow_up.dial is not None:
            outbound.cancel(follow_up.dial)
        outcome.finish(follow_up, follow_up.or_rated(FollowUpResult.WITHDRAWN))


def _dialled() -> Select[str | None]:
    """The dialler is through with it, and nobody is on the line any more."""
    on_the_line = exists().where(
        DialAttempt.dial_id == Dial.id, DialAttempt.state != AttemptState.ENDED
    )
    return (
        select(Ticket.number)
        .join(FollowUp, FollowUp.ticket_id == Ticket.id)
        .join(Dial, FollowUp.dial_id == Dial.id)
        .where(
            FollowUp.state == FollowUpState.ROBOT,
            Dial.state.not_in([DialState.WAITING, DialState.DIALLING]),
            ~on_the_line,
        )
        .order_by(FollowUp.id)
    )


def _after_robot(ticket: Ticket) -> None:
    follow_up = open_of(ticket)
    if follow_up is None or follow_up.state is not FollowUpState.ROBOT or follow_up.dial is None:
        return
    asking = complete_asking(follow_up)
    if asking is not None:
        # He hung up before the good-bye; what he has answered holds.
        outcome.conclude(follow_up, asking)
    elif follow_up.dial.state is DialState.EXHAUSTED:
        outcome.last_try(follow_up)
    elif follow_up.dial.state is DialState.REFUSED:
        outcome.to_person(follow_up, "bad_number")
    else:
        outcome.to_person(follow_up, "unclear")


def _text_over() -> Select[str | None]:
    return (
        select(Ticket.number)
        .join(FollowUp, FollowUp.ticket_id == Ticket.id)
        .where(FollowUp.state == FollowUpState.TEXTED, FollowUp.text_until <= now())
        .order_by(FollowUp.id)
    )


def _after_text(ticket: Ticket) -> None:
    follow_up = open_of(ticket)
    if follow_up is None or follow_up.state is not FollowUpState.TEXTED:
        return
    if follow_up.text_until is not None and follow_up.text_until <= now():
        outcome.close_unreachable(follow_up)
