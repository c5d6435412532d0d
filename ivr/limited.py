"""Whose number is limited hears so, how to appeal, and by which key danger to life passes.

His message is no callback: a person finds it among the missed calls."""

from flask import Blueprint, Response, url_for

from infra.db import serialise_routing, session
from infra.localtime import local
from ivr import understanding, welcoming
from ivr.menu import menu
from ivr.onward import DANGER_KEY, as_spoken, in_danger, minors_line, to_line
from models import Call, CallStatus, Limitation, LimitKind
from queues import calls, limiting, routing, talk
from queues.doors import absolute, where_he_belongs
from queues.journal import note
from telephony.replies import Reply
from telephony.sentences import tongue
from telephony.webhook import call_document
from telephony.words import words

bp = Blueprint("limited", __name__, url_prefix="/voice/limited")


def tell(call: Call, limitation: Limitation) -> Response:
    limiting.apply(limitation, call)
    spoken, action = tongue(call.language), url_for("limited.choice")
    minors = minors_line()
    until = spoken.moment(local(limitation.expires_at)) if limitation.expires_at else ""
    reply = Reply(call.language).ask(
        f"limited_{limitation.kind}",
        action,
        until=until,
        minors=spoken.sentence("limited_minors", key=minors.key) if minors else "",
    )
    return reply.go_to(action).send()


@bp.post("/choice")
@call_document
def choice() -> Response:
    asked = words()
    heard = understanding.of(asked.speech) if asked.speech else None
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    if asked.digits == DANGER_KEY:
        # That he pressed it is kept: who was in none is reported for that.
        note(call, "limited_danger")
        return in_danger(call)
    if heard is not None and heard.danger is not None:
        # Before the line that he asks for with the same words.
        return as_spoken(call, asked.speech, heard)
    minors = minors_line()
    if minors is not None and minors.value in (heard and heard.line, _line_of(asked.digits)):
        # Whoever asks for this line is not limited.
        call.priority, call.choice = 0, minors.value
        return to_line(call, minors.value)
    limitation = session.get(Limitation, call.limitation_id) if call.limitation_id else None
    if limitation is not None and limitation.kind is LimitKind.VOICEMAIL:
        reply = Reply(call.language).take_message("message", absolute("limited.message"))
        return reply.go_to(absolute("limited.silent")).send()
    return as_spoken(call, asked.speech, heard) if heard else welcoming.menu_or_person(call)


@bp.post("/message")
@call_document
def message() -> Response:
    """The carrier has it, and the clock fetches it."""
    serialise_routing()
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status not in (CallStatus.GREETED, CallStatus.ENDED):
        return where_he_belongs(call)
    talk.end(call)
    routing.run()
    return Reply(call.language).say("limited_message_taken").hang_up().send()


@bp.post("/silent")
@call_document
def silent() -> Response:
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    return Reply(call.language).say("thanks").hang_up().send()


def _line_of(digits: str) -> str | None:
    chosen = menu().choice(digits)
    return chosen.value if chosen is not None and chosen.action == "line" else None
