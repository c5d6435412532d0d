"""When the calendar changes, open tickets are due by the new one; who had a date learns of it."""

from datetime import datetime, time

from sqlalchemy import Select, select

from infra.clock import now
from infra.db import session
from infra.localtime import CITY
from models import Assignment, CalendarChange, Part
from models.lifecycle import IN_HAND
from models.targets import TARGETS
from tickets import deadlines, legal, locking, notices
from tickets.history import note
from tickets.working_time import Limit, Measure

A_PART = 100


NOT_DONE = (CalendarChange.done_at.is_(None),)


def go_on() -> bool:
    """The next part of the oldest change that is not done; False when there is none."""
    change = session.scalars(
        select(CalendarChange)
        .where(*NOT_DONE)
        .order_by(CalendarChange.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if change is None:
        return False
    touched = session.execute(_touched(change)).all()
    # A unit's part may be younger than that of a ticket registered after it: whoever holds several
    # tickets has taken them in the order of their ids, and so does this.
    locking.in_order(row.ticket_id for row in touched)
    for row in touched:
        change.moved += recompute(locking.assignment(row.id), change)
        change.looked_at = row.id
    if not touched:
        # In a transaction of its own: the law's steps begin with the first ticket again.
        change.moved += legal.recompute(change)
        change.done_at = now()
    return True


def recompute(assignment: Assignment, change: CalendarChange) -> bool:
    """By the limits that held when it was dispatched; whether its date has moved."""
    before = assignment.due_at
    if assignment.state not in IN_HAND or not _by_calendar(assignment):
        return False
    due = deadlines.due_by(assignment.limits, assignment.dispatched_at)
    last = deadlines.last_by(assignment.limits, due.handle)
    if assignment.contacted_at is None and not deadlines.first_word(assignment.ticket, due):
        assignment.respond_due_at = None
    for name, first in (("sign", due.sign), ("respond", due.respond)):
        at, met = (getattr(assignment, column) for column in TARGETS[name])
        if at is not None and met is None and first is not None:
            moved = deadlines.target_by(assignment, name, first, last)
            deadlines.move_target(assignment, name, moved)
    if last == before:
        return False
    assignment.due_at_original = due.handle
    deadlines.move(assignment, last)
    note(
        assignment.ticket,
        "due_recomputed",
        unit=assignment.unit,
        assignment=assignment.id,
        change=change.id,
        was=before.isoformat() if before else None,
        now=last.isoformat(),
    )
    notices.tell_unit(assignment, "due_moved", about=str(change.id))
    return True


def _by_calendar(assignment: Assignment) -> bool:
    """Natural minutes know no holidays."""
    handle = assignment.limits.get("handle")
    return handle is not None and Limit.parse(handle).measure is not Measure.MINUTES


def _touched(change: CalendarChange) -> Select[int, int]:
    """Whose time from dispatch to due date holds one of the changed days."""
    begin = datetime.combine(change.first, time(), CITY)
    end = datetime.combine(change.last, time.max, CITY)
    return (
        select(Assignment.id, Assignment.ticket_id)
        .where(
            Assignment.id > change.looked_at,
            Assignment.ended_at.is_(None),
            Assignment.part != Part.INFO,
            Assignment.dispatched_at <= end,
            Assignment.due_at >= begin,
        )
        .order_by(Assignment.id)
        .limit(A_PART)
    )
