"""What happened to calls, as the indicators count it: those that fell due to a person.

Source: domain reference 1.9; the service level is told in both ways in use, of the offered and of
the answered."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from analytics.counting import Facts, facts
from models import Call, Direction, Disposition, MissedContact
from staff import norms

PROMISE = timedelta(seconds=15)
# Who hangs up sooner has not given up a wait.
SHORT = timedelta(seconds=5)


def answering() -> Facts:
    return _offered(_answered())


def answering_in_time() -> Facts:
    return _offered(and_(_answered(), _in_time()))


def answering_in_time_of_answered() -> Facts:
    return _offered(_in_time()).where(_answered())


def giving_up() -> Facts:
    left = func.coalesce(Call.ended_at - Call.person_due_at > SHORT, False)
    return _offered(and_(Call.disposition == Disposition.ABANDONED, left))


def ringing_back() -> Facts:
    """A missed caller is reached in time, or has reached us by himself; who rings again
    and again is one missed caller."""
    within = norms.span("rung_back_within")
    soon = MissedContact.at + within
    later, earlier = aliased(Call), aliased(MissedContact)
    reached = select(later.id).where(
        later.person_id == MissedContact.person_id,
        later.answered_at > MissedContact.at,
        later.answered_at <= soon,
    )
    before = select(earlier.id).where(
        earlier.person_id == MissedContact.person_id,
        earlier.at < MissedContact.at,
        earlier.at >= MissedContact.at - within,
    )
    handled = func.coalesce(MissedContact.handled_at <= soon, False)
    return facts(
        MissedContact.call_id,
        MissedContact.at,
        or_(handled, exists(reached)),
        excluded=[
            (MissedContact.person_id.is_(None), "no_number"),
            (exists(before), "missed_again"),
        ],
    )


def _offered(hit: ColumnElement[bool]) -> Facts:
    return facts(Call.id, Call.person_due_at, hit).where(
        Call.direction == Direction.IN, Call.ended_at.is_not(None)
    )


def _answered() -> ColumnElement[bool]:
    """Who lost his agent and gave up waiting again has not had his answer."""
    gave_up = Call.disposition.is_not_distinct_from(Disposition.ABANDONED)
    return and_(Call.answered_at.is_not(None), ~gave_up)


def _in_time() -> ColumnElement[bool]:
    return func.coalesce(Call.answered_at - Call.person_due_at <= PROMISE, False)
