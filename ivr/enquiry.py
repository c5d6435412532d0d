"""Key 9, "my ticket": by the number alone that there is one, everything with its query code.

Caller ids can be forged, so the number alone tells neither what the ticket is about nor that a
confidential one, a report or a minor's exists at all."""

from flask import Blueprint, Response, url_for

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
from telephony.webhook import Words, call_document, words
from tickets import codes, lifecycle, numbers, telling

bp = Blueprint("enquiry", __name__, url_prefix="/voice/ticket")

NUMBER_KEYS, CODE_KEYS = 14, numbers.CODE_LENGTH
TRIES = 2


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
    number = numbers.keyed(asked.digits)
    if number is None:
        return _once_more(call, tried)
    action = url_for(".ticket_code", tried=tried, number=number)
    reply = Reply(call.language)
    reply.ask_keys("ticket_code", action, keys=CODE_KEYS, seconds=8, speech=True)
    return reply.go_to(url_for(".ticket_person")).send()


@bp.post("/code/<int:tried>/<number>")
@call_document
def ticket_code(tried: int, number: str) -> Response:
    call, elsewhere, asked = _asking()
    if elsewhere is not None:
        return elsewhere
    found = codes.opened(number, asked.digits, by=call)
    if found is None:
        return _once_more(call, tried)
    note(call, "told_ticket", ticket=found.id)
    reply = _tell(Reply(call.language), found, call.language)
    reply.ask_keys("ticket_more", url_for(".ticket_person"), speech=True)
    return reply.say("thanks").hang_up().send()


@bp.post("/person")
@call_document
def ticket_person() -> Response:
    """He wants a person, or said nothing: either way he is not left alone."""
    call, elsewhere, _ = _asking()
    return elsewhere or to_person(call)


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
    action = url_for(".ticket_number", tried=tried)
    reply.ask_keys("ticket_number", action, keys=NUMBER_KEYS, seconds=8, speech=True)
    return reply.go_to(url_for(".ticket_person")).send()


def _once_more(call: Call, tried: int) -> Response:
    if tried + 1 >= TRIES or codes.exhausted(call):
        return to_person(call, Reply(call.language).say("ticket_person"))
    return _ask_number(Reply(call.language).say("ticket_wrong"), tried + 1)


def _tell(reply: Reply, found: Ticket, language: str) -> Reply:
    state = tongue(language).sentence(f"state_{found.state}")
    if found.unit is None or not telling.by_number_alone(found):
        return reply.say("ticket_state_only", state=state)
    return reply.say("ticket_state", state=state, unit=found.unit.name)
