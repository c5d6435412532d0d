"""What becomes due or lapses each second, and the routing pass after it.

Nobody waits and nothing lapses for most of a night: then one question takes the place of twenty.

Each part of the pass is named here with what it works on.  A part may be named too often, never too
seldom: what is not seen here does not happen."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, or_, select

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
    Desired,
    Direction,
    DutyRing,
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
    SeatTelephone,
    TelephoneRing,
)
from queues import (
    diverting,
    duty,
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
    telephoning,
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
CLIMBING = exists().where(DutyRing.outcome.is_(None))
# He has no page that would keep his lease.
TELEPHONED = or_(
    exists().where(
        SeatTelephone.in_use,
        SeatTelephone.staff_id == Seat.staff_id,
        or_(Seat.desired != Desired.OFFLINE, Seat.activity != Activity.IDLE),
    ),
    exists().where(TelephoneRing.over_at.is_(None)),
)

# In this order, before the pass.
PARTS: tuple[tuple[ColumnElement[bool], Callable[[], object]], ...] = (
    # His lease is kept before anybody looks for those that have lapsed.
    (TELEPHONED, telephoning.move_due),
    (OFFERED, presence.lapse_due),
    (OFFERED, offers.lapse_due),
    (WRAPPED_UP, presence.complete_due_wrap_ups),
    (RECOVERING, recovering.move_due),
    (or_(RUNG_BACK, LEFT_OVER), ringback.move_due),
    (CLIMBING, duty.climb_due),
    (OUTSIDE, outside.lapse_due),
    (MONITORED, monitoring.lapse_due),
    (PANICKED, panicking.escalate_due),
    (PAUSED, pausing.resume_due),
    (RESKILLED, reskilling.lapse_due),
    (WAITING, transferring.ring_meant),
)
ANYTHING = select(*(part.label(f"part_{nth}") for nth, (part, _sweep) in enumerate(PARTS)))


def due() -> Sequence[bool]:
    """Of each part.  Asked in a transaction of its own: whoever goes on takes the routing lock
    first."""
    with transaction():
        return session.execute(ANYTHING, {"at": now()}).one()


def move(due: Sequence[bool]) -> None:
    """What is due of them, and the pass.  The caller holds the routing lock."""
    for (_part, sweep), is_due in zip(PARTS, due, strict=True):
        if is_due:
            sweep()
    # Whatever was moved may have brought a caller and a seat together.
    routing.run_in_spite()
    diverting.divert_due()
    telephoning.ring_due()
