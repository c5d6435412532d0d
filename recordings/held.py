"""When a citizen was on hold: nobody heard him, and what he heard was music.

His recording goes on, and its place is marked in the replay."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Call, CallEvent, Recording
from recordings import unattended
from recordings.sound import Span

HELD, OVER = ("held",), ("resumed", *unattended.LOST, *unattended.OVER)
# A sentence is dated at its end, and may have begun before he was put on hold.
SPOKEN_BEFORE = timedelta(seconds=1)


def times(events: Iterable[CallEvent], until: datetime) -> list[tuple[datetime, datetime]]:
    """From each hold to what ended it, or to ``until``.  Pure."""
    return unattended.between(events, HELD, OVER, until)


def of(recording: Recording) -> list[Span]:
    """The same in seconds of a recording, as far as it reaches."""
    if recording.call_id is None:
        return []
    return unattended.spans(recording, times(_events(recording.call_id), now()))


def at(call: Call, moment: datetime) -> bool:
    """Whether what was said then was said to nobody."""
    if not call.holds:
        return False
    # Of a hold that goes on the end is not known: whatever is said until it is, is said to nobody.
    stretches = times(_events(call.id), moment + SPOKEN_BEFORE)
    return any(start + SPOKEN_BEFORE <= moment < end for start, end in stretches)


def _events(call_id: int) -> list[CallEvent]:
    return list(
        session.scalars(
            select(CallEvent)
            .where(CallEvent.call_id == call_id, CallEvent.name.in_((*HELD, *OVER)))
            .order_by(CallEvent.id)
        )
    )
