"""The end of somebody's access, at once: packages above register what a person leaves behind."""

from collections.abc import Callable, Collection

from flask import current_app

from infra.events import publish
from models import Role, StaffMember

# Who, and which roles he keeps.
Parting = Callable[[StaffMember, Collection[Role]], None]

# Tells his streams to look whether they may go on.
ACCESS_CHANGED = "access-changed"


def leave(staff: StaffMember, keeps: Collection[Role] = ()) -> None:
    """He is gone, or is to be no more what he was: nobody rings at him, and he listens to nobody.
    It may route, so nothing is written before."""
    partings: list[Parting] = current_app.extensions.get("partings", [])
    for part in partings:
        part(staff, keeps)


def end_sessions(staff: StaffMember) -> None:
    """Every session of his, in every browser, with its streams."""
    staff.session_epoch += 1
    look_again(staff)


def look_again(staff: StaffMember) -> None:
    """His streams end if they may not go on; otherwise they would find out at the next ping."""
    publish(f"agent:{staff.id}", ACCESS_CHANGED)
