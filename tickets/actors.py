"""Which roles of this installation may take which steps of the life-cycle."""

from typing import Any

from models import Actor, Role
from models.lifecycle import Move

# A small line's dispatchers check replies too; the lead of a shift may do what they do.
ROLES: dict[Actor, tuple[Role, ...]] = {
    Actor.AGENT: (Role.AGENT, Role.LEAD),
    Actor.REVIEWER: (Role.QA, Role.DISPATCHER, Role.LEAD),
    Actor.DISPATCHER: (Role.DISPATCHER, Role.LEAD),
    Actor.UNIT: (Role.UNIT,),
    Actor.LEAD: (Role.LEAD,),
    # Neither sits at a page of ours.
    Actor.CITIZEN: (),
    Actor.SYSTEM: (),
}


def allowed(*moves: Move[Any], besides: tuple[Actor, ...] = ()) -> tuple[Role, ...]:
    """Who may take any of the moves; ``besides`` may look on without taking one."""
    actors = {actor for move in moves for actor in move.actors} | set(besides)
    return tuple(role for role in Role if any(role in ROLES[actor] for actor in actors))
