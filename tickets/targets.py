"""What an assignment owes next: the soonest of its targets that is still open.

Signing, first word, setting out, done on site and the reply each have a date of their own; what
was missed and is still owed comes before everything else.  The columns ``next_due_at`` and
``next_near_at`` say the same to the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from infra.clock import now
from models import Assignment
from models.targets import TARGETS

# The share of a target's time left below which it is near; the reply's date has its own rule.
NEARLY = 0.2
REPLY = "reply"


@dataclass(frozen=True)
class Target:
    """``name``: one of TARGETS, or the reply."""

    name: str
    at: datetime
    near: datetime

    @property
    def light(self) -> str:
        at = now()
        if at >= self.at:
            return "red"
        return "yellow" if at >= self.near else "green"


def nearest(assignment: Assignment) -> Target | None:
    """None where nothing is owed any more, or never was."""
    return min(_open(assignment), key=lambda one: one.at, default=None)


def light(assignment: Assignment) -> str:
    """red where one is missed, yellow where one is near."""
    lights = {one.light for one in _open(assignment)}
    return next((one for one in ("red", "yellow") if one in lights), "green")


def _open(assignment: Assignment) -> Iterator[Target]:
    over = assignment.replied_at or assignment.ended_at
    if over is not None or assignment.due_at is None or assignment.nearly_at is None:
        return
    # Of two that are due together the first step comes first.
    for name, (due, met) in TARGETS.items():
        at = getattr(assignment, due)
        if at is not None and getattr(assignment, met) is None:
            yield Target(name, at, at - (at - assignment.dispatched_at) * NEARLY)
    yield Target(REPLY, assignment.due_at, assignment.nearly_at)
