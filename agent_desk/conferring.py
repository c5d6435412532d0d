"""What a desk shows of a consult, and of whom one may ask."""

from typing import Any

from sqlalchemy import select

from infra.db import session
from models import EMERGENCY_NUMBERS, Activity, Call, Consult, DutyPhone, Offer, Seat, Unit
from queues import consults, duty, monitoring, outside, panicking, targets
from web.languages import _, language, named

Json = dict[str, Any]


def of(seat: Seat, call_id: int) -> Json | None:
    """The consult in his talk: he has asked (``mine``), or is asked."""
    consult = consults.of_agent(seat)
    mine = consult is None
    if consult is None:
        consult = consults.asked_by(seat)
    if consult is None or consult.call_id != call_id:
        return None
    return {
        "mine": mine,
        "with": _name(consult.agent if mine else consult.by),
        "question": consult.question,
        "state": consult.state,
        "mode": _mode(consult),
        "since": (consult.joined_at or consult.asked_at).isoformat(),
    }


def asked(offer: Offer) -> Json | None:
    """Who asks, and why; None for a caller's offer."""
    consult = consults.of_offer(offer)
    if consult is None:
        return None
    return {"by": _name(consult.by), "question": consult.question}


def outside_of(seat: Seat, call_id: int) -> Json | None:
    """Who was rung into his talk; ``alone``: the citizen has hung up, and 110 is still there."""
    party = outside.asked_by(seat)
    if party is None or party.call_id != call_id:
        return None
    since = party.joined_at or party.asked_at
    return {
        "name": party.name,
        "state": party.state,
        "alone": party.call.over,
        "since": since.isoformat(),
    }


def panic_in(call: Call) -> Json | None:
    """His alarm: since when, or who has taken it."""
    one = panicking.of_call(call) or panicking.taken_last(call)
    if one is None:
        return None
    by = one.taken_by.name if one.taken_by is not None else None
    return {"since": one.began_at.isoformat(), "taken_by": by}


def monitors(call: Call) -> list[Json]:
    """Leads in his talk, but for those who may stay unseen."""
    return [{"lead": one.by.name, "mode": one.mode} for one in monitoring.shown_in(call)]


def outsiders() -> list[Json]:
    """110, 119 and 120 first, then units with somebody on duty, then their duty phones."""
    emergency = [{"name": kind.value, "who": who} for kind, who in EMERGENCY_NUMBERS.items()]
    phones = session.scalars(
        select(DutyPhone).join(DutyPhone.unit).order_by(Unit.id, DutyPhone.id)
    ).all()
    return [
        *emergency,
        *(
            {"name": f"duty-{unit.id}", "who": _("%(unit)s 值班", unit=named(unit))}
            for unit in duty.staffed()
        ),
        *(
            {"name": f"phone-{one.id}", "who": f"{named(one.unit)} {one.number_masked}"}
            for one in phones
        ),
    ]


def figures(line: targets.LineNow) -> Json:
    return {
        "name": f"line-{line.line.id}",
        "line": line.line.name_in(language()),
        "waiting": line.waiting,
        "waits_since": line.waits_since.isoformat() if line.waits_since else None,
        "free": line.free,
        "signed_on": line.signed_on,
    }


def colleague(seat: Seat) -> Json:
    return {
        "name": f"agent-{seat.staff_id}",
        "agent": _name(seat),
        "free": seat.activity is Activity.IDLE,
        "activity": seat.activity,
    }


def _mode(consult: Consult) -> str:
    """Who talks with whom: it follows from who is on hold."""
    if consult.call.held_since is not None:
        return "consulting"
    return "swapped" if consult.held_since is not None else "three_way"


def _name(seat: Seat) -> str:
    return f"{seat.staff.name} {seat.number}"
