"""Calls about a ticket that is open already: its citizen urges it, and no second one is written.

Source: domain reference 1.7 and 2.6; peers reference 12.10."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from models import Call, Chase, StaffMember, Ticket, TicketState
from models.lifecycle import OPEN
from tickets import lifecycle, merging, own, search
from tickets.history import note
from web.languages import _
from web.refusals import Refused

LATELY = timedelta(days=7)
MOST = 50


class NotNow(Refused):
    """The call cannot be written down with that ticket; the message says what to do instead."""


@dataclass(frozen=True)
class Chased:
    """A ticket, how often it was called about of late, and when last."""

    ticket: Ticket
    count: int
    last_at: datetime


def link(ticket: Ticket, call: Call, words: str = "", *, by: StaffMember | None = None) -> None:
    """The call is about this ticket, which is open: once, with the first words that it brought."""
    if merging.handled_as(ticket).state not in OPEN or call.id == ticket.call_id:
        return
    written = insert(Chase).values(
        call_id=call.id,
        ticket_id=ticket.id,
        at=now(),
        by_id=by.id if by else None,
        words=words.strip() or None,
    )
    session.execute(
        written.on_conflict_do_update(
            index_elements=["call_id", "ticket_id"],
            set_={
                "words": func.coalesce(Chase.words, written.excluded.words),
                "by_id": func.coalesce(Chase.by_id, written.excluded.by_id),
            },
        )
    )


def urge_instead(draft: Ticket, ticket: Ticket, *, by: StaffMember, words: str = "") -> None:
    """The draft's call is the citizen's urge of that ticket, what he adds is kept with it, and the
    draft is void.  Done already it stays done.  ``ticket`` is locked with its master.

    Raises NotNow."""
    call = session.get_one(Call, draft.call_id)
    words = words.strip()
    if draft.state is TicketState.VOID and ticket in of_call(call):
        return
    _insist(draft, ticket, by)
    link(ticket, call, words, by=by)
    if words and all(one.words != words for one in own.additions(ticket)):
        own.add_facts(ticket, words, by=by)
    own.urge_for(ticket, call=call, by=by)
    draft.make("chase")
    note(draft, "chased", by=by, about=ticket.id)


def take_up(draft: Ticket, *, by: StaffMember) -> None:
    """He has another matter, too: the draft that was void is filled in after all."""
    if draft.state is not TicketState.VOID or draft.number is not None:
        return
    draft.make("take_up")
    note(draft, "taken_up", by=by)


def same_matter(draft: Ticket, by: StaffMember) -> Ticket | None:
    """Which of his open tickets the call is likely about: of its topic, in its place before
    elsewhere; while nobody knows the topic, the newest."""
    his = [one for one in lifecycle.open_of(draft.person_id, besides=draft.id) if may(one, by)]
    if draft.topic_id is not None:
        his = [one for one in his if one.topic_id == draft.topic_id]
    here = [one for one in his if one.district_id == draft.district_id]
    return next(iter(here or his), None)


def may(ticket: Ticket, by: StaffMember) -> bool:
    return merging.handled_as(ticket).state in OPEN and search.may_read(ticket, by)


def of(ticket: Ticket) -> Sequence[Chase]:
    """The calls about it, the newest first."""
    calls = select(Chase).where(Chase.ticket_id == ticket.id).options(joinedload(Chase.by))
    return session.scalars(calls.order_by(Chase.at.desc(), Chase.id.desc())).all()


def of_call(call: Call) -> Sequence[Ticket]:
    """The tickets that it was about."""
    about = select(Ticket).join(Chase, Chase.ticket_id == Ticket.id).where(Chase.call_id == call.id)
    return session.scalars(about.order_by(Chase.id)).all()


def most_chased() -> list[Chased]:
    """Of the last seven days, those that were called about most often first."""
    count, last = func.count(Chase.id), func.max(Chase.at)
    found = session.execute(
        select(Chase.ticket_id, count, last)
        .where(Chase.at > now() - LATELY)
        .group_by(Chase.ticket_id)
        .order_by(count.desc(), last.desc())
        .limit(MOST)
    ).all()
    tickets = {
        one.id: one
        for one in session.scalars(
            select(Ticket)
            .where(Ticket.id.in_([ticket_id for ticket_id, _count, _last in found]))
            .options(joinedload(Ticket.topic), joinedload(Ticket.unit))
        )
    }
    return [Chased(tickets[ticket_id], number, at) for ticket_id, number, at in found]


def _insist(draft: Ticket, ticket: Ticket, by: StaffMember) -> None:
    if not draft.is_draft:
        raise NotNow(_("诉求单已提交，请在工单 %(number)s 的页面催办", number=ticket.number))
    if ticket.person_id is None or ticket.person_id != draft.person_id:
        raise NotNow(_("工单 %(number)s 不是这位来电人的，请核对", number=ticket.number))
    if not search.may_read(ticket, by):
        raise NotNow(_("这是保密工单，请另建诉求单，写明是催办"))
    if merging.handled_as(ticket).state not in OPEN:
        raise NotNow(_("工单 %(number)s 已不在办理，请另建诉求单", number=ticket.number))
