"""Whose place was kept: he asked to be rung back, or his line broke off a moment ago.

Who calls again meanwhile goes on where he was, unless the carrier says that the number shown is not
his own."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from infra.clock import now
from infra.db import session
from models import Call, Callback, Direction, Disposition, Line, Place
from queues import ringable

REDIALS_WITHIN = timedelta(seconds=120)
# In the call's history.
PLACE_KEPT = "place_kept"


def age_of(call: Call, line: Line) -> datetime | None:
    """Since when this caller waits for the line, though he was away; None: he comes anew."""
    if call.person_id is None or call.forged or call.direction is not Direction.IN:
        return None
    known = [one for one in (_promised(call, line), _dropped(call, line)) if one is not None]
    return min(known, default=None)


def of_citizen(person_id: int) -> ColumnElement[bool]:
    """Callbacks to his number, and those that he has asked for at another one."""
    return or_(Callback.person_id == person_id, ringable.asker() == person_id)


def _promised(call: Call, line: Line) -> datetime | None:
    return session.scalar(
        select(Callback.age_from)
        .where(Callback.open_ones(), Callback.line_id == line.id, of_citizen(call.person_id or 0))
        .order_by(Callback.age_from)
        .limit(1)
    )


def _dropped(call: Call, line: Line) -> datetime | None:
    """The place that he had a moment ago; nobody had answered him."""
    his = and_(Call.person_id == call.person_id, Call.id != call.id)
    return session.scalar(
        select(Place.age_from)
        .join(Call, Call.id == Place.call_id)
        .where(
            his,
            Call.direction == Direction.IN,
            Call.disposition == Disposition.ABANDONED,
            Call.answered_at.is_(None),
            Call.forged.is_(False),
            Call.ended_at > now() - REDIALS_WITHIN,
            Place.line_id == line.id,
        )
        .order_by(Place.age_from)
        .limit(1)
    )
