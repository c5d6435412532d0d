"""Planting the demo city and its people: again and again with the same result."""

from datetime import date, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import exists, select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from infra.privacy import fingerprint, mask
from models import (
    Article,
    Call,
    DemoCity,
    DutyPhone,
    Line,
    Role,
    ScoreItem,
    Seat,
    Skill,
    StaffMember,
    Unit,
    UnitGroup,
)
from seeds import shifts, tickets
from seeds.city import City
from staff.passwords import hash_password

FOLDER = Path(__file__).parent / "nanchang"
PASSWORD = "demo"


# Where a city works, one of these has rows before anybody thinks of a demo.
FIRST_ROWS = (StaffMember, Line, Unit, Article, Call)


# Share of the points, no points at, all points at, floor.  Source: domain reference 1.9.
SHEET = (
    ("sign", 0.1, 0.8, 1.0, 0.0),
    ("respond", 0.1, 0.6, 1.0, 0.0),
    ("on_time", 0.25, 0.6667, 1.0, 0.0),
    ("solved", 0.2, 0.5, 1.0, 0.2),
    ("satisfied", 0.25, 0.5, 1.0, 0.5),
    ("returned_wrongly", 0.1, 0.3, 0.0, 0.0),
)
SHEETS_OUT_OF = {UnitGroup.COUNTY: 150, UnitGroup.DEPARTMENT: 100, UnitGroup.UTILITY: 100}


class PlantingRefused(Exception):
    """Demo people have a known password; they must never stand beside a city's own."""


def plant() -> None:
    """Add what is missing and correct what differs; passwords that were changed stay."""
    if current_app.config["SETTINGS"].production:
        raise PlantingRefused("生产环境不能写入演示数据 (no demo data in production)")
    if session.get(DemoCity, 1) is None:
        _insist_on_an_empty_database()
        session.add(DemoCity(planted_at=now()))
    City(FOLDER).take_over()
    _people({one.code: one for one in session.scalars(select(Line))})
    _score_sheets()
    session.flush()  # who handles the tickets must be there
    if current_app.config["SETTINGS"].emulated:
        shifts.plant(FOLDER)
        # A real carrier would text whoever has one of these numbers, and ring him afterwards.
        _duty_phones()
        tickets.play(FOLDER)


def _score_sheets() -> None:
    """Sheets to begin with, in the shape that cities have published; changed on their page."""
    if session.scalar(select(exists(select(ScoreItem.id)))):
        return
    for group, whole in SHEETS_OUT_OF.items():
        for indicator, share, zero_at, full_at, floor in SHEET:
            session.add(
                ScoreItem(
                    unit_group=group,
                    indicator=indicator,
                    points=whole * share,
                    zero_at=zero_at,
                    full_at=full_at,
                    floor=floor,
                    changed_at=now(),
                )
            )


def _insist_on_an_empty_database() -> None:
    """The setting may have been forgotten: whose data these are, the data say themselves."""
    found = [
        one.__tablename__ for one in FIRST_ROWS if session.scalar(select(exists(select(one.id))))
    ]
    if found:
        raise PlantingRefused(
            f"数据库已有数据（{'、'.join(found)}），且不是演示城市，未写入任何内容。"
            "正式系统请设置 HOTLINE_ENV=production；"
            "只想启动而不写入演示数据，请用 script/server --no-seed"
            " (the database holds data that are not the demo city's)"
        )


def _duty_phones() -> None:
    for one in City(FOLDER).read("people")["duty_phones"]:
        unit = session.scalars(select(Unit).where(Unit.code == one["unit"])).one()
        known = exists().where(DutyPhone.unit_id == unit.id)
        if not session.scalar(select(known)):
            session.add(
                DutyPhone(
                    unit=unit,
                    number=one["number"],
                    number_fingerprint=fingerprint(one["number"]),
                    number_masked=mask(one["number"]),
                    wants=one["wants"],
                    added_at=now(),
                )
            )


def _people(lines: dict[str, Line]) -> None:
    people = City(FOLDER).read("people")
    units = dict(session.execute(select(Unit.code, Unit.id)).all())
    known = {one.login: one for one in session.scalars(select(StaffMember))}
    # One hash for all: making one takes as long as it should, thirty times would be seconds.
    password = hash_password(PASSWORD)
    for one in people["staff"]:
        if one["login"] not in known:
            roles = [Role(r) for r in one["roles"]]
            unit = units[one["unit"]] if "unit" in one else None
            staff = _member(one["login"], one["name"], roles, password, unit)
            staff.leads_unit = one.get("leads_unit", False)
    for one in people["agents"]:
        if one["login"] not in known:
            staff = _member(one["login"], one["name"], [Role.AGENT], password)
            _seat(staff, one["languages"])
            served = list(lines) if one["lines"] == "*" else one["lines"]
            session.add_all(
                Skill(
                    staff_id=staff.id,
                    line_id=lines[code].id,
                    level=one["level"],
                    certified_until=_next_year() if lines[code].certified else None,
                )
                for code in served
            )


def _next_year() -> date:
    return local(now()).date() + timedelta(days=365)


def _member(
    login: str, name: str, roles: list[Role], password: str, unit_id: int | None = None
) -> StaffMember:
    staff = StaffMember(
        login=login,
        name=name,
        roles=list(roles),
        password_hash=password,
        created_at=now(),
        unit_id=unit_id,
    )
    session.add(staff)
    session.flush()  # the seat needs the id
    return staff


def _seat(staff: StaffMember, languages: list[str]) -> None:
    at = now()
    session.add(
        Seat(
            staff_id=staff.id,
            number=f"{1000 + staff.id}",
            languages=languages,
            desired_since=at,
            activity_since=at,
            idle_since=at,
        )
    )
