"""When the recording was paused: what was said then is neither recorded nor written down."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Call, CallEvent, Recording
from recordings import unattended
from recordings.sound import Span

PAUSED, OVER = ("recording_paused",), ("recording_resumed", *unattended.OVER)
# A sentence is dated at its end: one that ends so soon after the pause was begun in it.
BEGUN_IN_IT = timedelta(seconds=3)


def times(events: Iterable[CallEvent], until: datetime) -> list[tuple[datetime, datetime]]:
    """From each pause to where the recording went on, or to ``until``.  Pure."""
    return unattended.between(events, PAUSED, OVER, until)


def of(recording: Recording) -> list[Span]:
    """The same in seconds of a recording, as far as it reaches."""
    if recording.call_id is None:
        return []
    return unattended.spans(recording, times(_events(recording.call_id), now()))


def at(call: Call, moment: datetime) -> bool:
    """Whether what ended then must not be written down."""
    if not call.pauses:
        return False
    stretches = times(_events(call.id), moment)
    return any(start <= moment < end + BEGUN_IN_IT for start, end in stretches)


def _events(call_id: int) -> list[CallEvent]:
    return list(
        session.scalars(
            select(CallEvent)
            .where(CallEvent.call_id == call_id, CallEvent.name.in_((*PAUSED, *OVER)))
            .order_by(CallEvent.id)
        )
    )
