"""Key 9, "my ticket": by the number alone that there is one, everything with its query code.

Caller ids can be forged, so the number alone tells neither what the ticket is about nor that a
confidential one, a report or a minor's exists at all."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request, url_for

from infra.clock import now
from infra.localtime import local
from ivr import understanding
from ivr.menu import PERSON
from ivr.onward import as_spoken, to_person
from models import Call, CallStatus, Ticket
from queues import calls
from queues.doors import where_he_belongs
from queues.journal import note
from telephony.replies import Reply
from telephony.sentences import tongue
from telephony.webhook import call_document
from telephony.words import Words, words
from tickets import codes, lifecycle, numbers, telling

bp = Blueprint("enquiry", __name__, url_prefix="/voice/ticket")

KEYS = {"ticket_number": 14, "ticket_code": numbers.CODE_LENGTH}
TRIES = 2
# How long he may think about a digit.
THINKS_FOR = timedelta(seconds=8)
# Ends what is typed; after the last of so many digits it is one key too many.
END_KEY = "#"


@bp.post("")
@call_document
def ticket() -> Response:
    call, elsewhere, _ = _asking()
    if elsewhere is not None:
        return elsewhere
    reply = Reply(call.language)
    told = (one for one in lifecycle.open_of(call.person_id) if telling.by_number_alone(one))
    open_one = next(told, None)
    if open_one is not None and open_one.due_at is not None:
        reply.say("ticket_due", due=local(open_one.due_at).strftime("%m-%d %H:%M"))
    elif open_one is not None:
        reply.say("ticket_open")
    if codes.exhausted(call):
        return to_person(call, reply.say("ticket_person"))
    return _ask_number(reply, tried=0)


@bp.post("/number/<int:tried>")
@call_document
def ticket_number(tried: int) -> Response:
    call, elsewhere, asked = _asking()
    if elsewhere is not None:
        return elsewhere
    if not asked.digits:
        return to_person(call) if _was_silent() else _ask_number(Reply(call.language), tried)
    number = numbers.keyed(asked.digits)
    return _once_more(call, tried) if number is None else _ask_code(call, tried, number)


@bp.post("/code/<int:tried>/<number>")
@call_document
def ticket_code(tried: int, number: str) -> Response:
    call, elsewhere, asked = _asking()
    if elsewhere is not None:
        return elsewhere
    if not asked.digits:
        return to_person(call) if _was_silent() else _ask_code(call, tried, number)
    found = codes.opened(number, asked.digits, by=call)
    if found is None:
        return _once_more(call, tried)
    note(call, "told_ticket", ticket=found.id)
    return _anything_else(_tell(Reply(call.language), found, call.language))


@bp.post("/more")
@call_document
def ticket_more() -> Response:
    """He wants a person, whatever he pressed; but for the # that belonged to his code."""
    call, elsewhere, asked = _asking()
    if elsewhere is not None:
        return elsewhere
    return _anything_else(Reply(call.language)) if asked.digits == END_KEY else to_person(call)


def _asking() -> tuple[Call, Response | None, Words]:
    """Who asks what; and his way, where he is no longer one who asks for his ticket: he is being
    served, wants a person, or has said something, which may be that his house is on fire."""
    asked = words()
    heard = understanding.of(asked.speech) if asked.speech else None
    call = calls.open(asked.leg, asked.caller)
    elsewhere = None
    if call.status is not CallStatus.GREETED:
        elsewhere = where_he_belongs(call)
    elif heard is not None:
        elsewhere = as_spoken(call, asked.speech, heard)
    elif asked.digits == PERSON:
        elsewhere = to_person(call)
    return call, elsewhere, asked


def _ask_number(reply: Reply, tried: int) -> Response:
    return _ask(reply, "ticket_number", url_for(".ticket_number", tried=tried, since=_moment()))


def _ask_code(call: Call, tried: int, number: str) -> Response:
    action = url_for(".ticket_code", tried=tried, number=number, since=_moment())
    return _ask(Reply(call.language), "ticket_code", action)


def _ask(reply: Reply, name: str, action: str) -> Response:
    """The door that takes the digits also hears of it when there were none."""
    keys, seconds = KEYS[name], int(THINKS_FOR.total_seconds())
    return (
        reply.ask_keys(name, action, keys=keys, seconds=seconds, speech=True).go_to(action).send()
    )


def _moment() -> str:
    return str(now().timestamp())


def _was_silent() -> bool:
    """No digit came.  Silence takes its time; the # that ended what was typed before does not."""
    asked_at = request.args.get("since", 0.0, type=float)
    return now() - datetime.fromtimestamp(asked_at, UTC) >= THINKS_FOR


def _anything_else(reply: Reply) -> Response:
    reply.ask_keys("ticket_more", url_for(".ticket_more"), speech=True)
    return reply.say("thanks").hang_up().send()


def _once_more(call: Call, tried: int) -> Response:
    if tried + 1 >= TRIES or codes.exhausted(call):
        return to_person(call, Reply(call.language).say("ticket_person"))
    return _ask_number(Reply(call.language).say("ticket_wrong"), tried + 1)


def _tell(reply: Reply, found: Ticket, language: str) -> Reply:
    state = tongue(language).sentence(f"state_{found.state}")
    if found.unit is None or not telling.by_number_alone(found):
        return reply.say("ticket_state_only", state=state)
    return reply.say("ticket_state", state=state, unit=found.unit.name)
