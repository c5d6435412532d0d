"""The first half minute of a call: greeting, one menu of keys and free speech, then a person."""

from flask import Blueprint, Response, current_app, url_for

from infra.db import session
from ivr import understanding
from ivr.menu import Choice, menu
from models import Call, CallStatus, Person
from queues import calls, talk, waiting
from queues.doors import enqueue, where_he_belongs
from queues.journal import alert, note
from telephony.replies import Reply
from telephony.sentences import LANGUAGES, tongue
from telephony.webhook import call_document, words

bp = Blueprint("ivr", __name__, url_prefix="/voice")

EMERGENCY_PRIORITY = 1000


@bp.post("/incoming")
@call_document
def incoming() -> Response:
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    reply = Reply(call.language).say("greeting")
    if not current_app.config["SETTINGS"].menu_enabled:
        return _to_line(call, calls.general().code, reply)
    return _ask(call, reply).send()


@bp.post("/choice")
@call_document
def choice() -> Response:
    """A key, free speech, or silence: whatever we do not understand leads to a person."""
    asked = words()
    heard = understanding.of(asked.speech) if asked.speech else None
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    if heard is not None:
        return _spoken(call, asked.speech, heard)
    chosen = menu().choice(asked.digits)
    if chosen is None:
        note(call, "menu", key=asked.digits or None)
        return to_person(call)
    call.choice = chosen.value if chosen.action == "line" else chosen.action
    note(call, "menu", key=chosen.key, choice=call.choice)
    return _follow(call, chosen)


@bp.post("/rate")
@call_document
def rate() -> Response:
    """The talk is over: nothing that is said from here on is written down."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.RATING:
        return where_he_belongs(call)
    reply = Reply(call.language).stop_transcribing(str(call.key))
    return reply.ask_keys("rate", url_for(".rated")).say("thanks").hang_up().send()


@bp.post("/rated")
@call_document
def rated() -> Response:
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if asked.digits.isdigit():
        talk.rate(call, int(asked.digits))
    return Reply(call.language).say("thanks").hang_up().send()


def to_person(call: Call) -> Response:
    """To a person of the general line: whoever asks, and whoever is not understood."""
    return _to_line(call, calls.general().code)


def _ask(call: Call, reply: Reply) -> Reply:
    spoken = tongue(call.language)
    named = [
        spoken.sentence("choice", what=what, key=key) for what, key in menu().spoken(call.language)
    ]
    reply.ask("menu", url_for("ivr.choice"), choices="".join(named))
    return reply.go_to(url_for("ivr.choice"))


def _follow(call: Call, chosen: Choice) -> Response:
    match chosen.action:
        case "line":
            return _to_line(call, chosen.value)
        case "ticket":
            return Reply(call.language).go_to(url_for("enquiry.ticket")).send()
        case "language" if chosen.value in LANGUAGES:
            call.language = chosen.value
            _remember(call, language=chosen.value)
            return to_person(call)
        case _:
            return to_person(call)


def _spoken(call: Call, speech: str, heard: understanding.Heard) -> Response:
    call.speech = speech
    if heard.emergency:
        call.emergency = heard.emergency
        call.priority = EMERGENCY_PRIORITY
        note(call, "emergency", words=heard.emergency)
        alert(call)
        return to_person(call)
    note(call, "spoken", line=heard.line, confidence=heard.confidence)
    return _to_line(call, heard.line or calls.general().code)


def _to_line(call: Call, code: str, reply: Reply | None = None) -> Response:
    """To a person, at once; the routing pass runs when the carrier proves that he is enqueued."""
    line = calls.line(code)
    waiting.enter(call, line)
    _remember(call, line=code)
    reply = reply or Reply(call.language)
    return enqueue(call, reply.say("entering", line=line.name_in(call.language)))


def _remember(call: Call, *, language: str | None = None, line: str | None = None) -> None:
    if call.person_id is None:
        return
    person = session.get_one(Person, call.person_id)
    person.language = language or person.language
    person.last_line = line or person.last_line
