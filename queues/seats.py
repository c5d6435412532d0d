"""A seat that comes free, or has to wrap up first."""

from datetime import datetime, timedelta

from sqlalchemy import update

from infra.db import session
from models import Activity, Seat

WRAP_UP_FOR = timedelta(seconds=30)
# Whoever is at the ticket of his talk is not cut off in mid-word, and yet does not keep callers
# waiting without end: what takes longer is a draft, and is filled in from his own calls.
WRAP_UP_AT_MOST = timedelta(minutes=5)


def free(seat: Seat, at: datetime, rest: timedelta | None = None) -> None:
    """The seat is idle again, its idle time unbroken; it may need a moment's rest."""
    seat.move_to(Activity.IDLE, at)
    seat.resting_until = at + rest if rest else None


def leave_consult(seat: Seat, at: datetime) -> None:
    """Who was only asked into a talk has nothing to wrap up: that is over as it begins."""
    if seat.activity is Activity.TALKING:
        wrap_up(seat, at)
    free(seat, at)


def wrap_up(seat: Seat, at: datetime) -> None:
    seat.move_to(Activity.WRAP_UP, at)
    seat.wrap_up_until = at + WRAP_UP_FOR


def write_on(seat: Seat, at: datetime) -> None:
    """He types in wrap-up: it lasts for ``WRAP_UP_FOR`` from now on at least, and for
    ``WRAP_UP_AT_MOST`` in all.

    The end of a wrap-up may be under way: only one that still is one is made longer."""
    until = min(at + WRAP_UP_FOR, seat.activity_since + WRAP_UP_AT_MOST)
    still = Seat.activity == Activity.WRAP_UP, Seat.wrap_up_until < until
    session.execute(
        update(Seat).where(Seat.staff_id == seat.staff_id, *still).values(wrap_up_until=until)
    )
