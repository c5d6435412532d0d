"""Counting tallies from what was stored: calls, places, offers, the stretches of seats.

A caller belongs to the moment at which he asked for a person and to the line that he asked first,
whatever became of both; an offer and the talk that came of it to the moment at which it rang.  The
time of seats is cut at each hour.  One question of the database for each source."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    null,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from analytics import seat_time
from analytics.formulas import SHORT, Tally
from analytics.scope import By, Key, Parts, Scope
from infra.db import session
from infra.localtime import CITY
from models import (
    Activity,
    Call,
    CallStatus,
    Consult,
    Direction,
    Disposition,
    Offer,
    OfferKind,
    OfferState,
    Place,
    SeatStretch,
)
from recordings.promise import PROMISE

Moment = ColumnElement[datetime] | ColumnElement[datetime | None] | InstrumentedAttribute[Any]
Counted = Iterable[tuple[Key, Tally]]


def tallies(scope: Scope) -> Parts:
    """By part; under None what belongs to none of them."""
    found: defaultdict[Key, Tally] = defaultdict(Tally)
    for source in (_callers, _offers, _talks, seat_time.tallies):
        for key, tally in source(scope):
            found[key] += tally
    return dict(found)


def whole(parts: Parts) -> Tally:
    return sum(parts.values(), Tally())


# Where he asked first: the line of a call changes as he is sent on.
FIRST_PLACE = (
    select(Place.line_id)
    .where(Place.call_id == Call.id)
    .order_by(Place.id)
    .limit(1)
    .correlate(Call)
    .lateral("first_place")
)
LINE = func.coalesce(FIRST_PLACE.c.line_id, Call.line_id)
# When he asked for a person; of who never did, when he called.
ASKED_AT = func.coalesce(Call.person_due_at, Call.started_at)

ASKED = Call.person_due_at.is_not(None)
OVER = Call.status == CallStatus.ENDED
# What is said to him cannot be unsaid; who loses his agent and then gives up is counted anew.
ANSWERED = or_(
    and_(OVER, Call.disposition == Disposition.ANSWERED),
    Call.status.in_((CallStatus.TALKING, CallStatus.RATING)),
)
NAMED = (
    Disposition.ANSWERED,
    Disposition.ABANDONED,
    Disposition.CALLBACK,
    Disposition.VOICEMAIL,
)
LASTED = case((ANSWERED, Call.answered_at), else_=Call.ended_at) - Call.person_due_at
SOON = LASTED <= PROMISE


def ended_as(disposition: Disposition) -> ColumnElement[bool]:
    return and_(ASKED, Call.disposition == disposition)


ABANDONED = ended_as(Disposition.ABANDONED)
CALLED_BACK = ended_as(Disposition.CALLBACK)
TURNED_AWAY = and_(ASKED, OVER, Call.disposition.not_in(NAMED))
DECIDED = and_(ASKED, or_(OVER, ANSWERED))
QUEUED = and_(DECIDED, FIRST_PLACE.c.line_id.is_not(None))
OF_CALLERS: dict[str, ColumnElement[bool]] = {
    "answered": and_(ASKED, ANSWERED),
    "answered_soon": and_(ASKED, ANSWERED, SOON),
    "abandoned": ABANDONED,
    "abandoned_soon": and_(ABANDONED, SOON),
    "abandoned_short": and_(ABANDONED, LASTED <= SHORT),
    "called_back": CALLED_BACK,
    "messages": ended_as(Disposition.VOICEMAIL),
    "turned_away": TURNED_AWAY,
    "undecided": and_(ASKED, ~OVER, ~ANSWERED),
    "never_asked": and_(~ASKED, OVER),
    "queued": QUEUED,
    "left_soon": and_(QUEUED, or_(ANSWERED, ABANDONED, CALLED_BACK), SOON),
}


def callers(scope: Scope) -> ColumnElement[bool]:
    """Who called in the period, as each figure of callers counts them."""
    asked = and_(Call.person_due_at >= scope.start, Call.person_due_at < scope.end)
    called = and_(~ASKED, Call.started_at >= scope.start, Call.started_at < scope.end)
    found = and_(Call.direction == Direction.IN, or_(asked, called))
    return and_(found, LINE.in_(scope.lines)) if scope.lines is not None else found


def _callers(scope: Scope) -> Counted:
    """Nobody's in particular: who waits has no agent yet."""
    if scope.agent_id is not None:
        return []
    waited = func.sum(case((and_(ASKED, ANSWERED), LASTED)))
    asked = (
        select(_key(scope, ASKED_AT), *_counts(OF_CALLERS), _span(waited, "waited"))
        .select_from(Call)
        .join(FIRST_PLACE, true(), isouter=True)
        .where(callers(scope))
    )
    return _tallies(asked)


RANG = and_(
    Offer.kind == OfferKind.CALL, ~exists().where(Consult.offer_id == Offer.id).correlate(Offer)
)
OF_OFFERS: dict[str, ColumnElement[bool]] = {
    "offers": Offer.state != OfferState.RINGING,
    "accepted": Offer.claimed_at.is_not(None),
    "missed": Offer.state == OfferState.MISSED,
    "ringing": Offer.state == OfferState.RINGING,
}


def _offers(scope: Scope) -> Counted:
    asked = _of_desks(scope, select(_key(scope, Offer.offered_at), *_counts(OF_OFFERS)))
    return _tallies(asked.where(RANG))


HANDLED = (
    select(
        func.sum(SeatStretch.ended_at - SeatStretch.began_at).label("lasted"),
        func.bool_or(SeatStretch.ended_at.is_(None)).label("open"),
    )
    .where(
        SeatStretch.call_id == Offer.call_id,
        SeatStretch.agent_id == Offer.agent_id,
        SeatStretch.activity.in_((Activity.TALKING, Activity.WRAP_UP)),
    )
    .correlate(Offer)
    .lateral("handled")
)
TIMED = and_(HANDLED.c.open.is_not(None), ~HANDLED.c.open)
OF_TALKS: dict[str, ColumnElement[bool]] = {
    "talks": TIMED,
    "talks_open": func.coalesce(HANDLED.c.open, False),
    "talks_untimed": HANDLED.c.open.is_(None),
}
EARLIER = aliased(Offer)
# Who had the same citizen twice has handled him once.
FIRST_TALK = and_(
    Offer.kind == OfferKind.CALL,
    Offer.state == OfferState.CONNECTED,
    ~exists()
    .where(
        EARLIER.call_id == Offer.call_id,
        EARLIER.agent_id == Offer.agent_id,
        EARLIER.kind == OfferKind.CALL,
        EARLIER.state == OfferState.CONNECTED,
        EARLIER.id < Offer.id,
    )
    .correlate(Offer),
)


def _talks(scope: Scope) -> Counted:
    handling = func.sum(case((TIMED, HANDLED.c.lasted)))
    asked = _of_desks(
        scope,
        select(_key(scope, Offer.offered_at), *_counts(OF_TALKS), _span(handling, "handling")),
    )
    return _tallies(asked.join(HANDLED, true(), isouter=True).where(FIRST_TALK))


def _of_desks(scope: Scope, asked: Select[Any]) -> Select[Any]:
    asked = asked.select_from(Offer).where(
        Offer.offered_at >= scope.start, Offer.offered_at < scope.end
    )
    if scope.by is By.LINE or scope.lines is not None:
        asked = asked.join(Call, Call.id == Offer.call_id).join(FIRST_PLACE, true(), isouter=True)
    if scope.lines is not None:
        asked = asked.where(LINE.in_(scope.lines))
    if scope.agent_id is not None:
        asked = asked.where(Offer.agent_id == scope.agent_id)
    return asked


def _key(scope: Scope, at: Moment) -> ColumnElement[Any]:
    local = func.timezone(str(CITY), at)
    keys: dict[By, ColumnElement[Any]] = {
        By.HOUR: cast(func.extract("hour", local), Integer),
        By.DAY: cast(local, Date),
        By.LINE: LINE,
        By.AGENT: cast(Offer.agent_id if at is Offer.offered_at else null(), Integer),
    }
    return keys[scope.by].label("key")


def _counts(conditions: Mapping[str, ColumnElement[bool]]) -> list[ColumnElement[int]]:
    return [func.count(case((when, 1))).label(name) for name, when in conditions.items()]


def _span(total: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return func.coalesce(total, timedelta()).label(name)


def _tallies(asked: Select[Any]) -> Counted:
    rows = session.execute(asked.group_by(text("1")))
    return [(row.key, _tally(row._asdict())) for row in rows]


def _tally(counted: dict[str, Any]) -> Tally:
    return Tally(**{name: value for name, value in counted.items() if name != "key"})
