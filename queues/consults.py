"""A consult as a row: who is asked into whose talk, and how it ends.

However it ends, but by the call's own end, the citizen is with the agent who asked, and no longer
on hold for it."""

from sqlalchemy import ColumnElement, select

from infra.clock import now
from infra.db import session
from infra.events import publish
from models import LIVE, Call, Consult, ConsultEnd, ConsultState, Offer, OfferState, Seat
from queues import holding, seats
from queues.journal import desk_of, note
from telephony import orders


def of_call(call: Call) -> Consult | None:
    return _live(Consult.call_id == call.id)


def of_agent(seat: Seat) -> Consult | None:
    """The consult in which he is asked."""
    return _live(Consult.agent_id == seat.staff_id)


def asked_by(seat: Seat) -> Consult | None:
    """The consult that he has asked for."""
    return _live(Consult.by_id == seat.staff_id)


def of_leg(leg: str) -> Consult | None:
    return _live(Consult.leg == leg)


def of_offer(offer: Offer) -> Consult | None:
    return _live(Consult.offer_id == offer.id)


def dissolve_of(call: Call) -> None:
    """The talk is over, or broke off: nobody is consulted in it any more."""
    consult = of_call(call)
    if consult is not None:
        dissolve(consult, ConsultEnd.CALL_OVER, OfferState.WITHDRAWN)


def dissolve(consult: Consult, because: ConsultEnd, offered: OfferState) -> None:
    """The colleague is let go, wherever he is: ringing, on his way, or in the talk."""
    at = now()
    if consult.offer.state in LIVE:
        consult.offer.move_to(offered, at)
    seats.leave_consult(consult.agent, at)
    if consult.leg is not None:
        orders.hang_up(consult.call, consult.leg)
    told = {"offer": consult.offer_id, "because": "consult_over"}
    publish(desk_of(consult.agent_id), "offer-ended", **told)
    close(consult, because)


def close(consult: Consult, because: ConsultEnd) -> None:
    """The row is over, and the citizen is resumed; seat and offer are the caller's affair."""
    consult.move_to(ConsultState.ENDED)
    consult.outcome, consult.ended_at, consult.held_since = because, now(), None
    note(consult.call, "consult_ended", agent=consult.agent_id, outcome=because)
    if because is not ConsultEnd.CALL_OVER:
        holding.release(consult.call)
    publish(desk_of(consult.by_id), holding.MOVED, consult=because)
    publish(desk_of(consult.agent_id), holding.MOVED, consult=because)


def _live(which: ColumnElement[bool]) -> Consult | None:
    return session.scalar(select(Consult).where(which, Consult.live()))
