"""What becomes due or lapses each second, and the routing pass after it.

Nobody waits and nothing lapses for most of a night: then one question takes the place of twenty.

Each part of the pass is named here with what it works on.  A part may be named too often, never too
seldom: what is not seen here does not happen."""

from datetime import datetime

from sqlalchemy import BindParameter, Row, and_, bindparam, exists, or_, select

from infra.clock import now
from infra.db import session, transaction
from models import (
    LIVE,
    NO_LEG_YET,
    Activity,
    Call,
    Callback,
    CallbackState,
    CallStatus,
    Direction,
    Monitor,
    MonitorState,
    Offer,
    Outside,
    OutsideState,
    Panic,
    Place,
    Recovery,
    Reskill,
    Seat,
)
from queues import (
    diverting,
    monitoring,
    offers,
    outside,
    panicking,
    pausing,
    presence,
    recovering,
    reskilling,
    ringback,
    routing,
    transferring,
)

AT: BindParameter[datetime] = bindparam("at")

# The pass itself, who is meant for somebody, and who goes to a partner city.
WAITING = exists().where(Place.left_at.is_(None))
OFFERED = exists().where(Offer.state.in_(LIVE))
WRAPPED_UP = exists().where(Seat.activity == Activity.WRAP_UP, Seat.wrap_up_until <= AT)
RUNG_BACK = exists().where(
    or_(
        Callback.state.in_((CallbackState.DIALLING, CallbackState.IN_LINE)),
        and_(Callback.state == CallbackState.SCHEDULED, Callback.due_at <= AT),
    )
)
LEFT_OVER = exists().where(
    Call.direction == Direction.BACK,
    Call.status != CallStatus.ENDED,
    Call.sid.startswith(NO_LEG_YET),
)
OUTSIDE = exists().where(Outside.live(), Outside.state == OutsideState.RINGING)
MONITORED = exists().where(Monitor.live(), Monitor.state == MonitorState.ASKED)
PAUSED = exists().where(Call.unrecorded_until <= AT)
RESKILLED = exists().where(Reskill.ended_at.is_(None), Reskill.expires_at <= AT)

# Whose agent gives it up by choosing otherwise is seen by looking at each.
RECOVERING = exists().where(Recovery.open())
PANICKED = exists().where(Panic.open(), Panic.escalated_at.is_(None))

ANYTHING = select(
    WAITING.label("waiting"),
    OFFERED.label("offered"),
    WRAPPED_UP.label("wrapped_up"),
    or_(RUNG_BACK, LEFT_OVER).label("rung_back"),
    OUTSIDE.label("outside"),
    MONITORED.label("monitored"),
    PAUSED.label("paused"),
    RESKILLED.label("reskilled"),
    RECOVERING.label("recovering"),
    PANICKED.label("panicked"),
)
Due = Row[*tuple[bool, ...]]


def due() -> Due:
    """By part.  Asked in a transaction of its own: whoever goes on takes the routing lock first."""
    with transaction():
        return session.execute(ANYTHING, {"at": now()}).one()


def move(due: Due) -> None:
    """In this order.  The caller holds the routing lock."""
    if due.offered:
        presence.lapse_due()
        offers.lapse_due()
    if due.wrapped_up:
        presence.complete_due_wrap_ups()
    if due.recovering:
        recovering.move_due()
    if due.rung_back:
        ringback.move_due()
    if due.outside:
        outside.lapse_due()
    if due.monitored:
        monitoring.lapse_due()
    if due.panicked:
        panicking.escalate_due()
    if due.paused:
        pausing.resume_due()
    if due.reskilled:
        reskilling.lapse_due()
    if due.waiting:
        transferring.ring_meant()
    # Whatever was moved may have brought a caller and a seat together.
    routing.run_in_spite()
    diverting.divert_due()
