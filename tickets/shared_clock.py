"""One handling for several tickets runs by the strictest of their clocks.

What the master's own are, is kept beside them as long as others are merged into it: from these and
the others' the ones that hold are reckoned anew whenever one of them changes or leaves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from infra.db import session
from models import Assignment, Part, StaffMember, Ticket, Urgency
from tickets import deadlines, notices
from tickets.handling import leads
from tickets.history import note

# From the most patient to the least.
RANKS = list(Urgency)


def own_of(ticket: Ticket) -> tuple[Urgency, datetime | None]:
    """Its urgency and the date that is wanted of it, without those merged into it."""
    if ticket.own_urgency is None:
        return ticket.urgency, ticket.wanted_by
    return ticket.own_urgency, ticket.own_wanted_by


def take_over(child: Ticket, master: Ticket, *, by: StaffMember | None) -> None:
    """The more urgent of the two, and the earlier date: no unit is given a later one either."""
    was = was_urgency, was_due = master.urgency, master.due_at
    master.own_urgency, master.own_wanted_by = own_of(master)
    master.urgency = _most_urgent(master.urgency, child.urgency)
    if child.due_at is not None and (was_due is None or child.due_at < was_due):
        _hurry(master, child.due_at)
    if was == (master.urgency, master.due_at):
        return
    note(
        master,
        "clock_taken_over",
        by=by,
        child=child.id,
        was_urgency=was_urgency,
        was_due=_written(was_due),
        due=_written(master.due_at),
    )
    if master.unit is not None:
        key = f"clock:{child.id}:{child.head_seq}"
        notices.tell_about(master, master.unit, "clock_taken_over", key=key)


def give_back(child: Ticket, master: Ticket) -> None:
    """Without this child; what the others ask for holds on, whether they had hurried it before or
    not.  An extension given since stays as many days more."""
    others, given = _following(master, child), _open(master)
    was = master.urgency, master.wanted_by
    hurrying = _reckon(master, others, child, given)
    if child.due_at is not None:
        for one in given:
            _relax(one, child.due_at, hurrying, own_of(master)[1])
    if not given and was != (master.urgency, master.wanted_by):
        _estimate(master)
    if not others:
        master.own_urgency = master.own_wanted_by = None


def correct(ticket: Ticket, wanted_by: datetime | None) -> None:
    """Whoever sent it says another urgency, as it stands now, or date: what the others that were
    merged into it ask for holds on."""
    if ticket.own_urgency is None:
        ticket.wanted_by = wanted_by
    else:
        ticket.own_urgency, ticket.own_wanted_by = ticket.urgency, wanted_by
        _reckon(ticket, _following(ticket), None, _open(ticket))


def _bounds(limits: dict[str, Any]) -> set[datetime]:
    """The dates that it may not pass, as they were set one after the other."""
    steps = [step for step in limits.get("later", []) if isinstance(step, dict)]
    return {datetime.fromisoformat(one["until"]) for one in (limits, *steps) if "until" in one}


def _without(
    limits: dict[str, Any], gone: datetime, instead: datetime | None, own: datetime | None
) -> dict[str, Any]:
    """The limits where that date hurries no longer, but ``instead``, if there is one, in its place.

    ``own``: the latest date that the ticket itself allows, from the beginning."""
    kept = {name: said for name, said in limits.items() if name not in ("until", "later")}
    first = limits.get("until")
    if first is not None and datetime.fromisoformat(first) == gone:
        first = _soonest(instead, own)
    since = [_in_place(step, gone, instead) for step in limits.get("later", [])]
    if first is not None:
        kept["until"] = first
    if since:
        kept["later"] = [step for step in since if step is not None]
    return kept


def _reckon(
    master: Ticket, others: Sequence[Ticket], gone: Ticket | None, given: Sequence[Assignment]
) -> list[datetime]:
    """The strictest of its own clock and the others'; the dates that it would not keep by its own,
    the soonest first."""
    dates = {one.due_at for one in (*others, gone) if one is not None and one.due_at is not None}
    own_urgency, own_wanted_by = own_of(master)
    kept = master.wanted_by
    master.urgency, master.wanted_by = own_urgency, own_wanted_by
    own_date = _own_date(master, dates, given)
    hurrying = sorted(
        one.due_at
        for one in others
        if one.due_at is not None and (own_date is None or one.due_at < own_date)
    )
    master.urgency = _most_urgent(own_urgency, *(one.urgency for one in others))
    if gone is None or gone.due_at == kept or not others:
        master.wanted_by = min([*_known(own_wanted_by), *hurrying], default=None)
    else:
        master.wanted_by = kept
    return hurrying


def _own_date(master: Ticket, dates: set[datetime], given: Sequence[Assignment]) -> datetime | None:
    """By when it would be due if nothing had been merged into it."""
    lead = next((one for one in given if leads(one) and "handle" in one.limits), None)
    if lead is None:
        since = master.submitted_at
        return deadlines.due_of(master, master.unit, since).handle if since else None
    limits = lead.limits
    for date in dates:
        limits = _without(limits, date, None, _still(master.wanted_by, lead))
    return deadlines.last_by(limits, deadlines.due_by(limits, lead.dispatched_at).handle)


def _hurry(master: Ticket, due: datetime) -> None:
    master.wanted_by = min(master.wanted_by or due, due)
    master.due_at = due
    for one in _open(master):
        deadlines.hurry(one, due)


def _relax(
    one: Assignment, gone: datetime, hurrying: Sequence[datetime], own: datetime | None
) -> None:
    """What was due by ``gone`` gets its own time again, as far as the others allow; a sub-unit's
    is for the unit above it to give."""
    if one.level > 1 or "handle" not in one.limits:
        return
    bound = _bounds(one.limits)
    if gone not in bound:
        return
    instead = next((date for date in hurrying if date not in bound or date == gone), None)
    one.limits = _without(one.limits, gone, instead, _still(own, one))
    first = deadlines.due_by(one.limits, one.dispatched_at).handle
    one.due_at_original = first
    deadlines.move(one, deadlines.last_by(one.limits, first))


def _still(own: datetime | None, one: Assignment) -> datetime | None:
    """As it was when the unit got it: a date that was over by then hurries nobody."""
    return own if own is not None and own > one.dispatched_at else None


def _estimate(master: Ticket) -> None:
    if master.submitted_at is not None:
        master.due_at = deadlines.due_of(master, master.unit, master.submitted_at).handle


def _following(master: Ticket, gone: Ticket | None = None) -> Sequence[Ticket]:
    others = select(Ticket).where(Ticket.merged_into_id == master.id)
    if gone is not None:
        others = others.where(Ticket.id != gone.id)
    return session.scalars(others.order_by(Ticket.id)).all()


def _open(master: Ticket) -> list[Assignment]:
    given = select(Assignment).where(
        Assignment.ticket_id == master.id,
        Assignment.part != Part.INFO,
        Assignment.ended_at.is_(None),
    )
    return list(session.scalars(given))


def _most_urgent(*urgencies: Urgency) -> Urgency:
    return max(urgencies, key=RANKS.index)


def _known(date: datetime | None) -> list[datetime]:
    return [] if date is None else [date]


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _in_place(
    step: int | dict[str, Any], gone: datetime, instead: datetime | None
) -> int | dict[str, Any] | None:
    if not isinstance(step, dict) or "until" not in step:
        return step
    if datetime.fromisoformat(step["until"]) != gone:
        return step
    return {"until": instead.isoformat()} if instead is not None else None


def _soonest(*dates: datetime | None) -> str | None:
    soonest = min((one for one in dates if one is not None), default=None)
    return soonest.isoformat() if soonest is not None else None
