"""A seat that comes free, or has to wrap up first."""

from datetime import datetime, timedelta

from models import Activity, Seat

WRAP_UP_FOR = timedelta(seconds=30)


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
