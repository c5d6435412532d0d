"""Whether a line takes a caller in: it is open, has room, and somebody is there, as its rules say.

Who is in danger is always taken in; who is not is told why, and goes to the general line or is
rung back.  Whoever waits already stays where he is, whatever is changed meanwhile."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from infra.clock import now
from infra.db import session
from models import GENERAL, Call, Direction, Disposition, Line, Otherwise, Place
from queues import calls, kept, opening, targets
from queues.journal import note

# For as long as this transaction lasts; whoever only refers to the line is not kept waiting by it.
IN_TURN = select(Line.id).where(Line.id == bindparam("line")).with_for_update(key_share=True)

Told = tuple[str, dict[str, str]]


@dataclass(frozen=True)
class Refusal:
    because: Disposition
    otherwise: Otherwise
    told: Told


@dataclass(frozen=True)
class Admission:
    """The line that takes him in, or why none does; and what he is told of it."""

    line: Line | None
    because: Disposition | None = None
    told: Told | None = None


def admit(call: Call, line: Line) -> Admission:
    refusal = None if call.emergency is not None else _refusal(line, call)
    if refusal is None:
        return Admission(line)
    if refusal.otherwise is Otherwise.GENERAL:
        general = calls.general()
        if _refusal(general, call) is None:
            note(call, "led_to_general", line=line.code, because=refusal.because)
            return Admission(general, told=refusal.told)
    return Admission(None, refusal.because, refusal.told)


def turn_away(call: Call, line: Line, because: Disposition) -> None:
    """He asked for a person and is told why there is none; the call ends with his leg."""
    call.line_id, call.person_due_at = line.id, call.person_due_at or now()
    call.turned_away = because
    note(call, "turned_away", line=line.code, because=because)


def is_full(line: Line) -> bool:
    return line.most_waiting is not None and _waiting_on(line) >= line.most_waiting


def _refusal(line: Line, call: Call) -> Refusal | None:
    language = call.language
    name = {"line": line.name_in(language)}
    why = opening.shut(line, now())
    if why is not None:
        reason = _reason(line, language) if why is opening.Shut.MANUAL else None
        told = ("line_closed", name | {"reason": reason}) if reason else (_SHUT[why], name)
        return Refusal(Disposition.CLOSED, _otherwise(line, line.when_closed), told)
    if _has_no_room(line, call):
        otherwise = _otherwise(line, line.when_full)
        return Refusal(Disposition.FULL, otherwise, ("line_full", name))
    if line.when_nobody is not Otherwise.WAIT and not targets.staffed(line):
        otherwise = _otherwise(line, line.when_nobody)
        return Refusal(Disposition.NOBODY, otherwise, ("line_unstaffed", name))
    return None


def _has_no_room(line: Line, call: Call) -> bool:
    """Whoever asks at the same moment waits until this one is in, or not.  Who was promised a place
    of his has one."""
    if line.most_waiting is None:
        return False
    session.execute(IN_TURN, {"line": line.id})
    return is_full(line) and kept.age_of(call, line) is None


_SHUT = {
    opening.Shut.MANUAL: "line_closed_now",
    opening.Shut.HOURS: "line_out_of_hours",
    opening.Shut.HOLIDAY: "line_on_holiday",
}


def _reason(line: Line, language: str) -> str | None:
    return line.closed_reason_en if language == "en" else line.closed_reason


def _otherwise(line: Line, chosen: Otherwise) -> Otherwise:
    """What concerns a certified line is no matter for others, and the general line is the last."""
    if line.certified or line.code == GENERAL:
        return Otherwise.RING_BACK
    return chosen


def _waiting_on(line: Line) -> int:
    """Who is on the line: who is to be rung back takes nobody's room."""
    waiting = (
        select(func.count(Place.id))
        .join(Call, Call.id == Place.call_id)
        .where(Place.line_id == line.id, Place.left_at.is_(None), Call.direction == Direction.IN)
    )
    return session.scalar(waiting) or 0
