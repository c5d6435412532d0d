"""A line's settings are changed, and changed back; callers who wait already are matched anew.

Every change is kept with what was before it.  The caller of these verbs holds the routing lock, and
runs a pass afterwards: what has changed holds for whoever waits at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, or_, select, update

from assist.alarm import FLOOR
from infra.clock import now
from infra.db import session
from infra.events import publish
from infra.localtime import local
from models import GENERAL, Call, Line, LineChange, Otherwise, Place, Seat, Skill, StaffMember
from queues import steps
from staff import audit, skilled
from web.languages import _
from web.refusals import Refused

SETTINGS = (
    "name",
    "name_en",
    "priority",
    "certified",
    "sisters",
    "rank",
    "group",
    "least_level",
    "steps",
    "hours",
    "rests_on_holidays",
    "closed_since",
    "closed_reason",
    "closed_reason_en",
    "when_closed",
    "most_waiting",
    "when_full",
    "when_nobody",
    "partner_name",
    "partner_number",
    "partner_after_s",
)
MOMENTS = {"closed_since"}
RULES = {"when_closed", "when_full", "when_nobody"}
# What belongs to a seat, with its id behind.
SKILL, SPEAKS = "skill:", "languages:"

Values = dict[str, Any]


def change(
    line: Line, wanted: Values, *, by: StaffMember, undoes: LineChange | None = None
) -> LineChange | None:
    """None where nothing is changed by it.  Raises Refused, which says what to do instead."""
    seats = _seats(line, wanted)
    was = {key: _value(line, key, seats) for key in wanted}
    before = {key: value for key, value in was.items() if value != wanted[key]}
    if not before:
        return None
    after = {key: wanted[key] for key in before}
    # Whether it is certified decides who may be skilled for it.
    for key in sorted(after, key=lambda one: one.startswith((SKILL, SPEAKS))):
        _put(line, key, after[key], seats)
    _check(line)
    made = skilled.record(line.id, before, after, by=by, undoes=undoes)
    audit.record("line.changed", "line", line.code)
    publish(FLOOR, "floor-moved")
    return made


def close(line: Line, reason: str, reason_en: str | None, *, by: StaffMember) -> LineChange | None:
    """Nobody new is taken in until it is opened again; who waits is still served."""
    since = line.closed_since or now()
    wanted = {"closed_since": since.isoformat(), "closed_reason": reason}
    return change(line, wanted | {"closed_reason_en": reason_en}, by=by)


def reopen(line: Line, *, by: StaffMember) -> LineChange | None:
    gone = dict.fromkeys(("closed_since", "closed_reason", "closed_reason_en"))
    return change(line, gone, by=by)


def undo(made: LineChange, *, by: StaffMember) -> LineChange | None:
    """As it was before, where nobody has changed the same again since.  Raises Refused."""
    if session.scalar(select(LineChange.id).where(LineChange.undoes_id == made.id)) is not None:
        raise Refused(_("这次修改已经撤销过"))
    line = made.line
    seats = _seats(line, made.after)
    if not _stands(made, _newer(line, made.id), seats):
        raise Refused(_("这些设置之后又改过：请先撤销较新的修改，或者直接修改设置"))
    return change(line, made.before, by=by, undoes=made)


def last_change(line: Line) -> int:
    """Its id; 0 where nothing was ever changed."""
    last = select(func.max(LineChange.id)).where(LineChange.line_id == line.id)
    return session.scalar(last) or 0


def insist_seen(line: Line, seen: int | None) -> None:
    """A form says how everything in it is to be: sent from a page that is older than another's
    change it would take that back.  Raises Refused."""
    if seen is not None and seen != last_change(line):
        raise Refused(_("页面打开后别人修改过这个专席：现在显示的是最新设置，请在此基础上再改"))


def history(line: Line, most: int) -> list[tuple[LineChange, bool]]:
    """The last changes, and whether each can still be undone."""
    found = session.scalars(
        select(LineChange)
        .where(LineChange.line_id == line.id)
        .order_by(LineChange.id.desc())
        .limit(most)
    ).all()
    undone = set(
        session.scalars(
            select(LineChange.undoes_id).where(
                LineChange.line_id == line.id, LineChange.undoes_id.is_not(None)
            )
        )
    )
    if not found:
        return []
    seats = _seats(line, {key for one in found for key in one.after})
    newer = _newer(line, found[-1].id)
    return [(one, one.id not in undone and _stands(one, newer, seats)) for one in found]


@dataclass(frozen=True)
class _Seats:
    """By staff id, each kind read in one look: this is asked under the routing lock."""

    skills: dict[int, Skill]
    seats: dict[int, Seat]


def _seats(line: Line, keys: Iterable[str]) -> _Seats:
    """What these settings need to know of seats."""
    asked = list(keys)
    skills = skilled.of_line(line.id) if any(one.startswith(SKILL) for one in asked) else {}
    spoken = [int(one.removeprefix(SPEAKS)) for one in asked if one.startswith(SPEAKS)]
    found = session.scalars(select(Seat).where(Seat.staff_id.in_(spoken))) if spoken else ()
    return _Seats(skills, {one.staff_id: one for one in found})


def _value(line: Line, key: str, known: _Seats) -> Any:
    """As it is kept in a change."""
    if key.startswith(SKILL):
        return skilled.kept(known.skills.get(int(key.removeprefix(SKILL))))
    if key.startswith(SPEAKS):
        seat = known.seats.get(int(key.removeprefix(SPEAKS)))
        return seat.languages if seat else None
    value = getattr(line, key)
    return value.isoformat() if isinstance(value, datetime) else value


def _newer(line: Line, than: int) -> list[LineChange]:
    """The newest first; what a seat speaks may be changed on any line's page."""
    speaks = cast(LineChange.after, Text).contains(SPEAKS)
    return list(
        session.scalars(
            select(LineChange)
            .where(LineChange.id > than, or_(LineChange.line_id == line.id, speaks))
            .order_by(LineChange.id.desc())
        )
    )


def _stands(made: LineChange, newer: list[LineChange], known: _Seats) -> bool:
    """Whether nobody has changed the same since, be it to the same value; a newer change that was
    itself undone counts for nothing, and neither does its undoing."""
    void: set[int] = set()
    for one in newer:
        if one.id <= made.id or one.id in void:
            continue
        if one.undoes_id is not None and one.undoes_id > made.id:
            void.add(one.undoes_id)
        elif _touches(one, made):
            return False
    return all(_value(made.line, key, known) == value for key, value in made.after.items())


def _touches(one: LineChange, made: LineChange) -> bool:
    shared = one.after.keys() & made.after.keys()
    return (one.line_id == made.line_id and bool(shared)) or any(
        key.startswith(SPEAKS) for key in shared
    )


def _put(line: Line, key: str, value: Any, known: _Seats) -> None:
    if key.startswith(SKILL):
        staff_id = int(key.removeprefix(SKILL))
        skilled.put(line, staff_id, value, known.skills.get(staff_id))
    elif key.startswith(SPEAKS):
        seat = known.seats.get(int(key.removeprefix(SPEAKS)))
        if seat is not None and value:
            seat.languages = value
    elif key == "priority":
        weigh(line, value)
    elif key == "certified":
        if value:
            _insist_certificates(line)
        line.certified = value
    elif key in MOMENTS:
        setattr(line, key, datetime.fromisoformat(value) if value else None)
    else:
        setattr(line, key, Otherwise(value) if key in RULES else value)


def weigh(line: Line, priority: int) -> None:
    """Who waits already is moved by as much; danger is before everybody, whatever a line weighs."""
    weighed = select(Call.id).where(Call.id == Place.call_id, Call.emergency.is_(None))
    session.execute(
        update(Place)
        .where(Place.line_id == line.id, Place.left_at.is_(None), weighed.exists())
        .values(priority=Place.priority + (priority - line.priority))
    )
    line.priority = priority


def _check(line: Line) -> None:
    if line.certified:
        _check_certified(line)
    if line.code == GENERAL:
        _check_general(line)
    known = {one.code for one in session.scalars(select(Line)) if not one.certified}
    for step in line.steps or []:
        _check_step(line, step, known)


def _check_certified(line: Line) -> None:
    """What is confided there is heard by nobody else."""
    if line.partner_number is not None:
        raise Refused(_("持证专席的来电不能转到外地：请先删除协作城市"))
    if line.when_nobody is Otherwise.GENERAL:
        raise Refused(_("持证专席的来电不能转综合专席：无人在线时请选择排队或回电"))


def _insist_certificates(line: Line) -> None:
    """Before a line becomes a certified one, each of its seats has to have a certificate."""
    lacking = session.scalars(
        select(StaffMember.name)
        .join(Skill, Skill.staff_id == StaffMember.id)
        .where(
            Skill.line_id == line.id,
            Skill.certified_until.is_(None) | (Skill.certified_until < local(now()).date()),
        )
        .order_by(StaffMember.id)
    ).all()
    if lacking:
        names = _("、").join(lacking)
        raise Refused(_("请先为这些座席填写证书有效期，或取消其技能：%(names)s", names=names))


def _check_general(line: Line) -> None:
    if line.certified:
        raise Refused(_("综合专席不能只由持证座席接听：所有听不懂的来电都转到这里"))
    if line.when_nobody is Otherwise.GENERAL:
        raise Refused(_("综合专席无处可转：无人在线时请选择排队或回电"))


def _check_step(line: Line, step: Values, known: set[str]) -> None:
    where = steps.Where(step["where"])
    if where is steps.Where.GROUP and not line.group:
        raise Refused(_("放宽到同组专席之前，请先填写专席组"))
    if where is not steps.Where.LINES:
        return
    unknown = [code for code in step["lines"] if code not in known or code == line.code]
    if unknown or not step["lines"]:
        raise Refused(_("请为“这些专席的座席”选择至少一个其他专席，持证专席不借出座席"))
