"""The first half minute of a call: greeting, one menu of keys and free speech, then a person."""

from flask import Blueprint, Response, current_app, request, url_for

from ivr import limited, understanding, welcoming
from ivr.menu import Choice, menu
from ivr.onward import (
    DANGER_KEY,
    as_spoken,
    in_danger,
    minors_line,
    remember,
    to_line,
    to_person,
)
from models import Call, CallStatus
from queues import calls, limiting, talk
from queues.doors import where_he_belongs
from queues.journal import note
from telephony import orders
from telephony.replies import Reply
from telephony.webhook import call_document
from telephony.words import words

bp = Blueprint("ivr", __name__, url_prefix="/voice")


@bp.post("/incoming")
@call_document
def incoming() -> Response:
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    call.forged = asked.forged
    limitation = limiting.in_force(call)
    if limitation is not None:
        return limited.tell(call, limitation)
    minors = minors_line() if call.person is not None and call.person.minor else None
    if minors is not None:
        # No menu stands between a child and whoever has the certificate.
        call.choice = minors.value
        return to_line(call, minors.value, Reply(call.language).say("greeting"))
    if not current_app.config["SETTINGS"].menu_enabled:
        return to_person(call, Reply(call.language).say("greeting"))
    return welcoming.welcome(call)


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
        if request.args.get("early") and heard.idle and heard.danger is None:
            # A hello into the greeting has cut the notice short.
            return welcoming.ask(call, Reply(call.language).say("notice"))
        return as_spoken(call, asked.speech, heard)
    chosen = menu().choice(asked.digits)
    if chosen is None:
        note(call, "menu", key=asked.digits or None)
        return to_person(call)
    call.choice = chosen.value if chosen.action == "line" else chosen.action
    note(call, "menu", key=chosen.key, choice=call.choice)
    return _follow(call, chosen)


@bp.post("/refused")
@call_document
def refused() -> Response:
    """A protected caller whom his line has not taken in: danger goes to people at once, and
    whatever else he says, or nothing, to the general line."""
    asked = words()
    heard = understanding.of(asked.speech) if asked.speech else None
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    if heard is not None and heard.danger is not None:
        return as_spoken(call, asked.speech, heard)
    if asked.digits == DANGER_KEY:
        return in_danger(call)
    if "general" in request.args and not asked.digits:
        # It is the general line that has refused him.
        return Reply(call.language).say("danger_key").say("call_again").hang_up().send()
    return to_person(call)


@bp.post("/rate")
@call_document
def rate() -> Response:
    """The talk is over: nothing that is said from here on is written down."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.RATING:
        return where_he_belongs(call)
    # A repeat would begin the question anew.
    orders.has_come(call, call.sid)
    reply = Reply(call.language).stop_transcribing(str(call.key))
    return reply.ask_keys("rate", url_for(".rated")).say("thanks").hang_up().send()


@bp.post("/rated")
@call_document
def rated() -> Response:
    """A key that is no rating is asked for once more: he wanted to say something."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if asked.digits.isascii() and asked.digits.isdecimal():
        talk.rate(call, int(asked.digits))
    slipped = asked.digits and call.rating is None and call.status is CallStatus.RATING
    if slipped and "again" not in request.args:
        reply = Reply(call.language).ask_keys("rate_again", url_for(".rated", again=1))
        return reply.say("thanks").hang_up().send()
    return Reply(call.language).say("thanks").hang_up().send()


def _follow(call: Call, chosen: Choice) -> Response:
    match chosen.action:
        case "line":
            return to_line(call, chosen.value)
        case "ticket":
            return Reply(call.language).go_to(url_for("enquiry.ticket")).send()
        case "language":
            call.language = chosen.language_after(call.language)
            remember(call, language=call.language)
            # With the notice of the recording, which he may not have understood.
            return welcoming.welcome(call)
        case _:
            return to_person(call)
