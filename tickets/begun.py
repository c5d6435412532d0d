"""Whether a draft is worth a word: one is opened with each call, also where nobody said a thing."""

from sqlalchemy import ColumnElement, exists, or_, select

from infra.db import session
from models import Call, Ticket, TicketState, Utterance


def begun() -> ColumnElement[bool]:
    """Somebody filled a field, or something was said in the call; for a query over tickets."""
    said = exists().where(Utterance.call_id == Ticket.call_id)
    return or_(Ticket.origins != {}, said)


def is_begun(ticket: Ticket) -> bool:
    return session.scalar(select(begun()).where(Ticket.id == ticket.id)) is True


def worth_listing() -> ColumnElement[bool]:
    """No draft that says nothing of a matter, unless its caller was in danger; for a query over
    tickets with their calls."""
    filled = (Ticket.kind, Ticket.topic_id, Ticket.summary, Ticket.demand, Call.emergency)
    draft = Ticket.state == TicketState.DRAFT
    # Without a number it is no ticket: its call was about another one.
    return or_(Ticket.number.is_not(None), draft & or_(*(one.is_not(None) for one in filled)))
