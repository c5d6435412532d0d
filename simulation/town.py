"""The lines and seats of a simulated town."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from infra.clock import now
from infra.db import serialise_routing, session, transaction
from models import GENERAL, Desired, Line, Otherwise, Role, Seat, Skill, StaffMember
from simulation.plan import Plan

# Those of the menu that are pressed here, with what relaxes them.
LINES: dict[str, dict[str, object]] = {
    GENERAL: {"sisters": ["tourism"]},
    "housing_fund": {"sisters": [GENERAL]},
    "business": {"sisters": ["tourism"]},
    "tourism": {"sisters": [GENERAL, "business"]},
}
# What leads have set of them, and the line that they close in mid-day.
SET: dict[str, dict[str, object]] = {
    "tourism": {
        "least_level": 4,
        "steps": [{"after": 8, "where": "line", "level": 1}, {"after": 16, "where": "any"}],
    },
    "business": {"most_waiting": 1, "when_full": Otherwise.RING_BACK},
    "housing_fund": {"when_closed": Otherwise.RING_BACK},
}
CLOSES = "housing_fund"
# Of all lines but the general one.
PARTNER_NAME, PARTNER_NUMBER = "九江", "079212345"
OTHERS = ("medical_insurance", "move_car", "minors", "talent", "unified_market")


@dataclass(frozen=True)
class Sitting:
    staff_id: int
    # How a session names him.
    login: str


@dataclass(frozen=True)
class Town:
    seats: list[Sitting]
    leads: list[Sitting]
    lines: list[int]


def settle(app: Flask, plan: Plan) -> Town:
    """Everybody is ready.  Pooled, all serve the general line; else each serves two of four."""
    with app.app_context(), transaction():
        lines = [
            _line(code, rank, **known, **_set(code, plan))
            for rank, (code, known) in enumerate(LINES.items())
        ]
        for rank, code in enumerate(OTHERS, len(LINES)):
            _line(code, rank, certified=code == "minors", sisters=[GENERAL])
        session.flush()
        sitting = []
        for nth in range(plan.seats):
            served = lines[:1] if plan.pooled else [lines[nth % 4], lines[(nth // 4 + nth + 1) % 4]]
            sitting.append(_seat(nth, served))
        leads = [_lead(nth) for nth in range(plan.leads)]
        return Town(sitting, leads, [line.id for line in lines])


def close(app: Flask, code: str) -> None:
    """By a lead: from now on the line takes nobody in."""
    with app.app_context(), transaction():
        serialise_routing()
        line = session.scalars(select(Line).where(Line.code == code)).one()
        line.closed_since, line.closed_reason = now(), "停电"


def _set(code: str, plan: Plan) -> dict[str, object]:
    known = SET.get(code, {}) if plan.set_lines else {}
    if plan.partner_after_s is None or code == GENERAL:
        return known
    return known | {
        "partner_name": PARTNER_NAME,
        "partner_number": PARTNER_NUMBER,
        "partner_after_s": plan.partner_after_s,
    }


def _line(code: str, rank: int, **known: object) -> Line:
    line = Line(code=code, name=code, name_en=code, rank=rank, **known)
    session.add(line)
    return line


def _seat(nth: int, lines: list[Line]) -> Sitting:
    at = now()
    staff = _somebody(f"agent{nth}", Role.AGENT)
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


def _lead(nth: int) -> Sitting:
    """He has no seat before he takes a talk over."""
    staff = _somebody(f"lead{nth}", Role.LEAD, Role.AGENT)
    return Sitting(staff.id, staff.get_id())


def _somebody(login: str, *roles: Role) -> StaffMember:
    staff = StaffMember(
        login=login, name=login, password_hash="-", roles=list(roles), created_at=now()
    )
    session.add(staff)
    session.flush()
    return staff
