"""An agent's presence: a lease that his desk renews, what he chose, and when wrap-up is over."""

from datetime import timedelta

from sqlalchemy import select

from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Activity, Desired, Offer, OfferState, Seat, StaffMember
from queues import offers
from queues.journal import desk_of

LEASE = timedelta(seconds=20)


class HeldByOtherDesk(Exception):
    """Another tab holds this seat; the agent may take it over."""

    permanent = True


class Bound(Exception):
    """His lead has put him away, and it has not taken effect yet."""

    permanent = False


def seat_of(staff: StaffMember) -> Seat:
    """The seat of a member of staff, made when he first sits down."""
    seat = session.get(Seat, staff.id)
    if seat is None:
        at = now()
        seat = Seat(
            staff_id=staff.id,
            number=f"{1000 + staff.id}",
            desired_since=at,
            activity_since=at,
            idle_since=at,
        )
        session.add(seat)
        session.flush()  # the seat is looked up by its id right away
    return seat


def renew(seat: Seat, desk: str, *, take_over: bool = False) -> None:
    """Prove that the desk lives.  One desk holds the seat; another must take over on purpose."""
    at = now()
    held = seat.desk is not None and seat.lease_until is not None and seat.lease_until > at
    if held and seat.desk != desk and not take_over:
        raise HeldByOtherDesk
    if seat.desk != desk:
        seat.desk = desk
        publish(desk_of(seat.staff_id), "desk-taken", desk=desk)
    seat.lease_until = seat.page_until = at + LEASE


def choose(seat: Seat, desired: Desired, reason: str | None = None) -> None:
    """What the agent wants to be; while he talks it is what he will be afterwards.

    Whom his lead has put away is away until that has taken effect, however he puts it.  Raises
    Bound where he wants to be ready all the same."""
    if seat.bound and desired is Desired.READY:
        raise Bound
    at = now()
    if seat.desired is not desired:
        seat.desired_since = at
    if desired is Desired.READY:
        seat.missed = 0
        seat.resting_until = None
        if seat.activity is Activity.IDLE and seat.desired is Desired.OFFLINE:
            seat.idle_since = at
    seat.desired = desired
    seat.break_reason = reason if desired is Desired.BREAK else None
    if not seat.bound:
        # The newest word counts, and it is his own.
        seat.put_by_id = seat.put_reason = None
    publish(desk_of(seat.staff_id), "seat-moved")


def sit_down(seat: Seat) -> None:
    """A desk is opened after it was away: what was chosen before is over, and so is how long."""
    choose(seat, Desired.OFFLINE)
    seat.desired_since = now()


def lapse_due() -> int:
    """An offer rings at a desk that has gone: it is missed at once, not at its deadline."""
    at = now()
    gone = session.scalars(
        select(Offer)
        .join(Seat, Seat.staff_id == Offer.agent_id)
        .where(Offer.state == OfferState.RINGING, Seat.lease_until <= at)
    ).all()
    return apart.each(gone, lambda offer: offers.miss(offer, at, blamed=False))


def complete_wrap_up(seat: Seat) -> None:
    if seat.activity is not Activity.WRAP_UP:
        return
    at = now()
    seat.move_to(Activity.IDLE, at)
    seat.idle_since = at
    seat.resting_until = None
    publish(desk_of(seat.staff_id), "seat-moved")


def complete_due_wrap_ups() -> int:
    at = now()
    due = session.scalars(
        select(Seat).where(Seat.activity == Activity.WRAP_UP, Seat.wrap_up_until <= at)
    ).all()
    return apart.each(due, complete_wrap_up)
