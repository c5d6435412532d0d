"""What a line has lately shown: how long calls take, who gives up, how many seats serve it."""

from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Float,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    true,
)

from infra.clock import now
from infra.db import session
from models import (
    Call,
    Desired,
    Direction,
    Disposition,
    Line,
    Place,
    Promise,
    PromiseKind,
    Seat,
    Skill,
)
from queues import steps
from queues.estimate import (
    RINGS_S,
    TOLD_FROM_S,
    Figures,
    Stretch,
    handling,
    is_surge,
    leaving,
    stretch,
)
from queues.seats import WRAP_UP_FOR

# Averages are over the last hundred talks.
TALKS, PLACES, PROMISES = 100, 200, 100
# Fewer talks on the whole hotline tell nothing.
ENOUGH_TALKS = 5
SURGE_WITHIN = timedelta(minutes=10)
# Older promises were made by another line: it had other seats then.
PROMISES_WITHIN = timedelta(days=7)


# A seat of his own line that may serve him at once: a wait document looks no further.
OWN_SEAT = (
    select(Seat.staff_id)
    .join(Skill, Skill.staff_id == Seat.staff_id)
    .join(Line, Line.id == Skill.line_id)
    .where(
        Line.id == bindparam("line"),
        Skill.level >= Line.least_level,
        Seat.languages.contains(bindparam("language")),
        Seat.desired == Desired.READY,
        Seat.lease_until > bindparam("at"),
    )
    .limit(1)
)


def figures(place: Place, ahead: int) -> Figures | None:
    """None when too little is known yet for any estimate; ``seats`` 0 when nobody is signed on."""
    handling_s = _handling_s(place.line_id)
    if handling_s is None:
        return None
    seats = seats_for(place)
    return Figures(
        ahead=ahead,
        seats=seats,
        handling_s=handling_s,
        leaving=_leaving(place.line_id),
        head_s=_head_s(place) if ahead else None,
        surge=_is_surge(place.line_id, seats, handling_s),
    )


def turned_out(line_id: int) -> Stretch:
    """How the waits went that were told on this line of late, with the ringing that ends each; who
    gave up or was taken over elsewhere has waited so long at least."""
    ended = func.coalesce(Promise.answered_at, Promise.gone_at)
    waited = func.extract("epoch", ended - Promise.at)
    expected = cast(Promise.basis["mean_s"].astext, Float)
    found = session.execute(
        select(waited / (expected + RINGS_S), Promise.answered_at.is_not(None))
        .join(Place, Place.id == Promise.place_id)
        .where(
            Promise.at > now() - PROMISES_WITHIN,
            Place.line_id == line_id,
            Promise.kind == PromiseKind.WAIT,
            expected >= TOLD_FROM_S,
            ended.is_not(None),
        )
        .order_by(Promise.at.desc())
        .limit(PROMISES)
    )
    return stretch([(float(ratio), answered) for ratio, answered in found])


def seats_for(place: Place) -> float:
    """Seats that may be offered this call, each by the share of its callers who wait on this line.

    Where nobody signed on is skilled for the line and speaks the language, whoever its steps open
    comes to help: anybody, or who serves certain lines."""
    at = now()
    own = session.scalar(select(func.sum(_share(place, at).c.share)))
    if own:
        return float(own)
    helping = select(func.count(Seat.staff_id)).where(*_signed_on(at), _helps(place))
    queues = _queues()
    everybody = select(func.sum(queues.c.callers))
    here = select(queues.c.callers).where(queues.c.line_id == place.line_id)
    seats, callers, own_callers = (
        float(session.scalar(one) or 0) for one in (helping, everybody, here)
    )
    return seats * own_callers / callers if callers else seats


def staffed(place: Place) -> bool:
    """Whether ``seats_for`` finds any; asked with each wait document, so by a look at one seat.

    What the line's steps are is asked where none of its own is signed on."""
    at = now()
    if session.scalar(OWN_SEAT, {"line": place.line_id, "language": [place.language], "at": at}):
        return True
    seat = select(Seat.staff_id).where(*_signed_on(at), _helps(place)).limit(1)
    return session.scalar(seat) is not None


def _helps(place: Place) -> ColumnElement[bool]:
    """Whether a step of the line opens the seat to him."""
    line = place.line
    opened = steps.steps_of(line, session.scalars(select(Line)).all())
    if any(step.where is steps.Where.ANY for step in opened):
        return true()
    served = [and_(Skill.line_id.in_(step.lines), Skill.level >= step.level) for step in opened]
    skilled = exists().where(Skill.staff_id == Seat.staff_id, or_(*served))
    return and_(Seat.languages.contains([place.language]), skilled)


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
        .having(
            func.bool_or(
                and_(
                    Skill.line_id == place.line_id,
                    Skill.level >= steps.lowest_level(place.line),
                )
            )
        )
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
    return handling(of_line, line_talks, of_all) + WRAP_UP_FOR.total_seconds()


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
    left = and_(Call.disposition == Disposition.ABANDONED, Place.left_at >= Call.ended_at)
    last = (
        select(
            case((left, 1), else_=0).label("gave_up"),
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
    return leaving(int(gave_up or 0), float(seconds or 0))


def _is_surge(line_id: int, seats: float, handling_s: float) -> bool:
    since = now() - SURGE_WITHIN
    lately = Place.left_at.is_(None) | (Place.left_at > since)
    arrivals = select(func.count()).where(
        Place.line_id == line_id, lately, Place.entered_at > since
    )
    within = SURGE_WITHIN.total_seconds()
    return is_surge(session.scalar(arrivals) or 0, within, seats, handling_s)


def _head_s(place: Place) -> float | None:
    """How long the caller has waited who waits longest on the line."""
    first = select(func.min(Place.entered_at)).where(
        Place.line_id == place.line_id, Place.left_at.is_(None)
    )
    since = session.scalar(first)
    return None if since is None else (now() - since).total_seconds()
