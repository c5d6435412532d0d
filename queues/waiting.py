"""A caller's place in line: entered once, heard by heartbeats, left once, its age never lost."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import aliased

from assist.alarm import DANGER
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import (
    Call,
    CallEvent,
    CallStatus,
    Desired,
    Disposition,
    Line,
    Offer,
    OfferState,
    Place,
    Promise,
    Seat,
    Skill,
)
from queues import kept
from queues.journal import note

ANSWERED = "answered"
# By a partner city: nobody knows how long he would have waited with us.
TAKEN_OVER = "taken_over"
# To another line: he goes on waiting at a place there.
MOVED = "moved"
# As many minutes older is who is known to be a minor.
MINORS_AGE = 10
MINUTE_PER_POINT = timedelta(minutes=1)
PLACE_OF = select(Place).where(Place.call_id == bindparam("call"), Place.left_at.is_(None))
# A live place is that of a call which waits or connects; there are few of those.
DANGER_WAITS = (
    select(Place.id)
    .join(Call, Call.id == Place.call_id)
    .where(
        Place.left_at.is_(None),
        Call.status.in_((CallStatus.WAITING, CallStatus.CONNECTING)),
        Call.emergency.is_not(None),
    )
    .limit(1)
)
RINGING_FOR = select(Offer).where(
    Offer.call_id == bindparam("call"), Offer.state == OfferState.RINGING
)


def enter(call: Call, line: Line, *, age_from: datetime | None = None) -> Place:
    """Give the call a place on the line; asked again, answer with the place it has."""
    place = place_of(call)
    if place is not None:
        return place
    at = now()
    if call.status is not CallStatus.WAITING:
        call.move_to(CallStatus.WAITING)
    call.line_id, call.person_due_at = line.id, call.person_due_at or at
    place = Place(
        call_id=call.id,
        line_id=line.id,
        language=call.language,
        priority=call.priority + (_weight(call, line) if call.emergency is None else 0),
        entered_at=at,
        age_from=age_from or _age_there(call) or kept.age_of(call, line) or at,
    )
    call.turned_away = None
    session.add(place)
    note(call, "entered", line=line.code, priority=place.priority)
    if age_from is None and place.age_from < at:
        note(call, kept.PLACE_KEPT, waited_s=round((at - place.age_from).total_seconds()))
    _tell_of_danger(call)
    return place


def _weight(call: Call, line: Line) -> int:
    """A minor who is known goes before, whatever line he asks for."""
    known = call.person is not None and call.person.minor
    return max(line.priority, MINORS_AGE) if known else line.priority


def age_of(call: Call) -> datetime:
    """Since when he waits, over all the places that he has had: what was kept for him stays so
    when he is transferred, or his agent vanishes in mid-talk."""
    oldest = session.scalar(select(func.min(Place.age_from)).where(Place.call_id == call.id))
    own = call.person_due_at or call.started_at
    return min(own, oldest) if oldest is not None else own


def _age_there(call: Call) -> datetime | None:
    """Of whom a partner city took over and dropped: nothing of his wait is lost."""
    if call.turned_away is not Disposition.DIVERTED:
        return None
    last = select(Place.age_from).where(Place.call_id == call.id).order_by(Place.id.desc())
    return session.scalar(last.limit(1))


def place_of(call: Call) -> Place | None:
    return session.scalar(PLACE_OF, {"call": call.id})


def hear(place: Place) -> bool:
    """The caller fetched a wait document.  True the first time: from now on he may be offered.

    One that comes while he is on his way to a partner city proves nothing: it was under way."""
    at = now()
    place.last_heard_at = at
    if place.heard_at is not None or place.diverting_since is not None:
        return False
    place.heard_at = at
    note(place.call, "in_queue")
    return True


def leave(place: Place, because: str) -> None:
    """His wait is over, and with it everything that he was promised of it."""
    if place.left_at is not None:
        return
    place.left_at = now()
    place.diverting_since = place.partner_rung_at = None
    ended = {"answered_at" if because == ANSWERED else "gone_at": place.left_at}
    session.execute(update(Promise).where(Promise.place_id == place.id).values(ended))
    note(place.call, "left_queue", because=because)
    _tell_of_danger(place.call)


def danger_waits() -> bool:
    """Somebody in danger is in line, whoever is being rung for him."""
    return session.scalar(DANGER_WAITS) is not None


def ahead_of(place: Place) -> int:
    """How many callers of the same line would be served before this one."""
    rank = _rank(place.age_from, place.priority)
    others = select(func.count()).where(
        Place.line_id == place.line_id,
        Place.left_at.is_(None),
        Place.id != place.id,
        Place.age_from - Place.priority * MINUTE_PER_POINT < rank,
    )
    return session.scalar(others) or 0


def is_next(place: Place) -> bool:
    """Whether no other caller would be served first, of his line or of one that shares a seat with
    it which is signed on: to be the first of a line alone is not to be the next."""
    mine, theirs, other = aliased(Skill), aliased(Skill), aliased(Place)
    shared = (
        select(mine.staff_id)
        .join(theirs, theirs.staff_id == mine.staff_id)
        .join(Seat, Seat.staff_id == mine.staff_id)
        .where(
            mine.line_id == place.line_id,
            theirs.line_id == other.line_id,
            Seat.desired == Desired.READY,
            Seat.lease_until > now(),
        )
    )
    before = select(other.id).where(
        other.left_at.is_(None),
        other.id != place.id,
        other.age_from - other.priority * MINUTE_PER_POINT < _rank(place.age_from, place.priority),
        (other.line_id == place.line_id) | shared.exists(),
    )
    return session.scalar(before.limit(1)) is None


def _tell_of_danger(call: Call) -> None:
    if call.emergency is not None:
        publish(DANGER, "danger-moved")


def being_offered(call: Call) -> Offer | None:
    return session.scalar(RINGING_FOR, {"call": call.id})


def heard_last(call: Call, what: str) -> datetime | None:
    """When the call's history has it for the last time."""
    told = select(func.max(CallEvent.at))
    return session.scalar(told.where(CallEvent.call_id == call.id, CallEvent.name == what))


def _rank(age_from: datetime, priority: int) -> datetime:
    """One priority point counts as one minute of age: order by the age that results."""
    return age_from - priority * MINUTE_PER_POINT
