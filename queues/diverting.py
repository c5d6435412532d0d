"""A partner city's pool takes over who has waited too long: it is rung, and his place is kept.

The citizen's leg leaves the carrier's queue and dials; where nobody answers he is back at his own
age, and so is whom the partner drops.  Whoever is in danger stays with us, a minor does, and so
does whom a desk is being rung for.

``diverting_since``: he is ordered out of the queue, and offered to nobody until he has come back.
``partner_rung_at``: he has come for what he hears there, so he is out of the queue."""

from collections.abc import Set
from datetime import timedelta

from flask import current_app
from sqlalchemy import Select, and_, exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from infra import apart
from infra.clock import now
from infra.db import session
from models import (
    LIVE,
    Call,
    CallStatus,
    Direction,
    Disposition,
    Line,
    Offer,
    Person,
    Place,
)
from queues import talk, waiting
from queues.journal import note
from telephony import orders

# Where the carrier asks what the citizen hears next.
DOCUMENT = "/voice/partner"
# A switchboard takes them one after the other, from each line one a second.
AT_ONCE = 10
# The carrier was told to take him there, and has not: he stays in the queue.
OBEYED_WITHIN = timedelta(seconds=15)
# Longer than any ringing: whoever is not back by then has lost his way.
RUNG_WITHIN = timedelta(seconds=90)
# A wait document that comes later than this is not one of before he left the queue.
LATEST_DOCUMENT = timedelta(seconds=70)
# After nobody answered there it is rung again, and for who is oldest then.
AGAIN_AFTER = timedelta(minutes=2)
# Whom the partner leaves sooner has hardly been helped.
HELPED_AFTER_S = 30


def divert_due() -> int:
    """Of each line the first whose time has come; the caller holds the routing lock."""
    apart.each(session.scalars(_astray()).all(), _take_back)
    return apart.each(session.scalars(_due()).all(), _ring)


def arrive(place: Place) -> None:
    """His leg asks what it hears: from now on he is in no queue."""
    place.partner_rung_at = place.partner_rung_at or now()


def taken_over(call: Call) -> None:
    """Somebody there answers: he waits no more.  The call goes on for as long as they talk, because
    he may be dropped.  A repeat changes nothing."""
    if call.status is not CallStatus.WAITING:
        return
    place = waiting.place_of(call)
    if place is None or place.diverting_since is None:
        return
    note(call, "diverted", partner=place.line.partner_name)
    waiting.leave(place, because=waiting.TAKEN_OVER)
    call.turned_away = Disposition.DIVERTED


def is_there(call: Call) -> bool:
    """Whether he talks with the partner."""
    return call.turned_away is Disposition.DIVERTED and call.status is CallStatus.WAITING


def over(call: Call, seconds: int, *, hung_up: bool) -> None:
    """Their talk is over.  Whom they dropped is back at his own age, before everybody who has come
    since; not who has hung up himself."""
    if not is_there(call):
        return
    if hung_up or seconds >= HELPED_AFTER_S:
        talk.end(call)
        return
    place = waiting.enter(call, session.get_one(Line, call.line_id))
    place.partner_tried_at = now()
    note(call, "dropped_by_partner", seconds=seconds)


def come_back(call: Call) -> bool:
    """Nobody there answered; whether he was rung for at all."""
    place = waiting.place_of(call)
    if place is None or place.diverting_since is None:
        return False
    place.diverting_since = place.partner_rung_at = None
    note(call, "diverted_in_vain", partner=place.line.partner_name)
    return True


def see_taken_over(bridging: Set[str]) -> int:
    """Whose partner has answered, though what told of it got lost: the carrier knows a leg that
    theirs has dialled.  The caller holds the routing lock."""
    there = (
        select(Call)
        .join(Place, Place.call_id == Call.id)
        .where(Place.left_at.is_(None), Place.partner_rung_at.is_not(None), Call.sid.in_(bridging))
        .order_by(Call.id)
        .with_for_update(of=Call)
    )
    return apart.each(session.scalars(there).all(), taken_over)


def _take_back(place: Place) -> None:
    """The carrier did not obey, or he is in the queue again on a way that nobody told of."""
    orders.has_come(place.call, place.call.sid)
    come_back(place.call)


def _ring(place: Place) -> None:
    """He rings at nobody meanwhile: the first wait document after it proves that he is back."""
    at = now()
    place.diverting_since = place.partner_tried_at = at
    place.heard_at = None
    call = place.call
    note(call, "diverting", partner=place.line.partner_name)
    url = current_app.config["SETTINGS"].public_url + DOCUMENT
    orders.redirect(call, call.sid, url, key=f"{call.id}:partner:{place.id}:{int(at.timestamp())}")


def _astray() -> Select[Place]:
    at = now()
    return select(Place).where(
        Place.left_at.is_(None),
        or_(
            and_(Place.partner_rung_at.is_(None), Place.diverting_since < at - OBEYED_WITHIN),
            # He asks for wait documents, long after he left the queue.
            and_(
                Place.diverting_since < at - RUNG_WITHIN,
                Place.last_heard_at > Place.diverting_since + LATEST_DOCUMENT,
            ),
        ),
    )


def _due() -> Select[Place]:
    at = now()
    waited = func.extract("epoch", at - Place.entered_at)
    rank = Place.age_from - Place.priority * text("interval '1 minute'")
    other = aliased(Place)
    # Nobody answers there: who comes next would only overtake whom it was rung for in vain.
    in_vain = exists().where(
        other.line_id == Place.line_id,
        other.left_at.is_(None),
        other.diverting_since.is_(None),
        other.partner_tried_at > at - AGAIN_AFTER,
    )
    return (
        select(Place)
        .join(Line, Line.id == Place.line_id)
        .join(Call, Call.id == Place.call_id)
        .outerjoin(Person, Person.id == Call.person_id)
        .outerjoin(Offer, (Offer.call_id == Place.call_id) & Offer.state.in_(LIVE))
        .where(
            Line.partner_number.is_not(None),
            Place.left_at.is_(None),
            Place.heard_at.is_not(None),
            Place.meant_for_id.is_(None),
            # Who is to be rung back has no leg that could dial.
            Call.direction == Direction.IN,
            Call.emergency.is_(None),
            Call.status == CallStatus.WAITING,
            Person.minor.is_not(True),
            # No other city takes over whose number is limited here.
            Call.limitation_id.is_(None),
            Offer.id.is_(None),
            waited >= Line.partner_after_s,
            ~in_vain,
        )
        .ext(distinct_on(Place.line_id))
        .order_by(Place.line_id, rank, Place.id)
        .limit(AT_ONCE)
    )
