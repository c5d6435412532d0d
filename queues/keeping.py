"""A place is kept: how many can be promised, to which numbers, and when they may be rung."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint, mask, national
from models import (
    Call,
    Callback,
    CallbackState,
    CallbackWay,
    Line,
    Place,
    Skill,
)
from queues import calls, pace, ringable, waiting
from queues.callbacks import tell
from queues.journal import note
from telephony.callers import ordinary

# He hears the good-bye first, and puts his telephone down.
PUT_DOWN = timedelta(seconds=20)
# No more are promised than the line's seats could serve in this time.
SERVED_WITHIN = timedelta(hours=2)
LEAST_PROMISED = 3
# Before anything is known of a line's calls.
HANDLING = timedelta(minutes=5)
# The hours in which a minor may be rung at all.
SAFE_HOURS = range(8, 22)

KEEP = insert(Callback).on_conflict_do_nothing().returning(Callback.id)


class NoRoom(Exception):
    """As many are promised as can be kept: he keeps waiting."""

    permanent = True


class NotRingable(Exception):
    """No number that the hotline rings by itself: hidden, abroad, a service."""

    permanent = True


def keep(
    call: Call,
    number: str,
    *,
    way: CallbackWay = CallbackWay.KEY,
    safe_hour: int | None = None,
) -> Callback:
    """Promise to ring him back at his place.  Of a number and line one is open: asked again, that
    one is answered.  Raises NotRingable and NoRoom."""
    plain = national(number)
    if not ordinary(plain):
        raise NotRingable
    place = waiting.place_of(call) or _last_place(call)
    line = session.get_one(Line, place.line_id if place else call.line_id or calls.general().id)
    found = of_number(plain, line)
    if found is None:
        if way is not CallbackWay.VOICEMAIL and not has_room(line, call.language):
            raise NoRoom
        found = _promise(call, plain, line, place, way, safe_hour)
    elif place is not None and found.state is CallbackState.SCHEDULED:
        # The older of his two waits is his place.
        found.age_from = min(found.age_from, place.age_from)
    call.callback_id = found.id
    note(call, "kept", callback=found.id, way=way)
    tell()
    return found


def of_number(number: str, line: Line) -> Callback | None:
    return session.scalar(
        select(Callback)
        .where(
            Callback.open_ones(),
            Callback.number_fingerprint == fingerprint(number),
            Callback.line_id == line.id,
        )
        .with_for_update()
    )


def has_room(line: Line, language: str) -> bool:
    """Whether one more can be promised."""
    promised = select(func.count()).where(Callback.open_ones(), Callback.line_id == line.id)
    return (session.scalar(promised) or 0) < capacity(line, language)


def capacity(line: Line, language: str) -> int:
    """What its seats serve in two hours; where nobody is signed on, those who will be."""
    like = Place(line_id=line.id, line=line, language=language)
    known = pace.figures(like, ahead=0)
    seats = (known.seats if known else pace.seats_for(like)) or _skilled(line)
    handling = known.handling_s if known else HANDLING.total_seconds()
    return max(LEAST_PROMISED, int(seats * SERVED_WITHIN.total_seconds() / handling))


def _promise(
    call: Call,
    number: str,
    line: Line,
    place: Place | None,
    way: CallbackWay,
    safe_hour: int | None,
) -> Callback:
    at, person = now(), calls.person_of(number)
    callback = Callback(
        way=way,
        state=CallbackState.SCHEDULED,
        number=number,
        number_fingerprint=fingerprint(number),
        number_masked=mask(number),
        person_id=person.id if person else None,
        line_id=line.id,
        language=call.language,
        priority=call.priority,
        asked_at=at,
        age_from=place.age_from if place else call.person_due_at or call.started_at,
        due_at=at,
        safe_hour=safe_hour,
        tried=0,
    )
    callback.due_at = ringable.when(safe_hour, at + PUT_DOWN)
    names = [one.key for one in Callback.__mapper__.column_attrs if one.key != "id"]
    made = session.scalar(KEEP, {name: getattr(callback, name) for name in names})
    if made is not None:
        return session.get_one(Callback, made)
    # Another call has promised the same a moment ago.
    found = of_number(number, line)
    if found is None:
        raise LookupError("a callback was neither found nor made")
    return found


def _skilled(line: Line) -> int:
    of_line = select(func.count(Skill.staff_id)).where(Skill.line_id == line.id)
    return session.scalar(of_line) or 0


def _last_place(call: Call) -> Place | None:
    """Where he waited until his call ended."""
    return session.scalar(
        select(Place).where(Place.call_id == call.id).order_by(Place.id.desc()).limit(1)
    )
