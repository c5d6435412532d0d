"""A partner city's pool takes over who has waited too long: it is rung once, his place is kept.

The citizen's leg leaves the carrier's queue and dials; where nobody answers he is back at his own
age.  Whoever is in danger stays with us, and so does whom a desk is being rung for."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on

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
    Place,
)
from queues import talk, waiting
from queues.journal import note
from telephony import orders

# Where the carrier asks what the citizen hears next.
DOCUMENT = "/voice/partner"
# A switchboard takes them one after the other, from each line one a second.
AT_ONCE = 10
# Longer than any ringing: whoever is not back by then has lost his way.
RUNG_WITHIN = timedelta(seconds=90)


def divert_due() -> int:
    """Of each line the first whose time has come; the caller holds the routing lock."""
    return apart.each(session.scalars(_due()).all(), _ring)


def is_rung(place: Place) -> bool:
    """Whether the partner is being rung for him."""
    return place.diverting_since is not None and place.diverting_since > now() - RUNG_WITHIN


def taken_over(call: Call) -> None:
    """Somebody there answers: he is served, and no more our affair.  A repeat changes nothing."""
    if call.status is not CallStatus.WAITING:
        return
    place = waiting.place_of(call)
    if place is None or place.diverting_since is None:
        return
    note(call, "diverted", partner=place.line.partner_name)
    waiting.leave(place, because=waiting.TAKEN_OVER)
    call.turned_away = Disposition.DIVERTED
    talk.end(call)


def come_back(call: Call) -> bool:
    """Nobody there answered; whether he was rung for at all."""
    place = waiting.place_of(call)
    if place is None or place.diverting_since is None:
        return False
    place.diverting_since = None
    note(call, "diverted_in_vain", partner=place.line.partner_name)
    return True


def _ring(place: Place) -> None:
    """He rings at nobody meanwhile: his next wait document proves that he is back."""
    at = now()
    place.diverting_since = place.partner_tried_at = at
    place.heard_at = None
    call = place.call
    note(call, "diverting", partner=place.line.partner_name)
    url = current_app.config["SETTINGS"].public_url + DOCUMENT
    orders.redirect(call, call.sid, url, key=f"{call.id}:partner:{place.id}")


def _due() -> Select[Place]:
    waited = func.extract("epoch", now() - Place.entered_at)
    rank = Place.age_from - Place.priority * text("interval '1 minute'")
    return (
        select(Place)
        .join(Line, Line.id == Place.line_id)
        .join(Call, Call.id == Place.call_id)
        .outerjoin(Offer, (Offer.call_id == Place.call_id) & Offer.state.in_(LIVE))
        .where(
            Line.partner_number.is_not(None),
            Place.left_at.is_(None),
            Place.heard_at.is_not(None),
            Place.partner_tried_at.is_(None),
            Place.meant_for_id.is_(None),
            # Who is to be rung back has no leg that could dial.
            Call.direction == Direction.IN,
            Call.emergency.is_(None),
            Call.status == CallStatus.WAITING,
            Offer.id.is_(None),
            waited >= Line.partner_after_s,
        )
        .ext(distinct_on(Place.line_id))
        .order_by(Place.line_id, rank, Place.id)
        .limit(AT_ONCE)
    )
