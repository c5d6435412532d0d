"""Where a greeted caller goes: to a line, to a person, or past everything when he is in danger."""

from flask import Response
from sqlalchemy import select

from assist import alarm, emergency
from infra.db import session
from ivr import understanding
from ivr.menu import Choice, menu
from models import GENERAL, Call, Line, Person
from queues import calls, waiting
from queues.doors import enqueue, take_in
from queues.journal import note
from telephony.replies import Reply

# Where danger is asked for by a key.
DANGER_KEY = "1"


def to_person(call: Call, reply: Reply | None = None) -> Response:
    """To a person of the general line: whoever asks, and whoever is not understood."""
    return to_line(call, GENERAL, reply)


def to_line(call: Call, code: str, reply: Reply | None = None) -> Response:
    """To a person, at once; the routing pass runs when the carrier proves that he is enqueued."""
    if code != GENERAL:
        remember(call, line=code)
    return take_in(call, calls.line(code), reply or Reply(call.language))


def as_spoken(call: Call, speech: str, heard: understanding.Heard) -> Response:
    """Whatever he was asked: danger skips everything, a topic leads to its line.

    Who is in danger is told nothing before he is enqueued: his first wait document says which
    number helps at once, while a desk rings for him already."""
    call.speech = speech
    if heard.danger is not None:
        alarm.raise_for(call, heard.danger)
        waiting.enter(call, calls.general())
        return enqueue(call)
    note(call, "spoken", line=heard.line, confidence=heard.confidence)
    return to_line(call, heard.line or GENERAL)


def in_danger(call: Call) -> Response:
    """He has pressed the key for it: to people at once, whatever else holds for him."""
    alarm.raise_for(call, emergency.pressed())
    waiting.enter(call, calls.general())
    return enqueue(call)


def remember(call: Call, *, language: str | None = None, line: str | None = None) -> None:
    """For his next call: the language he is greeted in, the topic that he is told first."""
    if call.person_id is None:
        return
    person = session.get_one(Person, call.person_id)
    person.language = language or person.language
    person.last_line = line or person.last_line


def minors_line() -> Choice | None:
    """The key of the menu's certified line: its callers are never limited, and whoever is known as
    a minor goes there at once."""
    certified = set(session.scalars(select(Line.code).where(Line.certified)))
    return next((one for one in menu().choices.values() if _leads_to(one, certified)), None)


def _leads_to(one: Choice, lines: set[str]) -> bool:
    return one.action == "line" and one.value in lines
