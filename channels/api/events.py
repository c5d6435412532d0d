"""The stream of what happened to a unit's tickets, for reading on from a cursor."""

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from channels.api import answers, sent
from infra.db import session
from models import Assignment, RequestKind, Ticket, TicketEvent
from models.lifecycle import WITHDRAWN
from staff.access import current_key
from tickets import feed
from web.languages import _
from web.refusals import Refused

# What a unit has no business with (ratings, drafts, codes) is left out by not being listed.
TOLD = {
    *("dispatched", "signed", "contacted", "mobilised", "done_on_site", "delegated", "recalled"),
    *("replied", "reply_accepted", "reply_refused", "attached", "awaits_follow_up", "closed"),
    *("rehandled", "reopened", "suspended", "resumed", "merged", "archived"),
    *("below_refused", "taken_back"),
    *("took_in", "gave_back", "clock_taken_over", "facts_added", "child_added_facts", "joined"),
    *("supervised", "supervision_ended", "urged", "child_urged"),
    *(f"{did}_{kind}" for did in ("asked", "approved", "refused", "cancelled")
      for kind in RequestKind),
}  # fmt: skip
# So many ids are looked through for one answer, however few of them are the unit's.
WINDOW = 20_000


class NoSuchPlace(Refused):
    """The cursor lies beyond the stream: an older database was restored."""


def page(wanted: sent.EventsWanted) -> answers.Events:
    """What follows the cursor; without one nothing, but where to begin.  Raises NoSuchPlace."""
    horizon = feed.horizon()
    if wanted.after is None:
        return answers.Events(items=[], next=horizon, more=False)
    if wanted.after > feed.newest():
        raise NoSuchPlace(_("这个位置已不存在，请重新列出承办工单，再从当前位置读取（不带 after）"))
    end = min(horizon, wanted.after + WINDOW)
    found = session.scalars(
        select(TicketEvent)
        .where(
            TicketEvent.id > wanted.after,
            TicketEvent.id <= end,
            TicketEvent.name.in_(TOLD),
            _had_by(current_key().unit_id),
        )
        .options(joinedload(TicketEvent.ticket).load_only(Ticket.number))
        .options(joinedload(TicketEvent.unit))
        .order_by(TicketEvent.id)
        .limit(wanted.limit + 1)
    ).all()
    items = [_told(one) for one in found[: wanted.limit]]
    full = len(found) > wanted.limit
    following = items[-1].id if full else max(end, wanted.after)
    return answers.Events(items=items, next=following, more=full or end < horizon)


def _had_by(unit_id: int):  # type: ignore[no-untyped-def]
    """While the unit had the ticket: what happened before it came or after it went is others'."""
    had = exists().where(
        Assignment.ticket_id == TicketEvent.ticket_id,
        Assignment.unit_id == unit_id,
        Assignment.dispatched_at <= TicketEvent.at,
        Assignment.state.not_in(WITHDRAWN) | (TicketEvent.at <= Assignment.ended_at),
    )
    return had


def _told(one: TicketEvent) -> answers.Event:
    detail = one.detail or {}
    return answers.Event(
        id=one.id,
        at=one.at,
        name=one.name,
        ticket=one.ticket.number or "",
        unit=one.unit.code if one.unit else None,
        **{name: detail.get(name) for name in ("assignment", "request", "reply", "attachment")},
    )
