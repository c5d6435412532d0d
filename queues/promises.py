"""What a waiting caller is told, and that it was told: each promise is kept for its score."""

from collections.abc import Sequence

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Place, Promise, PromiseKind
from queues import pace, waiting
from queues.estimate import Band, band, estimate
from queues.journal import note

# Among what a promise is based on.
NEXT = "next"


def news_for(place: Place) -> Promise | None:
    """What is worth telling now: the first time, then only when his position has improved, when
    he has become the next, when the last seat has gone, or when somebody is at a seat again.

    A wait is told again only when it ends earlier than the one that was told."""
    ahead = waiting.ahead_of(place)
    told = session.scalars(
        select(Promise).where(Promise.place_id == place.id).order_by(Promise.id)
    ).all()
    changed = _seats_came_or_went(place, told)
    if told and ahead >= told[-1].ahead and not changed and not _has_become_next(place, told[-1]):
        return None
    promise = _promise(place, ahead)
    if not ahead:
        promise.basis = promise.basis | {NEXT: waiting.is_next(place)}
    last = next((one for one in reversed(told) if one.kind is PromiseKind.WAIT), None)
    repeated = promise.kind is not PromiseKind.WAIT and told and not changed
    waits_longer = promise.kind is PromiseKind.WAIT and last and not promise.earlier_than(last)
    if repeated or (waits_longer and not changed):
        promise.only_position()
    session.add(promise)
    note(
        place.call,
        "promised",
        promise=promise.kind,
        ahead=ahead,
        low_minutes=promise.low_minutes,
        high_minutes=promise.high_minutes,
        seats=promise.basis.get("seats"),
    )
    return promise


def is_next(promise: Promise) -> bool:
    """Whether he was told to be the next; the first of his line may not be, where seats serve
    several lines."""
    return promise.ahead == 0 and bool(promise.basis.get(NEXT))


def _has_become_next(place: Place, last: Promise) -> bool:
    """Told again then; but to be the next of nobody would be no comfort."""
    if last.ahead or last.kind is PromiseKind.NOBODY or is_next(last):
        return False
    return waiting.is_next(place)


def _seats_came_or_went(place: Place, told: Sequence[Promise]) -> bool:
    """Who was told that a seat is looked for is not left to believe so when all are empty."""
    last = next((one for one in reversed(told) if one.kind is not PromiseKind.POSITION), None)
    return last is not None and (last.kind is PromiseKind.NOBODY) == pace.staffed(place)


def _promise(place: Place, ahead: int) -> Promise:
    promise = Promise(place_id=place.id, at=now(), ahead=ahead, kind=PromiseKind.BUSY, basis={})
    known = pace.figures(place, ahead)
    seats = known.seats if known is not None else pace.seats_for(place)
    if not seats:
        promise.kind = PromiseKind.NOBODY
    elif known is not None:
        expected = estimate(known)
        said: Band = band(expected, pace.turned_out(place.line_id))
        promise.kind = PromiseKind.WAIT
        promise.low_minutes, promise.high_minutes = said.low, said.high
        promise.basis = {
            "seats": round(known.seats, 2),
            "handling_s": round(known.handling_s),
            "leaving": round(known.leaving, 5),
            "head_s": None if known.head_s is None else round(known.head_s),
            "mean_s": round(expected.mean_s),
            "surge": known.surge,
        }
    return promise
