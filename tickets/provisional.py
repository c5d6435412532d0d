"""Due dates that were counted over days of which the official notice is still to come.

When it is loaded they are computed anew; until then whoever reads one knows that it may move."""

from datetime import datetime

from flask import Flask

from infra.localtime import local
from models import Assignment, LegalClock, Ticket
from telephony.sentences import tongue
from tickets import calendar, deadlines
from tickets.targets import REPLY, Target
from tickets.working_time import Limit, Measure


def init_app(app: Flask) -> None:
    app.add_template_filter(is_provisional, "provisional")


def is_provisional(one: Assignment | Ticket | LegalClock, target: Target | None = None) -> bool:
    """Whether its date may still move with the notice; what runs in natural time does not.
    ``target``: one of an assignment's targets instead of its due date."""
    until = target.at if target is not None else one.due_at
    if until is None or not calendar.is_provisional(_since(one), until):
        return False
    return not _runs_in_natural_time(one, target.name if target is not None else REPLY)


def spoken(ticket: Ticket, due_at: datetime, language: str) -> str:
    """When it is due, as it is said to a citizen."""
    said = tongue(language)
    due = said.moment(local(due_at))
    return said.sentence("moment_provisional", due=due) if is_provisional(ticket) else due


def _since(one: Assignment | Ticket | LegalClock) -> datetime:
    match one:
        case Ticket():
            return one.dispatched_at or one.submitted_at or one.created_at
        case Assignment():
            return one.dispatched_at
    return one.begins_at


def _runs_in_natural_time(one: Assignment | Ticket | LegalClock, target: str) -> bool:
    name = "handle" if target == REPLY else target
    match one:
        case Ticket():
            limit = deadlines.policy_for(one, one.unit).handle
        case Assignment():
            limit = one.limits.get(name, "")
        case _:
            return False
    return bool(limit) and Limit.parse(limit).measure is Measure.MINUTES
