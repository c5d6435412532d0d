"""What the carrier tells of calls, conferences and recordings, in our words."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Rung:
    """A call that the carrier has placed for us; ``status`` is one of its own words."""

    leg: str
    status: str
    answered_by: str | None


@dataclass(frozen=True)
class Participant:
    leg: str
    held: bool
    muted: bool


@dataclass(frozen=True)
class Recorded:
    """A recording as the carrier lists it; ``url`` is without the ending that names a format."""

    sid: str
    leg: str
    url: str
    status: str
    channels: int
    duration_s: float | None
    started_at: datetime | None


@dataclass(frozen=True)
class Messages:
    """A page of them, and where the next one is; None after the last."""

    found: list[Recorded]
    next_page: str | None
