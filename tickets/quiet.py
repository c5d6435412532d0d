"""Quiet hours of the units' duty phones: what is not urgent is told in the morning."""

from datetime import datetime, time, timedelta

from infra.db import session
from infra.localtime import CITY, local
from models import QuietHours, Ticket, Urgency
from staff import audit
from web.languages import _
from web.refusals import Refused

# Hold where the city has set nothing else.
BEGINS, ENDS = time(22), time(7)
AT_ANY_HOUR = (Urgency.URGENT, Urgency.INSTANT)


class NoTime(Refused):
    """What was written is no time of day."""


def hours() -> QuietHours:
    return session.get(QuietHours, 1) or QuietHours(begins=BEGINS, ends=ENDS)


def change(begins: str, ends: str) -> None:
    """From the next message on; the same twice means none.  Raises NoTime."""
    was, said = hours(), (_time(begins), _time(ends))
    before = f"{was.begins:%H:%M}-{was.ends:%H:%M}"
    session.merge(QuietHours(id=1, begins=said[0], ends=said[1]))
    after = f"{said[0]:%H:%M}-{said[1]:%H:%M}"
    if after != before:
        audit.record("quiet_hours.changed", "policy", "duty_phones", was=before, now=after)


def can_wait(ticket: Ticket) -> bool:
    return ticket.urgency not in AT_ANY_HOUR


def over(moment: datetime) -> datetime:
    """When it may be told: at once, or in the morning."""
    held = hours()
    return after(moment, held.begins, held.ends)


def after(moment: datetime, begins: time, ends: time) -> datetime:
    """The moment itself, or the end of the quiet hours that it lies in; they may span midnight."""
    at = local(moment)
    clock = at.time()
    if begins <= ends:
        within, day = begins <= clock < ends, at.date()
    else:
        within = clock >= begins or clock < ends
        day = at.date() + timedelta(days=1) if clock >= begins else at.date()
    return datetime.combine(day, ends, CITY) if within else moment


def _time(written: str) -> time:
    try:
        return datetime.strptime(written.strip(), "%H:%M").time()  # noqa: DTZ007
    except ValueError:
        raise NoTime(_("时间应为 22:00 的形式")) from None
