"""The lines and seats of a simulated town."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask

from infra.clock import now
from infra.db import session, transaction
from models import GENERAL, Desired, Line, Role, Seat, Skill, StaffMember

# Those of the menu that are pressed here, with what relaxes them.
LINES: dict[str, dict[str, object]] = {
    GENERAL: {"sisters": ["tourism"]},
    "housing_fund": {"sisters": [GENERAL]},
    "business": {"sisters": ["tourism"]},
    "tourism": {"sisters": [GENERAL, "business"]},
}
OTHERS = ("medical_insurance", "move_car", "minors", "talent", "unified_market")


@dataclass(frozen=True)
class Sitting:
    staff_id: int
    # How a session names him.
    login: str


@dataclass(frozen=True)
class Town:
    seats: list[Sitting]


def settle(app: Flask, *, seats: int, pooled: bool) -> Town:
    """Everybody is ready.  Pooled, all serve the general line; else each serves two of four."""
    with app.app_context(), transaction():
        lines = [_line(code, rank, **known) for rank, (code, known) in enumerate(LINES.items())]
        for rank, code in enumerate(OTHERS, len(LINES)):
            _line(code, rank, certified=code == "minors", sisters=[GENERAL])
        session.flush()
        sitting = []
        for nth in range(seats):
            served = lines[:1] if pooled else [lines[nth % 4], lines[(nth // 4 + nth + 1) % 4]]
            sitting.append(_seat(nth, served))
    return Town(sitting)


def _line(code: str, rank: int, **known: object) -> Line:
    line = Line(code=code, name=code, name_en=code, rank=rank, **known)
    session.add(line)
    return line


def _seat(nth: int, lines: list[Line]) -> Sitting:
    at = now()
    staff = StaffMember(
        login=f"agent{nth}", name=f"{nth}", password_hash="-", roles=[Role.AGENT], created_at=at
    )
    session.add(staff)
    session.flush()
    seat = Seat(
        staff_id=staff.id,
        number=f"{1000 + nth}",
        desired=Desired.READY,
        desired_since=at,
        activity_since=at,
        idle_since=at - timedelta(seconds=nth),
    )
    session.add(seat)
    served = {line.id for line in lines}
    session.add_all(Skill(staff_id=staff.id, line_id=one, level=1 + nth % 5) for one in served)
    return Sitting(staff.id, staff.get_id())
