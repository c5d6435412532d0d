"""The duty rota of units: who is on duty when, and how soon the line found somebody."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint, mask, national
from models import LAST_RANK, LONGEST_TURN, DutyEnd, DutyRing, DutyTurn, Outside, Unit
from staff import audit, norms
from telephony.callers import ordinary
from web.languages import _
from web.refusals import Refused

LATELY = timedelta(days=30)
# What is long over is no plan any more.
SHOWN_AFTER = timedelta(days=1)
LONGEST_NAME = 40


class TurnRefused(Refused):
    """It cannot stand in the rota; the message says why."""


@dataclass(frozen=True)
class Wanted:
    unit: Unit
    officer: str
    rank: int
    number: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Figure:
    """Of one unit: ladders that ran to their end, answered ones, and those answered in time."""

    unit: Unit
    asked: int
    answered: int
    in_time: int

    @property
    def share(self) -> float | None:
        return self.in_time / self.asked if self.asked else None


def schedule(wanted: Wanted) -> DutyTurn:
    """Raises TurnRefused."""
    plain = national(wanted.number.strip())
    _insist(wanted, plain)
    # Two who plan for one unit at once would each not see the other's turn.
    session.get_one(Unit, wanted.unit.id, with_for_update={"key_share": True})
    seal = fingerprint(plain)
    same = select(DutyTurn.id).where(
        DutyTurn.unit_id == wanted.unit.id,
        DutyTurn.number_fingerprint == seal,
        DutyTurn.begins_at < wanted.ends,
        DutyTurn.ends_at > wanted.begins,
    )
    if session.scalar(same.limit(1)) is not None:
        raise TurnRefused(_("这个号码在这段时间已有值班"))
    turn = DutyTurn(
        unit_id=wanted.unit.id,
        officer=wanted.officer.strip(),
        rank=wanted.rank,
        number=plain,
        number_fingerprint=seal,
        number_masked=mask(plain),
        begins_at=wanted.begins,
        ends_at=wanted.ends,
        made_at=now(),
    )
    session.add(turn)
    session.flush()  # the next one is held against it
    return turn


def remove(turn: DutyTurn) -> None:
    audit.record("duty.removed", "unit", turn.unit.code, number=turn.number_masked)
    session.delete(turn)


def take_in(wanted: Iterable[Wanted]) -> Counter[str]:
    """All of them; one that cannot be undoes the others with its transaction.  How many of each
    unit, by its code; units are locked in one order."""
    ordered = sorted(wanted, key=lambda one: one.unit.id)
    return Counter(schedule(one).unit.code for one in ordered)


def coming(unit_ids: Sequence[int]) -> Sequence[DutyTurn]:
    """What is on and what is to come, unit by unit."""
    turns = (
        select(DutyTurn)
        .where(DutyTurn.unit_id.in_(unit_ids), DutyTurn.ends_at > now() - SHOWN_AFTER)
        .options(joinedload(DutyTurn.unit))
        .order_by(DutyTurn.unit_id, DutyTurn.begins_at, DutyTurn.rank)
    )
    return session.scalars(turns.limit(500)).all()


def figures(unit_ids: Sequence[int]) -> list[Figure]:
    """Of the last thirty days; a ladder that was called off is nobody's fault."""
    soon = timedelta(seconds=norms.amount("duty_answers_within"))
    answered = DutyRing.outcome == DutyEnd.ANSWERED
    ladders = (
        select(
            DutyRing.unit_id,
            DutyRing.outside_id,
            func.bool_or(answered).label("answered"),
            func.bool_or(answered & (DutyRing.ended_at - Outside.asked_at <= soon)).label("soon"),
            func.bool_or(DutyRing.outcome == DutyEnd.CALLED_OFF).label("off"),
        )
        .join(Outside, Outside.id == DutyRing.outside_id)
        .where(
            DutyRing.unit_id.in_(unit_ids),
            DutyRing.rung_at >= now() - LATELY,
            DutyRing.outcome.is_not(None),
        )
        .group_by(DutyRing.unit_id, DutyRing.outside_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Unit,
            func.count(),
            func.count().filter(ladders.c.answered),
            func.count().filter(ladders.c.soon),
        )
        .join(ladders, ladders.c.unit_id == Unit.id)
        .where(~ladders.c.off)
        .group_by(Unit.id)
        .order_by(Unit.id)
    )
    return [Figure(*row) for row in rows]


def _insist(wanted: Wanted, plain: str) -> None:
    if not 1 <= len(wanted.officer.strip()) <= LONGEST_NAME:
        raise TurnRefused(_("值班人员姓名应为 1 至 %(most)s 个字", most=LONGEST_NAME))
    if not ordinary(plain):
        raise TurnRefused(_("值班号码须是手机号码，或带区号的座机号码"))
    if not 1 <= wanted.rank <= LAST_RANK:
        raise TurnRefused(_("呼叫顺序应为 1 至 %(last)s", last=LAST_RANK))
    if not wanted.begins < wanted.ends <= wanted.begins + LONGEST_TURN:
        raise TurnRefused(_("结束应在开始之后，一次值班最长 31 天"))
    if wanted.ends <= now():
        raise TurnRefused(_("这段值班已经过去"))
