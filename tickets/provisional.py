"""Due dates that were counted over days of which the official notice is still to come.

When it is loaded they are computed anew; until then whoever reads one knows that it may move."""

from datetime import datetime

from flask import Flask

from models import Assignment, LegalClock, Ticket
from tickets import calendar
from tickets.working_time import Measure


def init_app(app: Flask) -> None:
    app.add_template_filter(is_provisional, "provisional")


def is_provisional(one: Assignment | Ticket | LegalClock) -> bool:
    """Whether its date may still move with the notice; what runs in natural time does not."""
    if one.due_at is None or _runs_in_natural_time(one):
        return False
    return calendar.is_provisional(_since(one), one.due_at)


def _since(one: Assignment | Ticket | LegalClock) -> datetime:
    match one:
        case Ticket():
            return one.dispatched_at or one.submitted_at or one.created_at
        case Assignment():
            return one.dispatched_at
    return one.begins_at


def _runs_in_natural_time(one: Assignment | Ticket | LegalClock) -> bool:
    limits = one.limits if isinstance(one, Assignment) else {}
    return str(limits.get("handle", "")).endswith(f" {Measure.MINUTES}")
