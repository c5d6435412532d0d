"""接管: a lead who is in a talk becomes its agent, and the agent goes to wrap-up."""

from assist import alerts
from infra.clock import now
from infra.db import roll_back, session
from infra.events import publish
from models import (
    Activity,
    Call,
    MonitorEnd,
    MonitorMode,
    Offer,
    OfferState,
    Seat,
    StaffMember,
)
from queues import consults, holding, monitoring, outside, panicking, presence, seats
from queues.consulting import NotFree
from queues.holding import NotNow
from queues.journal import desk_of, note
from telephony import orders
from telephony.carrier import carrier
from telephony.errors import CarrierError


class LineDead(Exception):
    """Nobody vouches for the lead's own line: the citizen would be left alone with it."""

    permanent = False


def insist_alive(by: StaffMember) -> None:
    """Ask the carrier, with no transaction open, whether his line lives.  Raises LineDead, also
    where the carrier does not say: the agent stays with the citizen."""
    monitor = monitoring.of_lead(by)
    leg = monitor.leg if monitor is not None else None
    roll_back()
    try:
        if leg is not None and not carrier().alive(leg):
            raise LineDead
    except CarrierError as error:
        raise LineDead from error


def take_over(call: Call, *, by: StaffMember) -> Seat:
    """The caller holds the routing lock and the call's.

    Raises NotNow where he is not in the talk, or somebody else is asked into it; NotFree where he
    has a call of his own."""
    monitor = monitoring.of_lead(by)
    inside = monitor is not None and monitor.call_id == call.id and monitor.joined
    third = consults.of_call(call) or outside.of_call(call)
    if monitor is None or not inside or third is not None or not monitoring.may(call):
        raise NotNow
    seat = presence.seat_of(by)
    if seat.activity is not Activity.IDLE:
        raise NotFree
    former, former_leg = session.get_one(Seat, call.agent_id), call.agent_leg
    monitoring.change(monitor, MonitorMode.BARGE)
    monitoring.end(monitor, MonitorEnd.TOOK_OVER)
    _give(call, seat, monitor.leg or "")
    holding.release(call)
    monitoring.follow(call)
    # His lead has come.
    alerts.lower_hand(call)
    panic = panicking.of_call(call)
    if panic is not None:
        panicking.take(panic, by=by)
    if former_leg:
        orders.hang_up(call, former_leg)
    seats.wrap_up(former, now())
    note(call, "lead_took_over", agent=seat.staff_id, by=former.staff_id)
    publish(desk_of(former.staff_id), "call-ended", call=call.id, taken_over=True)
    publish(desk_of(seat.staff_id), "call-talking", call=call.id)
    return seat


def _give(call: Call, seat: Seat, leg: str) -> None:
    """Whose call it is; what connects him with it is an offer, as with everybody."""
    at = now()
    call.epoch += 1
    session.add(
        Offer(
            call_id=call.id,
            agent_id=seat.staff_id,
            epoch=call.epoch,
            state=OfferState.CONNECTED,
            offered_at=at,
            deadline=at,
            claimed_at=at,
            ended_at=at,
            agent_leg=leg,
            why={"step": "taken_over"},
        )
    )
    seat.move_to(Activity.CONNECTING, at)
    seat.move_to(Activity.TALKING, at)
    call.agent_id, call.agent_leg, call.agent_joined_at = seat.staff_id, leg, at
