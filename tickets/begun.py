"""Whether a draft is worth a word: one is opened with each call, also where nobody said a thing."""

from sqlalchemy import ColumnElement, exists, or_, select

from infra.db import session
from models import Ticket, Utterance


def begun() -> ColumnElement[bool]:
    """Somebody filled a field, or something was said in the call; for a query over tickets."""
    said = exists().where(Utterance.call_id == Ticket.call_id)
    return or_(Ticket.origins != {}, said)


def is_begun(ticket: Ticket) -> bool:
    return session.scalar(select(begun()).where(Ticket.id == ticket.id)) is True
