"""Rows that tests need: said in one line, stored like the real ones."""

from infra.clock import now
from infra.db import session
from models import Desired, Line, Role, Seat, Skill, StaffMember, Unit, UnitKind


def a_line(code: str = "general", **known: object) -> Line:
    line = Line(code=code, name=known.pop("name", code), name_en=code, **known)
    session.add(line)
    session.flush()
    return line


def a_unit(code: str = "elsewhere") -> Unit:
    unit = Unit(code=code, name=code, kind=UnitKind.BUREAU)
    session.add(unit)
    session.flush()
    return unit


def an_agent(
    login: str,
    *lines: Line,
    ready: bool = True,
    level: int = 3,
    languages: tuple[str, ...] = ("zh",),
) -> Seat:
    """A member of staff on his seat, skilled for the lines; his desk is not renewed by itself."""
    at = now()
    staff = StaffMember(
        login=login, name=login, password_hash="-", roles=[Role.AGENT], created_at=at
    )
    session.add(staff)
    session.flush()
    seat = Seat(
        staff_id=staff.id,
        number=f"{1000 + staff.id}",
        languages=list(languages),
        desired=Desired.READY if ready else Desired.OFFLINE,
        desired_since=at,
        activity_since=at,
        idle_since=at,
    )
    session.add(seat)
    session.add_all(Skill(staff_id=staff.id, line_id=line.id, level=level) for line in lines)
    session.flush()
    return seat
