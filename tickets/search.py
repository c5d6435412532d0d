"""Finding tickets, and who may read them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from assist import redaction
from infra.db import session
from models import (
    Call,
    District,
    Line,
    MissedContact,
    Outgoing,
    Recording,
    Role,
    StaffMember,
    TextMessage,
    TextState,
    Ticket,
    TicketEvent,
    TicketState,
    Topic,
    Unit,
)
from models.lifecycle import RUNNING
from tickets import by_days, lit, reach
from tickets.wanted import Wanted, conditions, with_days

PER_PAGE = 30
# What the citizen said of the handling, that he was pressed for it, and how the hotline judges:
# a unit that knew would ring him about it.
HOTLINE_ONLY = (
    *("followed_up", "follow_up_not_reached", "follow_up_texted"),
    *("rating_changed", "rating_alarm", "pressed", "watched", "watch_ended"),
    *("marked_sensitive", "code_locked"),
    *("risk_judged", "protected", "mandatory_reported"),
)
# How many tickets with a unit's words in them are read for one page.
LOOKED_THROUGH = 500
# The newest tickets are read for a word before its index is asked.
READ_THROUGH = 20_000
READS_ALL = (Role.LEAD, Role.QA, Role.DISPATCHER)
HOTLINE = (Role.AGENT, *READS_ALL)


@dataclass(frozen=True)
class Found:
    """A page of tickets; ``older`` is where the next begins, None at the end, and ``further`` the
    same of a list by light or by days.

    How many there are in all is not counted: among millions that takes longer than one waits."""

    tickets: Sequence[Ticket]
    older: int | None = None
    further: lit.Place | None = None


def find(wanted: Wanted, by: StaffMember) -> Found:
    """Tickets that ``by`` may read, newest first, a page of them."""
    wanted = with_days(wanted)
    matching = _matching(wanted, by, Ticket.tells)
    if wanted.light:
        return _lit(matching, wanted, by)
    if wanted.by_days:
        return _by_days(matching, wanted, by)
    if wanted.words and not knows_citizens(by):
        return _readable(session.scalars(matching.limit(LOOKED_THROUGH)).all(), wanted, by)
    if wanted.words:
        # A word that many tickets hold fills the page at once; its index would give all of them,
        # to be sorted.  One that few hold is what the index is for.
        newest = wanted.before or select(func.max(Ticket.id)).scalar_subquery()
        near = _matching(wanted, by, Ticket.reads).where(Ticket.id > newest - READ_THROUGH)
        found = _page(session.scalars(near.limit(PER_PAGE + 1)).all())
        if found.older is not None:
            return found
    return _page(session.scalars(matching.limit(PER_PAGE + 1)).all())


def _lit(matching: Select[Ticket], wanted: Wanted, by: StaffMember) -> Found:
    """In the order of their dates; what nobody owes anything on has no light."""
    if wanted.state is not None and wanted.state not in RUNNING:
        return Found([])
    return _placed(lit.narrowed(matching, wanted.light, wanted.after), wanted, by)


def _by_days(matching: Select[Ticket], wanted: Wanted, by: StaffMember) -> Found:
    """As without days: the newest of them are read for a word before its index is asked."""
    if wanted.words and knows_citizens(by):
        edge = by_days.edge(wanted.first, wanted.last, wanted.after, READ_THROUGH)
        near = _matching(wanted, by, Ticket.reads)
        if edge is not None:
            near = near.where(edge < by_days.PLACE)
        found = _placed(by_days.narrowed(near, wanted.after), wanted, by)
        if found.further is not None or edge is None:
            return found
    return _placed(by_days.narrowed(matching, wanted.after), wanted, by)


def _placed(query: Select[Ticket, datetime, int], wanted: Wanted, by: StaffMember) -> Found:
    """A page of a list with an order of its own: each ticket comes with its place."""
    hidden = bool(wanted.words) and not knows_citizens(by)
    most = LOOKED_THROUGH if hidden else PER_PAGE + 1
    rows = session.execute(query.limit(most)).all()
    meant = [row for row in rows if not hidden or _meant(row[0], wanted.words, by)]
    last = meant[PER_PAGE - 1] if len(meant) > PER_PAGE else None
    if last is None and hidden and len(rows) == LOOKED_THROUGH:
        last = rows[-1]
    further = (last[1], last[2]) if last is not None else None
    return Found([row[0] for row in meant[:PER_PAGE]], further=further)


def _readable(tickets: Sequence[Ticket], wanted: Wanted, by: StaffMember) -> Found:
    """Of those that hold the words, the ones where ``by`` may read them: a name that is kept from
    him cannot be found out by looking for it."""
    meant = [one for one in tickets if _meant(one, wanted.words, by)]
    older = None
    if len(meant) > PER_PAGE:
        older = meant[PER_PAGE - 1].id
    elif len(tickets) == LOOKED_THROUGH:
        older = tickets[-1].id
    return Found(meant[:PER_PAGE], older)


def may_read(ticket: Ticket, staff: StaffMember) -> bool:
    """A draft and a confidential ticket are open to their own agent and to those who must handle
    them; a unit reads what it was given."""
    if staff.may(*READS_ALL):
        return True
    closed = ticket.confidential or ticket.is_draft
    if staff.may(Role.AGENT) and (not closed or is_own(ticket, staff)):
        return True
    return not ticket.is_draft and reach.reads(staff, ticket)


def may_edit(ticket: Ticket, staff: StaffMember) -> bool:
    """A draft is confirmed by its own agent or by a lead."""
    return staff.may(Role.LEAD) or (staff.may(Role.AGENT) and is_own(ticket, staff))


def knows_citizens(staff: StaffMember) -> bool:
    """Units handle the matter; who called is known to the hotline only."""
    return staff.may(*HOTLINE)


def shown_to(staff: StaffMember, text: str | None) -> str:
    """What was written down, for whoever may read it: units handle the matter at its address, and
    learn neither a name nor a number of who called."""
    if text is None or knows_citizens(staff):
        return text or ""
    return redaction.blank(text, keeping=redaction.PLACE)


def is_own(ticket: Ticket, staff: StaffMember) -> bool:
    took_the_call = ticket.call is not None and ticket.call.agent_id == staff.id
    return took_the_call or ticket.submitted_by_id == staff.id


def history(ticket: Ticket, by: StaffMember) -> Sequence[TicketEvent]:
    """What happened, as far as ``by`` may know it: units learn nothing of ratings."""
    links = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)
    if not knows_citizens(by):
        links = links.where(TicketEvent.name.not_in(HOTLINE_ONLY))
    return session.scalars(links.options(joinedload(TicketEvent.by)).order_by(TicketEvent.id)).all()


def texts_of(ticket: Ticket) -> Sequence[TextMessage]:
    return session.scalars(
        select(TextMessage).where(TextMessage.ticket_id == ticket.id).order_by(TextMessage.id)
    ).all()


def calls_about(ticket: Ticket) -> Sequence[Call]:
    """The calls in which the citizen was rung back for this ticket."""
    return session.scalars(
        select(Call)
        .join(Outgoing, Outgoing.call_id == Call.id)
        .where(Outgoing.ticket_id == ticket.id)
        .options(joinedload(Call.agent))
        .order_by(Call.id)
    ).all()


def failed_texts() -> Sequence[TextMessage]:
    return session.scalars(
        select(TextMessage)
        .where(TextMessage.state == TextState.FAILED)
        .order_by(TextMessage.id.desc())
        .limit(100)
    ).all()


def unhandled_contacts() -> Sequence[MissedContact]:
    """Who reached nobody and was not yet rung back: emergencies first, then the longest waiting."""
    return session.scalars(
        select(MissedContact)
        .join(MissedContact.call)
        .where(MissedContact.handled_at.is_(None))
        .options(contains_eager(MissedContact.call), joinedload(MissedContact.line))
        .order_by(Call.emergency.is_(None), MissedContact.at)
        .limit(200)
    ).all()


def with_message(contacts: Sequence[MissedContact]) -> set[int]:
    """Those of them who left a message; what was recorded of others is a talk that broke off,
    or what they have added to a ticket."""
    found = session.scalars(
        select(MissedContact.id)
        .join(Call, Call.id == MissedContact.call_id)
        .join(Recording, Recording.call_id == Call.id)
        .where(
            MissedContact.id.in_([one.id for one in contacts]),
            Call.answered_at.is_(None),
            Recording.take.is_(None),
        )
    )
    return set(found)


def choices() -> dict[str, Sequence[Topic | District | Unit | Line]]:
    """What the form's selects offer."""
    return {
        "topic": topics(),
        "district": session.scalars(select(District).order_by(District.id)).all(),
        "unit": member_units(),
        "line": session.scalars(select(Line).order_by(Line.rank, Line.id)).all(),
    }


def topics() -> Sequence[Topic]:
    """With their lines, by which pages group them."""
    return session.scalars(select(Topic).options(joinedload(Topic.line))).all()


def member_units() -> Sequence[Unit]:
    """To whom the hotline gives tickets; what is below them they hand down themselves."""
    members = select(Unit).where(Unit.active, Unit.parent_id.is_(None))
    return session.scalars(members.order_by(Unit.name)).all()


def _matching(
    wanted: Wanted, by: StaffMember, tells: Callable[[str], ColumnElement[bool]]
) -> Select[Ticket]:
    return (
        select(Ticket)
        .outerjoin(Call, Call.id == Ticket.call_id)
        .where(
            *conditions(wanted, by, tells, hotline=knows_citizens(by)),
            within_reach(by),
        )
        .options(
            joinedload(Ticket.topic),
            joinedload(Ticket.district),
            joinedload(Ticket.unit),
            joinedload(Ticket.person),
            contains_eager(Ticket.call),
        )
        .order_by(Ticket.id.desc())
    )


def _page(tickets: Sequence[Ticket]) -> Found:
    """Of one more than a page, which says that there are older ones."""
    return Found(tickets[:PER_PAGE], tickets[PER_PAGE - 1].id if tickets[PER_PAGE:] else None)


def within_reach(staff: StaffMember) -> ColumnElement[bool]:
    """What ``may_read`` says, of tickets that are selected with their calls."""
    if staff.may(*READS_ALL):
        return Ticket.id.is_not(None)
    within: list[ColumnElement[bool]] = [false()]
    if staff.may(Role.AGENT):
        within += [
            # Whether a draft is confidential is settled when it is submitted.
            Ticket.confidential.is_(False) & (Ticket.state != TicketState.DRAFT),
            Ticket.submitted_by_id == staff.id,
            Call.agent_id == staff.id,
        ]
    if units := reach.units_of(staff):
        within.append(reach.handled_by(units))
    return or_(*within)


def _meant(ticket: Ticket, words: str, by: StaffMember) -> bool:
    """By what it may read: a name cannot be found out by looking for it."""
    readable = [shown_to(by, text) for text in (ticket.summary, ticket.demand)]
    readable.append(ticket.number or "")
    return all(any(word in text for text in readable) for word in words.split())
