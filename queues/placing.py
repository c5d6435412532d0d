"""A lead moves a waiting caller to another line, or lets him go before others; his age stays his.

Whoever does so holds the routing lock, and lets the pass run afterwards."""

from infra.clock import now
from infra.db import session
from models import Call, CallStatus, Direction, Line, Place, StaffMember
from queues import targets, waiting
from queues.journal import note

# As far ahead as whoever lost his agent in mid-call: a point is a minute of age.
PREFERRED_BY = 30


class NotWaiting(Exception):
    """He is rung for already, talks, leaves a message, is on his way to a partner city, or has
    gone."""

    permanent = True


class Protected(Exception):
    """He waits on a line whose seats need a certificate: nobody else may have him."""

    permanent = True


class Unstaffed(Exception):
    """Nobody is signed on there who could serve him."""

    permanent = False


def move(call: Call, line: Line, reason: str, *, by: StaffMember) -> None:
    """He has a new place there, of his own age: what he was promised of the old one is over, and
    he is told anew.  Raises NotWaiting, Protected and Unstaffed."""
    before = _waits(call)
    if before.line_id == line.id:
        return
    if before.line.certified and not line.certified:
        raise Protected
    if not targets.staffed(line):
        raise Unstaffed
    was, priority = before.line, before.priority
    # Each line has a priority of its own; what is his stays his, and danger has none of a line's.
    if call.emergency is None:
        priority += line.priority - was.priority
    waiting.leave(before, because=waiting.MOVED)
    session.flush()  # of one call the schema allows one place
    place = waiting.enter(call, line, age_from=before.age_from)
    place.priority, place.preferred_at = priority, before.preferred_at
    # He is in the carrier's queue all the while.
    place.entered_at = before.entered_at
    place.heard_at, place.last_heard_at = before.heard_at, before.last_heard_at
    note(call, "moved", lead=by.id, line=line.code, was=was.code, because=reason)


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
    # A place that knew nothing of it would take him back into the queue while he speaks.
    elsewhere = place is not None and (place.diverting_since or place.speaks_since) is not None
    if place is None or elsewhere or waiting.being_offered(call) is not None:
        raise NotWaiting
    return place
