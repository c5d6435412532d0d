"""What must be said before a ticket can be dispatched: asked of its citizen, and not for ever.

Source: domain reference 1.5: the clock stands still for it, three working days at most."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import BindParameter, ColumnElement, func, select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Remark, RemarkKind, StaffMember, Ticket, TicketState
from staff import norms
from telephony.sentences import tongue
from tickets import deadlines, locking, sms, telling
from tickets.history import note
from tickets.messages import queue_text
from tickets.working_time import Limit, Measure

AT_ONCE = 100


def ask(ticket: Ticket, words: str, *, by: StaffMember) -> Remark:
    """Put to whoever reads the ticket, and to its citizen where he may be told by text."""
    _end(ticket)
    at = now()
    asked = Remark(
        ticket_id=ticket.id,
        kind=RemarkKind.QUESTION,
        at=at,
        by_id=by.id,
        words=words,
        due_at=deadlines.after(at, Limit(norms.amount("question_waits"), Measure.WORKING_DAYS)),
    )
    session.add(asked)
    session.flush()  # the history names it
    note(ticket, "asked_for_more", by=by, remark=asked.id)
    _tell_citizen(ticket, asked)
    return asked


def of(ticket: Ticket) -> Remark | None:
    """What is asked and not answered yet."""
    if ticket.state is not TicketState.NEED_INFO:
        return None
    return _open(ticket)


def complete(ticket: Ticket) -> None:
    """It was answered, or nobody waits for that any longer: on to dispatch, with the time back."""
    ticket.make("complete")
    _end(ticket)
    if ticket.dispatched_at is None and ticket.submitted_at is not None:
        start = ticket.submitted_at + _waited(ticket)
        ticket.due_at = deadlines.due_of(ticket, ticket.unit, start).handle


def give_up_due() -> int:
    """What nobody answered in its time goes on without: the unit asks where it must."""
    due = session.scalars(
        select(Remark.ticket_id).where(*lapsed(now())).order_by(Remark.due_at).limit(AT_ONCE)
    ).all()
    locking.in_order(due)
    for ticket_id in sorted(due):
        ticket = session.get_one(Ticket, ticket_id)
        if ticket.state is TicketState.NEED_INFO:
            complete(ticket)
            note(ticket, "question_lapsed")
        else:
            _end(ticket)
    return len(due)


def lapsed(at: datetime | BindParameter[datetime]) -> tuple[ColumnElement[bool], ...]:
    """Of a remark: a question whose time is over."""
    return Remark.kind == RemarkKind.QUESTION, Remark.ended_at.is_(None), Remark.due_at <= at


def _open(ticket: Ticket) -> Remark | None:
    return session.scalar(
        select(Remark).where(
            Remark.ticket_id == ticket.id,
            Remark.kind == RemarkKind.QUESTION,
            Remark.ended_at.is_(None),
        )
    )


def _end(ticket: Ticket) -> None:
    asked = _open(ticket)
    if asked is not None:
        asked.ended_at = now()
        session.flush()  # one is open at a time, and how long it was is added up


def _waited(ticket: Ticket) -> timedelta:
    return session.scalar(
        select(func.sum(Remark.ended_at - Remark.at)).where(
            Remark.ticket_id == ticket.id, Remark.ended_at.is_not(None)
        )
    ) or timedelta(0)


def _tell_citizen(ticket: Ticket, asked: Remark) -> None:
    """Never of what a number alone may not learn: an agent rings him, who reads it on the page."""
    person = ticket.person
    if person is None or not sms.reaches(person) or not telling.by_number_alone(ticket):
        return
    body = tongue(person.language).sentence(
        "question_text",
        number=ticket.number,
        words=asked.words,
        day=f"{local(asked.due_at or asked.at):%Y-%m-%d %H:%M}",
        page=f"{current_app.config['SETTINGS'].public_url}/my",
    )
    queue_text(person, body, key=f"question:{asked.id}", ticket=ticket)
