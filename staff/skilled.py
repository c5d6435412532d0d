"""Who serves a line, how well, and until when his certificate holds; each change is kept."""

from datetime import date
from typing import Any

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Line, LineChange, Skill, StaffMember
from web.languages import _
from web.refusals import Refused

# Level, and the certificate's last day as ISO text; None: he does not serve the line.
Kept = dict[str, Any] | None


def key_of(staff_id: int) -> str:
    """Under which a change keeps somebody's skill."""
    return f"skill:{staff_id}"


def kept(skill: Skill | None) -> Kept:
    if skill is None:
        return None
    until = skill.certified_until
    return {"level": skill.level, "until": until.isoformat() if until else None}


def of_line(line_id: int) -> dict[int, Skill]:
    """By staff id, in one look: it is asked under the routing lock."""
    found = session.scalars(select(Skill).where(Skill.line_id == line_id))
    return {one.staff_id: one for one in found}


def put(line: Line, staff_id: int, wanted: Kept, skill: Skill | None) -> None:
    """``skill`` is what he has of the line.  Raises Refused where a certified line would get a seat
    whose certificate does not hold."""
    if wanted is None:
        if skill is not None:
            session.delete(skill)
            session.flush()  # it may be put there again in the same change
        return
    until = date.fromisoformat(wanted["until"]) if wanted["until"] else None
    if line.certified:
        _insist_certificate(line, staff_id, until, skill)
    if skill is None:
        skill = Skill(staff_id=staff_id, line_id=line.id)
        session.add(skill)
    skill.level, skill.certified_until = wanted["level"], until


def record(
    line_id: int,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    by: StaffMember | None,
    undoes: LineChange | None = None,
) -> LineChange:
    change = LineChange(
        line_id=line_id,
        at=now(),
        by_id=by.id if by else None,
        before=before,
        after=after,
        undoes_id=undoes.id if undoes else None,
    )
    session.add(change)
    return change


def record_what_changed(line: Line, before: dict[str, Any]) -> None:
    """What a city's file sets otherwise than it was is a change of the line like any."""
    changed = [name for name, value in before.items() if getattr(line, name) != value]
    if line.id is not None and changed:
        was = {name: before[name] for name in changed}
        record(line.id, was, {name: getattr(line, name) for name in changed}, by=None)


def expire_certificates() -> int:
    """Whose certificate has run out serves the line no more, from the next day on.  The caller
    holds the routing lock: nobody is offered to him meanwhile."""
    today = local(now()).date()
    over = session.scalars(
        select(Skill)
        .join(Line, Line.id == Skill.line_id)
        .where(Line.certified, Skill.certified_until < today)
        .order_by(Skill.line_id, Skill.staff_id)
    ).all()
    for skill in over:
        was = kept(skill)
        key = key_of(skill.staff_id)
        record(skill.line_id, {key: was}, {key: None}, by=None)
        session.delete(skill)
    return len(over)


def _insist_certificate(line: Line, staff_id: int, until: date | None, skill: Skill | None) -> None:
    """Who was skilled before certificates had dates stays so until somebody writes one down."""
    if until is None and skill is not None and skill.certified_until is None:
        return
    if until is None or until < local(now()).date():
        name = session.get_one(StaffMember, staff_id).name
        raise Refused(
            _(
                "%(line)s专席须持证上岗：请为%(name)s填写今天或以后的证书有效期",
                line=line.name,
                name=name,
            )
        )
