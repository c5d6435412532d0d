"""The promise of 15 s as conditions on calls, for the floor's share and the list of calls.

What counts is whom a caller asked for: who was answered, and who gave up waiting."""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_

from models import Call, Direction, Disposition

PROMISE = timedelta(seconds=15)


class Kept(StrEnum):
    """How a call stands to the promise."""

    YES = "yes"
    NO = "no"


def given_up() -> ColumnElement[bool]:
    return func.coalesce(Call.disposition == Disposition.ABANDONED, False)


def answered() -> ColumnElement[bool]:
    """Who lost his agent and gave up waiting again was not answered."""
    return and_(Call.answered_at.is_not(None), ~given_up())


def in_time() -> ColumnElement[bool]:
    return and_(answered(), Call.answered_at - Call.person_due_at <= PROMISE)


def standing(kept: Kept) -> ColumnElement[bool]:
    """Of the calls that came to a line; who was rung by us asked for nobody."""
    asked = and_(Call.line_id.is_not(None), Call.direction == Direction.IN)
    if kept is Kept.YES:
        return and_(asked, in_time())
    late = and_(answered(), ~func.coalesce(in_time(), False))
    return and_(asked, or_(given_up(), late))
