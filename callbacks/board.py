"""What the page of callbacks tells: who is open, how it went, and what became of missed callers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import case, func, select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.localtime import local, midnight, start_of_day
from models import Call, Callback, CallbackState, Line, MissedContact
from queues import keeping
from web.languages import language, told

RANKS = {CallbackState.DIALLING: 0, CallbackState.IN_LINE: 1, CallbackState.SCHEDULED: 2}
ENDED_SHOWN = 50
DAYS = 14
SOON, LATER = timedelta(minutes=30), timedelta(hours=2)


# When he gave up, who he is, when he was spoken to, when he was sent a text message.
Missed = tuple[datetime, int | None, datetime | None, datetime | None]


@dataclass(frozen=True)
class Sums:
    """Today's, and what is open now; ``reached`` of those that have ended today."""

    scheduled: int
    in_line: int
    dialling: int
    ended: int
    reached: int
    minutes: int | None


@dataclass(frozen=True)
class LineRow:
    line: Line
    open: int
    capacity: int


@dataclass(frozen=True)
class MissedDay:
    """Missed callers of a day: each telephone once, however often it called."""

    day: date
    missed: int
    hidden: int
    reached: int
    soon: int
    later: int
    texted: int
    waiting: int
    minutes: int | None

    @property
    def share(self) -> float | None:
        return self.soon / self.missed if self.missed else None


def open_ones() -> Sequence[Callback]:
    """Those being rung first, then who is in line, then by when they are due."""
    rank = case(RANKS, value=Callback.state)
    return session.scalars(
        select(Callback)
        .where(Callback.open_ones())
        .options(joinedload(Callback.line))
        .order_by(rank, Callback.due_at, Callback.age_from)
        .limit(200)
    ).all()


def ended_ones() -> Sequence[Callback]:
    return session.scalars(
        select(Callback)
        .where(Callback.ended_at.is_not(None))
        .options(joinedload(Callback.line), joinedload(Callback.cancelled_by))
        .order_by(Callback.asked_at.desc(), Callback.id.desc())
        .limit(ENDED_SHOWN)
    ).all()


def talks_of(callbacks: Sequence[Callback]) -> dict[int, int]:
    """By callback the call in which the citizen was spoken to."""
    found = session.execute(
        select(Call.callback_id, func.max(Call.id))
        .where(
            Call.callback_id.in_([one.id for one in callbacks]),
            Call.answered_at.is_not(None),
        )
        .group_by(Call.callback_id)
    )
    return {callback: call for callback, call in found if callback is not None}


def sums() -> Sums:
    by_state = session.execute(
        select(Callback.state, func.count()).where(Callback.open_ones()).group_by(Callback.state)
    )
    counted: dict[CallbackState, int] = {state: count for state, count in by_state}  # noqa: C416
    ended = session.execute(
        select(Callback.state, Callback.asked_at, Callback.ended_at).where(
            Callback.ended_at >= start_of_day(now()),
            Callback.state != CallbackState.CANCELLED,
        )
    ).all()
    lasted = [one.ended_at - one.asked_at for one in ended if one.state is CallbackState.REACHED]
    return Sums(
        scheduled=counted.get(CallbackState.SCHEDULED, 0),
        in_line=counted.get(CallbackState.IN_LINE, 0),
        dialling=counted.get(CallbackState.DIALLING, 0),
        ended=len(ended),
        reached=len(lasted),
        minutes=_minutes(lasted),
    )


def lines() -> list[LineRow]:
    counted = dict(
        session.execute(
            select(Callback.line_id, func.count())
            .where(Callback.open_ones())
            .group_by(Callback.line_id)
        ).all()
    )
    return [
        LineRow(line, counted.get(line.id, 0), keeping.capacity(line, "zh"))
        for line in session.scalars(select(Line).order_by(Line.rank, Line.id))
    ]


def missed_days() -> list[MissedDay]:
    """The newest day first.  Reached is who was spoken to, whoever rang whom, or whom a person has
    seen to; within how long is counted from when he gave up."""
    first = local(now()).date() - timedelta(days=DAYS - 1)
    rows = session.execute(
        select(
            MissedContact.at,
            MissedContact.person_id,
            MissedContact.handled_at,
            MissedContact.texted_at,
        )
        .where(MissedContact.at >= midnight(first))
        .order_by(MissedContact.at)
    ).all()
    by_day: dict[date, list[Missed]] = {}
    for row in rows:
        contact = row.at, row.person_id, row.handled_at, row.texted_at
        by_day.setdefault(local(row.at).date(), []).append(contact)
    return [_day(day, by_day[day]) for day in sorted(by_day, reverse=True)]


def _day(day: date, rows: list[Missed]) -> MissedDay:
    first: dict[int, tuple[datetime, datetime | None, datetime | None]] = {}
    for at, person, handled, texted in rows:
        if person is not None:
            known = first.get(person)
            since, told = (known[0], known[2]) if known else (at, None)
            first[person] = since, handled, texted or told
    lasted = [handled - at for at, handled, _texted in first.values() if handled is not None]
    return MissedDay(
        day=day,
        missed=len(first),
        hidden=sum(person is None for _at, person, _handled, _texted in rows),
        reached=len(lasted),
        soon=sum(one <= SOON for one in lasted),
        later=sum(one <= LATER for one in lasted),
        texted=sum(texted is not None for _at, _handled, texted in first.values()),
        waiting=sum(handled is None for _at, handled, _texted in first.values()),
        minutes=_minutes(lasted),
    )


def _minutes(lasted: Sequence[timedelta]) -> int | None:
    """The median, in whole minutes."""
    if not lasted:
        return None
    return round(median(one.total_seconds() for one in lasted) / 60)


def _next_one() -> Callback | None:
    """Whose turn is next, in line or due."""
    waiting_ones = Callback.state.in_((CallbackState.IN_LINE, CallbackState.SCHEDULED))
    in_line = Callback.state == CallbackState.IN_LINE
    return session.scalar(
        select(Callback)
        .where(waiting_ones)
        .order_by(in_line.desc(), case((in_line, Callback.age_from), else_=Callback.due_at))
        .limit(1)
    )


def _open_count() -> int:
    return session.scalar(select(func.count(Callback.id)).where(Callback.open_ones())) or 0


def upcoming() -> dict[str, object] | None:
    """Whose turn is next, and how many are open; None where nobody is."""
    callback = _next_one()
    if callback is None:
        return None
    return {
        "open": _open_count(),
        "number": told(callback.number_masked),
        "line": callback.line.name_in(language()),
        "in_line": callback.state is CallbackState.IN_LINE,
        "since": callback.age_from.isoformat(),
        "due_at": callback.due_at.isoformat(),
    }
