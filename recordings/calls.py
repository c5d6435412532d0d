"""Finding calls, and who may hear them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import joinedload

from infra.db import session
from infra.localtime import midnight
from infra.privacy import fingerprint, national
from models import (
    Call,
    Disposition,
    Line,
    MissedContact,
    Offer,
    OfferKind,
    OfferState,
    Person,
    Recording,
    Role,
    Seat,
    StaffMember,
    Utterance,
)
from recordings import excerpts, promise
from recordings.promise import Kept

PER_PAGE = 30
HEARS_ALL = (Role.LEAD, Role.QA)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; everything is optional."""

    first_day: date | None = None
    last_day: date | None = None
    agent_id: int | None = None
    line: str = ""
    disposition: Disposition | None = None
    kept: Kept | None = None
    person_id: int | None = None
    words: str = ""
    page: int = 1


@dataclass(frozen=True)
class Found:
    calls: Sequence[Call]
    recorded: dict[int, Recording]
    # By the call, where words were looked for.
    said: dict[int, excerpts.Excerpt]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))


def find(wanted: Wanted, by: StaffMember) -> Found:
    """Calls that ``by`` may see, newest first, a page of them."""
    conditions = [*_conditions(wanted), _within_reach(by)]
    total = session.scalar(select(func.count(Call.id)).where(*conditions)) or 0
    calls = session.scalars(
        select(Call)
        .where(*conditions)
        .options(joinedload(Call.line), joinedload(Call.agent))
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(PER_PAGE)
        .offset((wanted.page - 1) * PER_PAGE)
    ).all()
    said = excerpts.of_calls([call.id for call in calls], wanted.words.split())
    return Found(calls, _recordings(calls), said, total, wanted.page)


def may_see(call: Call, staff: StaffMember) -> bool:
    """Leads and QA hear every call, an agent the calls that he talked in, and what was left for
    whoever rings back."""
    if staff.may(*HEARS_ALL) or call.agent_id == staff.id:
        return True
    may: ColumnElement[bool] = exists().where(_talked(staff), Offer.call_id == call.id)
    if staff.may(Role.AGENT) and call.answered_at is None:
        left = or_(
            exists().where(MissedContact.call_id == call.id), literal(call.callback_id is not None)
        )
        may = or_(may, left)
    return bool(session.scalar(select(may)))


def recordings_of(call: Call) -> Sequence[Recording]:
    return session.scalars(
        select(Recording).where(Recording.call_id == call.id).order_by(Recording.started_at)
    ).all()


def person_with(number: str) -> Person | None:
    """Who calls from this number; it is looked up without being readable in the database."""
    key = fingerprint(national(number.strip()))
    return session.scalar(select(Person).where(Person.number_fingerprint == key))


def agents() -> Sequence[Seat]:
    return session.scalars(select(Seat).join(Seat.staff).order_by(StaffMember.name)).all()


def lines() -> Sequence[Line]:
    return session.scalars(select(Line).order_by(Line.rank, Line.id)).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.first_day:
        found.append(Call.started_at >= midnight(wanted.first_day))
    if wanted.last_day:
        found.append(Call.started_at < midnight(wanted.last_day + timedelta(days=1)))
    if wanted.agent_id:
        found.append(Call.agent_id == wanted.agent_id)
    if wanted.line:
        found.append(Call.line.has(Line.code == wanted.line))
    if wanted.disposition:
        found.append(Call.disposition == wanted.disposition)
    if wanted.kept:
        found.append(promise.standing(wanted.kept))
    if wanted.person_id:
        found.append(Call.person_id == wanted.person_id)
    for word in wanted.words.split():
        found.append(Call.id.in_(select(Utterance.call_id).where(Utterance.tells(word))))
    return found


def _within_reach(staff: StaffMember) -> ColumnElement[bool]:
    if staff.may(*HEARS_ALL):
        return Call.id.is_not(None)
    talked = exists().where(_talked(staff), Offer.call_id == Call.id)
    return or_(Call.agent_id == staff.id, talked)


def _talked(staff: StaffMember) -> ColumnElement[bool]:
    had = Offer.kind == OfferKind.CALL
    return and_(Offer.agent_id == staff.id, had, Offer.state == OfferState.CONNECTED)


def _recordings(calls: Sequence[Call]) -> dict[int, Recording]:
    rows = session.scalars(
        select(Recording)
        .where(Recording.call_id.in_([call.id for call in calls]), Recording.take.is_(None))
        .order_by(Recording.id.desc())
    )
    return {row.call_id: row for row in rows if row.call_id is not None}
