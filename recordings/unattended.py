"""When a citizen who had lost his agent was with nobody: his recording goes on, and on the agent's
channel it has the queue's prompts and music, which are nobody's words."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Call, CallEvent, Recording
from recordings.sound import Span

# His agent vanished, or sent him on.
LOST = ("agent_lost", "sent_on")
WITH_SOMEBODY, OVER = "talking", ("finished", "ended")


def times(events: Iterable[CallEvent], until: datetime) -> list[tuple[datetime, datetime]]:
    """From each loss of an agent to the next talk, or to the call's end.  Pure."""
    return between(events, LOST, (WITH_SOMEBODY, *OVER), until)


def between(
    events: Iterable[CallEvent], begins: Collection[str], ends: Collection[str], until: datetime
) -> list[tuple[datetime, datetime]]:
    """From each event of the one names to the next of the others, the last to ``until``.  Pure."""
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for event in events:
        if event.name in begins and since is None:
            since = event.at
        elif since is not None and event.name in ends:
            found.append((since, event.at))
            since = None
    return found if since is None else [*found, (since, max(since, until))]


def of(recording: Recording) -> list[Span]:
    """The same in seconds of a recording, as far as it reaches."""
    if recording.call_id is None:
        return []
    return spans(recording, times(_events(recording.call_id), now()))


def spans(recording: Recording, stretches: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    """Stretches of time in seconds of the recording, as far as it reaches."""
    longest = recording.duration_s if recording.duration_s is not None else float("inf")
    begun = recording.started_at
    seconds = [
        (max(0.0, (start - begun).total_seconds()), min(longest, (end - begun).total_seconds()))
        for start, end in stretches
    ]
    return [(round(start, 2), round(end, 2)) for start, end in seconds if end > start]


def at(call: Call, moment: datetime) -> bool:
    """Whether the citizen was with nobody then."""
    return any(start <= moment < end for start, end in times(_events(call.id), now()))


def mostly(span: Span, spans: Iterable[Span]) -> bool:
    """Whether the middle of what was heard lies in one of the spans."""
    middle = (span[0] + span[1]) / 2
    return any(start <= middle < end for start, end in spans)


def _events(call_id: int) -> list[CallEvent]:
    names = (*LOST, WITH_SOMEBODY, *OVER)
    return list(
        session.scalars(
            select(CallEvent)
            .where(CallEvent.call_id == call_id, CallEvent.name.in_(names))
            .order_by(CallEvent.id)
        )
    )
