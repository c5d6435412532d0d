"""Planting the demo city: each row by its code, again and again with the same result."""

import tomllib
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import (
    Article,
    ArticleState,
    District,
    Line,
    Role,
    Seat,
    Skill,
    StaffMember,
    Topic,
    Unit,
    UnitKind,
)
from staff.passwords import hash_password

FOLDER = Path(__file__).parent / "nanchang"
PASSWORD = "demo"


class PlantingRefused(Exception):
    """Demo people have a known password; they must never exist in production."""


def plant() -> None:
    """Add what is missing and correct what differs; passwords that were changed stay."""
    if current_app.config["SETTINGS"].production:
        raise PlantingRefused("生产环境不能写入演示数据 (no demo data in production)")
    lines = _lines()
    units = _units(_districts())
    _topics(lines, units)
    _people(lines)
    _articles(lines)


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _lines() -> dict[str, Line]:
    known = {one.code: one for one in session.scalars(select(Line))}
    for code, body in read("lines").items():
        line = known.setdefault(code, Line(code=code))
        for column, value in body.items():
            setattr(line, column, value)
        session.add(line)
    session.flush()  # skills and topics need the ids
    return known


def _districts() -> dict[str, District]:
    known = {one.code: one for one in session.scalars(select(District))}
    for code, name in read("city")["districts"]:
        district = known.setdefault(code, District(code=code))
        district.name = name
        session.add(district)
    session.flush()  # units need the ids
    return known


def _units(districts: dict[str, District]) -> dict[str, Unit]:
    known = {one.code: one for one in session.scalars(select(Unit))}
    for kind, rows in read("city")["units"].items():
        for code, name, duties, *district in rows:
            unit = known.setdefault(code, Unit(code=code))
            unit.name, unit.duties, unit.kind = name, duties, UnitKind(kind)
            unit.district_id = districts[district[0]].id if district else None
            session.add(unit)
    session.flush()  # topics need the ids
    return known


def _topics(lines: dict[str, Line], units: dict[str, Unit]) -> None:
    known = {one.code: one for one in session.scalars(select(Topic))}
    for code, name, line, unit, local, words in read("topics")["topics"]:
        topic = known.setdefault(code, Topic(code=code))
        topic.name, topic.local, topic.words = name, local, words
        topic.line_id, topic.unit_id = lines[line].id, units[unit].id
        session.add(topic)


def _articles(lines: dict[str, Line]) -> None:
    """Articles that somebody has edited since are his, and stay as he wrote them."""
    known = set(session.scalars(select(Article.code)))
    at = now()
    for code, line, title, question, answer in read("articles")["articles"]:
        if code not in known:
            session.add(
                Article(
                    code=code,
                    title=title,
                    line_id=lines[line].id,
                    question=question,
                    answer=answer,
                    state=ArticleState.APPROVED,
                    valid_from=at,
                    updated_at=at,
                )
            )


def _people(lines: dict[str, Line]) -> None:
    people = read("people")
    known = {one.login: one for one in session.scalars(select(StaffMember))}
    # One hash for all: making one takes as long as it should, thirty times would be seconds.
    password = hash_password(PASSWORD)
    for one in people["staff"]:
        if one["login"] not in known:
            _member(one["login"], one["name"], [Role(role) for role in one["roles"]], password)
    for one in people["agents"]:
        if one["login"] not in known:
            staff = _member(one["login"], one["name"], [Role.AGENT], password)
            _seat(staff, one["languages"])
            served = list(lines) if one["lines"] == "*" else one["lines"]
            session.add_all(
                Skill(staff_id=staff.id, line_id=lines[code].id, level=one["level"])
                for code in served
            )


def _member(login: str, name: str, roles: list[Role], password: str) -> StaffMember:
    staff = StaffMember(
        login=login, name=name, roles=list(roles), password_hash=password, created_at=now()
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
