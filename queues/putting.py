"""A lead puts an agent on break or signs him off; while he talks it counts after the talk."""

from models import Desired, Seat, StaffMember
from queues import presence

# Why a seat is on break: its lead wants it so.
LEAD = "lead"


def put(seat: Seat, desired: Desired, reason: str, *, by: StaffMember) -> None:
    """He sees who has done so and why, until it has taken effect and he chooses anew himself."""
    presence.choose(seat, desired, LEAD if desired is Desired.BREAK else None)
    seat.put_by_id, seat.put_reason = by.id, reason
