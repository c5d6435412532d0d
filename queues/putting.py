"""A lead puts an agent on break or signs him off; while he talks it counts after the talk."""

from models import Activity, Desired, Seat, StaffMember
from queues import presence

# Why a seat is on break: its lead wants it so.
LEAD = "lead"


def put(seat: Seat, desired: Desired, reason: str, *, by: StaffMember) -> None:
    """He sees who has done so and why, until he chooses anew himself."""
    presence.choose(seat, desired, LEAD if desired is Desired.BREAK else None)
    seat.put_by_id, seat.put_reason = by.id, reason


def is_bound(seat: Seat) -> bool:
    """What his lead has decided takes effect first; then he may choose again."""
    return seat.put_by_id is not None and seat.activity is not Activity.IDLE
