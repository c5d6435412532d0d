"""One of twenty answers that the robot took is asked for again by a person.

A hash of ticket and round decides: anybody can compute it again, nobody can choose.
Where robot and people agree too seldom, the robot stops."""

import hashlib

from sqlalchemy import select

from followups.survey import satisfied
from infra.clock import now
from infra.db import session
from models import AlarmKind, Asking, FollowUp
from staff import norms
from tickets import alarms

PARTS = 10_000


def sampled(follow_up: FollowUp) -> bool:
    name = f"{follow_up.ticket.number}/{follow_up.round.number}"
    part = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % PARTS
    return part * 100 < norms.amount("double_checked") * PARTS


def compare(follow_up: FollowUp, robot: Asking, person: Asking) -> None:
    """What a person has heard beside what the robot had; a difference is told to the leads."""
    same = (
        robot.contacted == person.contacted
        and robot.solved == person.solved
        and satisfied(robot.satisfied or 0) == satisfied(person.satisfied or 0)
    )
    follow_up.checked_at, follow_up.agrees = now(), same
    if not same:
        alarms.raise_(
            follow_up.round,
            follow_up.ticket,
            AlarmKind.DISAGREES,
            robot=robot.id,
            person=person.id,
        )


def trusted() -> bool:
    """Whether the robot may go on asking: the newest checks decide, few say nothing yet."""
    newest = session.scalars(
        select(FollowUp.agrees)
        .where(FollowUp.checked_at.is_not(None), FollowUp.agrees.is_not(None))
        .order_by(FollowUp.checked_at.desc())
        .limit(norms.amount("checks_counted"))
    ).all()
    return len(newest) < norms.amount("fewest_checks") or (
        sum(map(bool, newest)) * 100 >= norms.amount("robot_agrees") * len(newest)
    )
