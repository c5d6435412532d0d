"""值班: an agent chooses a unit, and the line rings its officer on duty, then the next.

Of the whole ladder one outside party is made, whose dial is that of the officer who is rung now;
who was rung before and picks up too late is needed no more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from infra import apart
from infra.clock import now
from infra.db import session
from models import (
    Call,
    DutyEnd,
    DutyRing,
    DutyTurn,
    Outside,
    OutsideKind,
    OutsideState,
    Seat,
    Unit,
)
from queues import outside
from queues.journal import note
from staff import norms


class NobodyOnDuty(Exception):
    """The unit has nobody in its rota for now."""

    permanent = False


def on_duty(unit_id: int) -> Sequence[DutyTurn]:
    """Now, in the order in which they are rung; each telephone once."""
    at = now()
    turns = session.scalars(
        select(DutyTurn)
        .where(DutyTurn.unit_id == unit_id, DutyTurn.begins_at <= at, DutyTurn.ends_at > at)
        .order_by(DutyTurn.rank, DutyTurn.begins_at.desc(), DutyTurn.id)
    )
    return list({one.number_fingerprint: one for one in reversed(list(turns))}.values())[::-1]


def staffed() -> Sequence[Unit]:
    """Units that have somebody on duty now."""
    at = now()
    there = select(DutyTurn.unit_id).where(DutyTurn.begins_at <= at, DutyTurn.ends_at > at)
    return session.scalars(select(Unit).where(Unit.id.in_(there)).order_by(Unit.id)).all()


def ring(call: Call, unit: Unit, *, by: Seat) -> Outside:
    """The first officer, for a three-way.  Raises NobodyOnDuty and NotNow."""
    officers = on_duty(unit.id)
    if not officers:
        raise NobodyOnDuty
    first = officers[0]
    party = outside.ring(call, OutsideKind.UNIT, first.number, unit.name, by=by)
    _begin(party, first, step=1)
    return party


def climb_due() -> int:
    """Officers who do not answer in time, or cannot be reached: the next one is rung.

    The caller holds the routing lock."""
    open_ones = session.scalars(
        select(DutyRing).join(DutyRing.outside).where(DutyRing.outcome.is_(None))
    ).all()
    return apart.each(open_ones, _climb)


def _climb(one: DutyRing) -> None:
    at, party = now(), one.outside
    waited = at - one.rung_at
    rings = party.state is OutsideState.RINGING and one.dial.open
    if (rings and waited < norms.span("duty_rings_for")) or not _locked(party):
        return
    if party.state is not OutsideState.RINGING:
        # He has picked up, or nobody needs him any more.
        answered = party.joined_at is not None and party.dial_id == one.dial_id
        outcome = DutyEnd.ANSWERED if answered else DutyEnd.CALLED_OFF
        _end(one, outcome, party.joined_at or party.ended_at)
        return
    following = _following(one)
    if following is None and one.dial.open and waited < outside.RUNG_WITHIN:
        # The last one is let ring as long as anybody else.
        return
    _end(one, DutyEnd.MISSED, at)
    if following is not None:
        outside.stop_ringing(party)
        party.dial = outside.plan(party.call, following.number)
        _begin(party, following, step=one.step + 1)


def _locked(party: Outside) -> bool:
    """Behind its call's lock first, as whoever picks up or dismisses him; where that is taken,
    somebody is busy with the talk, and the next second looks again."""
    of_it = select(Call).where(Call.id == party.call_id).with_for_update(of=Call, skip_locked=True)
    found = session.scalar(of_it.execution_options(populate_existing=True))
    if found is not None:
        session.refresh(party)
    return found is not None


def _following(one: DutyRing) -> DutyTurn | None:
    """Who is on duty now and was not rung for this yet."""
    rung = set(
        session.scalars(
            select(DutyRing.number_fingerprint).where(DutyRing.outside_id == one.outside_id)
        )
    )
    return next(
        (turn for turn in on_duty(one.unit_id) if turn.number_fingerprint not in rung), None
    )


def _begin(party: Outside, officer: DutyTurn, *, step: int) -> None:
    session.flush()  # party and dial are named by their ids
    session.add(
        DutyRing(
            outside_id=party.id,
            unit_id=officer.unit_id,
            dial_id=party.dial.id,
            step=step,
            officer=officer.officer,
            number_fingerprint=officer.number_fingerprint,
            rung_at=now(),
        )
    )
    note(party.call, "duty_rung", unit=party.name, officer=officer.officer, step=step)


def _end(one: DutyRing, outcome: DutyEnd, at: datetime | None) -> None:
    one.outcome, one.ended_at = outcome, max(at or now(), one.rung_at)
    seconds = round((one.ended_at - one.rung_at).total_seconds())
    told = {"officer": one.officer, "step": one.step, "seconds": seconds}
    note(one.outside.call, f"duty_{outcome}", **told)
