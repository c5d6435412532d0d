"""What a waiting caller is told, and that it was told: each promise is kept for its score."""

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Place, Promise, PromiseKind
from queues import pace, waiting
from queues.estimate import Band, band, estimate
from queues.journal import note


def news_for(place: Place) -> Promise | None:
    """What is worth telling now: the first time, then only when his position has improved.

    A wait is told again only when it ends earlier than the one that was told."""
    ahead = waiting.ahead_of(place)
    told = session.scalars(
        select(Promise).where(Promise.place_id == place.id).order_by(Promise.id)
    ).all()
    if told and ahead >= told[-1].ahead:
        return None
    promise = _promise(place, ahead)
    last = next((one for one in reversed(told) if one.kind is PromiseKind.WAIT), None)
    repeated = promise.kind is not PromiseKind.WAIT and told
    if repeated or (last is not None and not promise.earlier_than(last)):
        promise.only_position()
    session.add(promise)
    note(
        place.call,
        "promised",
        promise=promise.kind,
        ahead=ahead,
        low_minutes=promise.low_minutes,
        high_minutes=promise.high_minutes,
    )
    return promise


def _promise(place: Place, ahead: int) -> Promise:
    promise = Promise(place_id=place.id, at=now(), ahead=ahead, kind=PromiseKind.BUSY, basis={})
    known = pace.figures(place, ahead)
    seats = known.seats if known is not None else pace.seats_for(place)
    if not seats:
        promise.kind = PromiseKind.NOBODY
    elif known is not None:
        expected = estimate(known)
        said: Band = band(expected)
        promise.kind = PromiseKind.WAIT
        promise.low_minutes, promise.high_minutes = said.low, said.high
        promise.basis = {
            "seats": round(known.seats, 2),
            "handling_s": round(known.handling_s),
            "leaving": round(known.leaving, 5),
            "head_s": None if known.head_s is None else round(known.head_s),
            "mean_s": round(expected.mean_s),
        }
    return promise
