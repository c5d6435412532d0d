"""A lead moves a waiting caller to another line, or lets him go before others; his age stays his.

Whoever does so holds the routing lock, and lets the pass run afterwards."""

from infra.clock import now
from models import Call, CallStatus, Direction, Line, Place, StaffMember
from queues import waiting
from queues.journal import note

# As far ahead as whoever lost his agent in mid-call: a point is a minute of age.
PREFERRED_BY = 30


class NotWaiting(Exception):
    """He is rung for already, talks, or has gone."""

    permanent = True


def move(call: Call, line: Line, reason: str, *, by: StaffMember) -> None:
    """Raises NotWaiting."""
    place = _waits(call)
    if place.line_id == line.id:
        return
    before, place.line_id, call.line_id = place.line, line.id, line.id
    # Each line has a priority of its own; what is his stays his.
    place.priority += line.priority - before.priority
    place.meant_for_id = None
    note(call, "moved", lead=by.id, line=line.code, was=before.code, because=reason)


def prefer(call: Call, reason: str, *, by: StaffMember) -> None:
    """Once is enough.  Raises NotWaiting."""
    place = _waits(call)
    if place.preferred_at is not None:
        return
    place.preferred_at = now()
    place.priority += PREFERRED_BY
    note(call, "preferred", lead=by.id, because=reason)


def _waits(call: Call) -> Place:
    # Whom we ring back has his place by the callback, which knows its own line.
    on_the_line = call.status is CallStatus.WAITING and call.direction is Direction.IN
    place = waiting.place_of(call) if on_the_line else None
    if place is None or waiting.being_offered(call) is not None:
        raise NotWaiting
    return place
