"""Where a greeted caller goes: to a line, to a person, or past everything when he is in danger."""

from flask import Response

from infra.db import session
from ivr import understanding
from models import GENERAL, Call, Person
from queues import calls, waiting
from queues.doors import enqueue
from queues.journal import alert, note
from telephony.replies import Reply

EMERGENCY_PRIORITY = 1000


def to_person(call: Call, reply: Reply | None = None) -> Response:
    """To a person of the general line: whoever asks, and whoever is not understood."""
    return to_line(call, GENERAL, reply)


def to_line(call: Call, code: str, reply: Reply | None = None) -> Response:
    """To a person, at once; the routing pass runs when the carrier proves that he is enqueued."""
    line = calls.line(code)
    waiting.enter(call, line)
    if code != GENERAL:
        remember(call, line=code)
    reply = reply or Reply(call.language)
    return enqueue(call, reply.say("entering", line=line.name_in(call.language)))


def as_spoken(call: Call, speech: str, heard: understanding.Heard) -> Response:
    """Whatever he was asked: danger skips everything, a topic leads to its line."""
    call.speech = speech
    if heard.emergency:
        call.emergency = heard.emergency
        call.priority = EMERGENCY_PRIORITY
        note(call, "emergency", words=heard.emergency)
        alert(call)
        return to_person(call)
    note(call, "spoken", line=heard.line, confidence=heard.confidence)
    return to_line(call, heard.line or GENERAL)


def remember(call: Call, *, language: str | None = None, line: str | None = None) -> None:
    """For his next call: the language he is greeted in, the topic that he is told first."""
    if call.person_id is None:
        return
    person = session.get_one(Person, call.person_id)
    person.language = language or person.language
    person.last_line = line or person.last_line
