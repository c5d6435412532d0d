"""Key 9, "my ticket": by the number alone that there is one, everything with its query code.

Caller ids can be forged, so the number alone tells neither what the ticket is about nor that a
confidential one, a report or a minor's exists at all."""

from flask import Blueprint, Response, url_for

from infra.localtime import local
from ivr.routes import to_person
from models import Call, CallStatus, Kind, Ticket
from queues import calls
from queues.doors import where_he_belongs
from queues.journal import note
from telephony.replies import Reply
from telephony.sentences import tongue
from telephony.webhook import Words, call_document, words
from tickets import lifecycle, numbers

bp = Blueprint("enquiry", __name__, url_prefix="/voice/ticket")

NUMBER_KEYS, CODE_KEYS = 14, numbers.CODE_LENGTH
TRIES = 2
PERSON = "0"
MINORS = "minors"


@bp.post("")
@call_document
def ticket() -> Response:
    call, _ = _asking()
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    reply = Reply(call.language)
    open_one = next((one for one in lifecycle.open_of(call.person_id) if _may_be_told(one)), None)
    if open_one is not None and open_one.due_at is not None:
        reply.say("ticket_due", due=local(open_one.due_at).strftime("%m-%d %H:%M"))
    elif open_one is not None:
        reply.say("ticket_open")
    return _ask_number(reply, tried=0)


@bp.post("/number/<int:tried>")
@call_document
def ticket_number(tried: int) -> Response:
    call, asked = _asking()
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    if asked.digits == PERSON:
        return to_person(call)
    number = numbers.keyed(asked.digits)
    if number is None:
        return _once_more(call, tried)
    action = url_for(".ticket_code", tried=tried, number=number)
    reply = Reply(call.language).ask_keys("ticket_code", action, keys=CODE_KEYS, seconds=8)
    return reply.go_to(url_for(".ticket_person")).send()


@bp.post("/code/<int:tried>/<number>")
@call_document
def ticket_code(tried: int, number: str) -> Response:
    call, asked = _asking()
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    if asked.digits == PERSON:
        return to_person(call)
    found = lifecycle.by_code(number, asked.digits)
    if found is None:
        return _once_more(call, tried)
    note(call, "told_ticket", ticket=found.id)
    reply = _tell(Reply(call.language), found, call.language)
    reply.ask_keys("ticket_more", url_for(".ticket_person"))
    return reply.say("thanks").hang_up().send()


@bp.post("/person")
@call_document
def ticket_person() -> Response:
    """He wants a person, or said nothing: either way he is not left alone."""
    call, _ = _asking()
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    return to_person(call)


def _asking() -> tuple[Call, Words]:
    asked = words()
    return calls.open(asked.leg, asked.caller), asked


def _ask_number(reply: Reply, tried: int) -> Response:
    action = url_for(".ticket_number", tried=tried)
    reply.ask_keys("ticket_number", action, keys=NUMBER_KEYS, seconds=8)
    return reply.go_to(url_for(".ticket_person")).send()


def _once_more(call: Call, tried: int) -> Response:
    if tried + 1 >= TRIES:
        return to_person(call)
    return _ask_number(Reply(call.language).say("ticket_wrong"), tried + 1)


def _tell(reply: Reply, found: Ticket, language: str) -> Reply:
    state = tongue(language).sentence(f"state_{found.state}")
    if found.unit is None or found.confidential:
        return reply.say("ticket_state_only", state=state)
    return reply.say("ticket_state", state=state, unit=found.unit.name)


def _may_be_told(one: Ticket) -> bool:
    """Whether a forged number may learn that this ticket exists."""
    line = one.topic.line if one.topic is not None else None
    minor = line is not None and line.code == MINORS
    return not (one.confidential or one.kind is Kind.REPORT or minor)
