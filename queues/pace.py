"""What a line has lately shown: how long calls take, who gives up, how many seats serve it."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Float, Subquery, and_, case, cast, func, select

from infra.clock import now
from infra.db import session
from models import Call, Desired, Direction, Disposition, Line, Place, Seat, Skill
from queues.estimate import Figures
from queues.seats import WRAP_UP_FOR

# Averages are over the last hundred talks; a line with few is taken to be like the others.
TALKS, PLACES = 100, 200
WEIGHT_OF_ALL = 20
# Fewer talks on the whole hotline tell nothing.
ENOUGH_TALKS = 5
# Before anybody gave up, callers are taken to have three minutes' patience.
PATIENCE = timedelta(minutes=3)
WEIGHT_OF_PATIENCE = 5


def figures(place: Place, ahead: int) -> Figures | None:
    """None when too little is known yet for any estimate; ``seats`` 0 when nobody is signed on."""
    handling = _handling_s(place.line_id)
    if handling is None:
        return None
    return Figures(
        ahead=ahead,
        seats=seats_for(place),
        handling_s=handling,
        leaving=_leaving(place.line_id),
        head_s=_head_s(place) if ahead else None,
    )


def seats_for(place: Place) -> float:
    """Seats that may be offered this call, each by the share of its callers who wait on this line.

    Where nobody signed on is skilled for the line and speaks the language anybody comes to help,
    but never on a certified line."""
    at = now()
    own = session.scalar(select(func.sum(_share(place, at).c.share)))
    if own or session.get_one(Line, place.line_id).certified:
        return float(own or 0)
    anybody = select(func.count(Seat.staff_id)).where(*_signed_on(at))
    queues = _queues()
    everybody = select(func.sum(queues.c.callers))
    here = select(queues.c.callers).where(queues.c.line_id == place.line_id)
    seats, callers, own_callers = (session.scalar(one) or 0 for one in (anybody, everybody, here))
    return seats * own_callers / callers if callers else float(seats)


def staffed(place: Place) -> bool:
    """Whether ``seats_for`` finds any; asked with each wait document, so by a look at one seat."""
    seat = select(Seat.staff_id).where(*_signed_on(now())).limit(1)
    if session.get_one(Line, place.line_id).certified:
        seat = seat.join(Skill, Skill.staff_id == Seat.staff_id).where(
            Skill.line_id == place.line_id, Seat.languages.contains([place.language])
        )
    return session.scalar(seat) is not None


def _share(place: Place, at: datetime) -> Subquery:
    """The seats of the line, and which part of those who wait for each waits on this line."""
    queues = _queues()
    callers = func.coalesce(queues.c.callers, 0)
    here = case((Skill.line_id == place.line_id, callers), else_=0)
    share = cast(func.sum(here), Float) / func.nullif(func.sum(callers), 0)
    return (
        select(share.label("share"))
        .select_from(Seat)
        .join(Skill, Skill.staff_id == Seat.staff_id)
        .outerjoin(queues, queues.c.line_id == Skill.line_id)
        .where(*_signed_on(at), Seat.languages.contains([place.language]))
        .group_by(Seat.staff_id)
        .having(func.bool_or(Skill.line_id == place.line_id))
        .subquery()
    )


def _queues() -> Subquery:
    return (
        select(Place.line_id, func.count().label("callers"))
        .where(Place.left_at.is_(None))
        .group_by(Place.line_id)
        .subquery()
    )


def _signed_on(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Seat.desired == Desired.READY, Seat.lease_until > at


def _handling_s(line_id: int) -> float | None:
    """A talk and its wrap-up, whose whole allowance counts: nothing says how much was used."""
    of_all, all_talks = _talks()
    if all_talks < ENOUGH_TALKS:
        return None
    of_line, line_talks = _talks(Call.line_id == line_id)
    weighed = of_line * line_talks + of_all * WEIGHT_OF_ALL
    return weighed / (line_talks + WEIGHT_OF_ALL) + WRAP_UP_FOR.total_seconds()


def _talks(*which: ColumnElement[bool]) -> tuple[float, int]:
    """The mean length in seconds of the last talks, and how many there were."""
    over = func.coalesce(Call.finished_at, Call.ended_at)
    last = (
        select(func.extract("epoch", over - Call.answered_at).label("seconds"))
        .where(
            Call.answered_at.is_not(None),
            over.is_not(None),
            Call.direction == Direction.IN,
            # Its end is not the end of its talk.
            Call.disposition.is_distinct_from(Disposition.ABANDONED),
            *which,
        )
        .order_by(Call.answered_at.desc())
        .limit(TALKS)
        .subquery()
    )
    mean, number = session.execute(select(func.avg(last.c.seconds), func.count())).one()
    return float(mean or 0), int(number)


def _leaving(line_id: int) -> float:
    """Givings-up per second that a caller waits."""
    # Who had lost his agent and waited a second time did not give up the first.
    gave_up = and_(Call.disposition == Disposition.ABANDONED, Place.left_at >= Call.ended_at)
    last = (
        select(
            case((gave_up, 1), else_=0).label("gave_up"),
            func.extract("epoch", Place.left_at - Place.entered_at).label("seconds"),
        )
        .join(Call, Call.id == Place.call_id)
        .where(Place.line_id == line_id, Place.left_at.is_not(None))
        .order_by(Place.left_at.desc())
        .limit(PLACES)
        .subquery()
    )
    gave_up, seconds = session.execute(
        select(func.sum(last.c.gave_up), func.sum(last.c.seconds))
    ).one()
    patient = WEIGHT_OF_PATIENCE * PATIENCE.total_seconds()
    return float((gave_up or 0) + WEIGHT_OF_PATIENCE) / float(float(seconds or 0) + patient)


def _head_s(place: Place) -> float | None:
    """How long the caller has waited who waits longest on the line."""
    first = select(func.min(Place.entered_at)).where(
        Place.line_id == place.line_id, Place.left_at.is_(None)
    )
    since = session.scalar(first)
    return None if since is None else (now() - since).total_seconds()
