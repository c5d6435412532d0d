"""A citizen rates by himself, with number and query code; whoever asks him then asks no more."""

from sqlalchemy import select

from followups import outcome, people, planning
from followups.people import Answers
from infra.db import session
from models import AskedBy, Asking, Call, FollowUp, Ticket
from tickets import ratings
from web.languages import _
from web.refusals import Refused

LONGEST_REASON = 1000


class NotNow(Refused):
    """There is nothing to rate yet, or not any more."""


def rate(ticket: Ticket, answers: Answers, way: AskedBy, *, call: Call | None = None) -> FollowUp:
    """The first time, or another rating than before; a call's twice is once.  Raises NotNow."""
    known = _of_call(ticket, call) if call is not None else None
    if known is not None:
        return known
    if ratings.standing(ticket) is None:
        raise NotNow(_("现在不能评价；如有新情况请拨打 12345"))
    follow_up = planning.begun(ticket) or ratings.newest(ticket)
    if follow_up is None:
        raise LookupError(f"ticket {ticket.id} is to be rated and was never followed up")
    asking = people.asked(follow_up, answers, way, call=call)
    if follow_up.done:
        outcome.change(follow_up, asking)
    else:
        outcome.conclude(follow_up, asking)
    return follow_up


def explain(ticket: Ticket, call: Call, words: str) -> FollowUp:
    """Why he rated so, said after the rating of this call; nothing is as good.  Raises NotNow."""
    asking = session.scalars(
        select(Asking)
        .join(Asking.follow_up)
        .where(Asking.call_id == call.id, FollowUp.ticket_id == ticket.id)
    ).first()
    if asking is None:
        raise NotNow(_("现在不能评价；如有新情况请拨打 12345"))
    if words and not asking.reason:
        outcome.explain(asking, words[:LONGEST_REASON])
    return asking.follow_up


def _of_call(ticket: Ticket, call: Call) -> FollowUp | None:
    """What this call has rated already: the carrier repeats what it thinks was lost."""
    return session.scalar(
        select(FollowUp)
        .join(Asking, Asking.follow_up_id == FollowUp.id)
        .where(Asking.call_id == call.id, FollowUp.ticket_id == ticket.id)
    )
