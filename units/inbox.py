"""A unit's assignments by tab and light, in pages that begin where the one before ended.

What is in hand stands in the order of what is owed next, and so does its light."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from models import Assignment, AssignmentState, Meeting, Notice, Part, StaffMember, Ticket, Unit
from models.lifecycle import IN_HAND
from models.lifecycle import AssignmentState as State
from tickets import search
from web.asked import place_told
from web.languages import _l, named

PER_PAGE = 30
# Notices above the list of tickets.
SHOWN = 5
ENOUGH = 100
# Words are looked for in what the unit may read, so rows are read until a page is full.
LOOKED_THROUGH = 600
TABS = {
    "open": _l("在办"),
    "signing": _l("待签收"),
    "info": _l("知会"),
    "replied": _l("待审核"),
    "done": _l("已办结"),
}
LIGHTS = ("red", "yellow", "green")
Key = tuple[datetime, int]


@dataclass(frozen=True)
class Wanted:
    """Which of the units' assignments; ``after`` is the last of the page before."""

    units: Sequence[int]
    tab: str = "open"
    light: str = ""
    words: str = ""
    after: Key | None = None


@dataclass(frozen=True)
class Page:
    assignments: Sequence[Assignment]
    more: str | None


def page(wanted: Wanted, by: StaffMember) -> Page:
    rows = found(wanted, by, PER_PAGE + 1)
    more = _key(wanted.tab, rows[PER_PAGE - 1]) if len(rows) > PER_PAGE else None
    return Page(rows[:PER_PAGE], more)


def found(wanted: Wanted, by: StaffMember, most: int) -> list[Assignment]:
    """The next ones, at most so many."""
    if not wanted.words:
        return list(session.scalars(_select(wanted).limit(most)))
    rows: list[Assignment] = []
    looked = 0
    while looked < LOOKED_THROUGH:
        part = session.scalars(_select(wanted).limit(ENOUGH)).all()
        rows += [one for one in part if _meant(one.ticket, wanted.words, by)]
        looked += len(part)
        if len(part) < ENOUGH or len(rows) >= most:
            break
        wanted = replace(wanted, after=_place(wanted.tab, part[-1]))
    return rows[:most]


def counts(units: Sequence[int]) -> Mapping[str, str]:
    """How many lie in each tab but the last, and under each light, told up to 99."""
    wanted = Wanted(units)
    told = {tab: _told(replace(wanted, tab=tab)) for tab in TABS if tab != "done"}
    return told | {light: _told(replace(wanted, light=light)) for light in LIGHTS}


def below(unit_id: int) -> Sequence[Unit]:
    """Units that it may hand something down to."""
    under = select(Unit).where(Unit.parent_id == unit_id, Unit.active).order_by(Unit.name)
    return session.scalars(under).all()


def notices(
    reader: StaffMember, most: int = SHOWN, *, after: int | None = None
) -> Sequence[Notice]:
    """What has not yet been seen, missed targets before everything else, the newest first: a
    leader's are his own.  ``after``: the last of the page before."""
    unread = _unread(reader).options(joinedload(Notice.ticket))
    last = session.get(Notice, after) if after is not None else None
    if last is not None:
        unread = unread.where(tuple_(Notice.presses, Notice.id) < (last.presses, last.id))
    return session.scalars(
        unread.order_by(Notice.presses.desc(), Notice.id.desc()).limit(most)
    ).all()


def unread(reader: StaffMember) -> str:
    """How many he has not yet seen, told up to 99."""
    return _up_to_99(_unread(reader).with_only_columns(Notice.id))


def meetings_of(told: Sequence[Notice]) -> dict[int, Meeting]:
    """Those that notices are about: what a meeting is about is told to who has signed in."""
    asked = {one.detail["meeting"] for one in told if "meeting" in one.detail}
    if not asked:
        return {}
    found = session.scalars(select(Meeting).where(Meeting.id.in_(asked)))
    return {one.id: one for one in found}


def newest_of(told: Sequence[Notice], reader: StaffMember) -> dict[int, int]:
    """By ticket: the reader's own assignment that a notice is most likely about."""
    own = (
        select(Assignment.ticket_id, func.max(Assignment.id))
        .where(Assignment.unit_id == reader.unit_id)
        .where(Assignment.ticket_id.in_([one.ticket_id for one in told]))
        .group_by(Assignment.ticket_id)
    )
    return dict(session.execute(own).all())


def mark_read(reader: StaffMember, ids: Iterable[int]) -> None:
    for one in session.scalars(_told_to(reader).where(Notice.id.in_(list(ids)))):
        one.read_at = one.read_at or now()


def _unread(reader: StaffMember) -> Select[Notice]:
    return _told_to(reader).where(Notice.read_at.is_(None))


def _told_to(reader: StaffMember) -> Select[Notice]:
    return select(Notice).where(
        Notice.unit_id == reader.unit_id, Notice.for_leader == reader.leads_unit
    )


def _select(wanted: Wanted) -> Select[Assignment]:
    moment = _moment(wanted.tab)
    newest_first = wanted.tab == "done"
    query = select(Assignment).where(*_conditions(wanted))
    if wanted.after is not None:
        place = tuple_(moment, Assignment.id)
        query = query.where(place < wanted.after if newest_first else place > wanted.after)
    order = (moment.desc(), Assignment.id.desc()) if newest_first else (moment, Assignment.id)
    return query.options(
        joinedload(Assignment.ticket).joinedload(Ticket.topic),
        joinedload(Assignment.ticket).joinedload(Ticket.district),
        joinedload(Assignment.unit),
    ).order_by(*order)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    mine: list[ColumnElement[bool]] = [Assignment.unit_id.in_(wanted.units)]
    match wanted.tab:
        case "info":
            return [*mine, Assignment.part == Part.INFO, Assignment.state == State.PENDING_SIGN]
        case "replied":
            return [*mine, Assignment.ended_at.is_(None), Assignment.state == State.REPLIED]
        case "done":
            return [*mine, Assignment.ended_at.is_not(None), Assignment.state == State.ACCEPTED]
        case "signing":
            states: set[AssignmentState] = {State.PENDING_SIGN}
        case _:
            states = IN_HAND
    in_hand = [Assignment.ended_at.is_(None), Assignment.part != Part.INFO]
    return [*mine, *in_hand, Assignment.state.in_(states), *_lit(wanted.light)]


def _lit(light: str) -> list[ColumnElement[bool]]:
    at = now()
    match light:
        case "red":
            return [Assignment.next_due_at <= at]
        case "yellow":
            return [Assignment.next_near_at <= at, Assignment.next_due_at > at]
        case "green":
            return [Assignment.next_near_at > at]
        case _:
            return []


def _moment(tab: str):  # type: ignore[no-untyped-def]
    match tab:
        case "info":
            return Assignment.dispatched_at
        case "replied":
            return Assignment.replied_at
        case "done":
            return Assignment.ended_at
        case _:
            return Assignment.next_due_at


def _place(tab: str, one: Assignment) -> Key:
    return getattr(one, _moment(tab).key), one.id


def _key(tab: str, one: Assignment) -> str:
    return place_told(*_place(tab, one))


def _meant(ticket: Ticket, words: str, by: StaffMember) -> bool:
    """Only in what it may read: a name or a number cannot be found out by looking for it."""
    readable = [search.shown_to(by, text) for text in (ticket.summary, ticket.demand)]
    readable += [ticket.topic.name, named(ticket.topic)] if ticket.topic else []
    readable.append(ticket.number or "")
    return all(any(word in text for text in readable) for word in words.split())


def _told(wanted: Wanted) -> str:
    return _up_to_99(select(Assignment.id).where(*_conditions(wanted)))


def _up_to_99(rows: Select[int]) -> str:
    some = rows.limit(ENOUGH).subquery()
    count = session.scalar(select(func.count()).select_from(some)) or 0
    return str(count) if count < ENOUGH else f"{ENOUGH - 1}+"
