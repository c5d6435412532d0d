"""Key 9 goes on: who has opened his ticket urges it, or says what he has to add.

The limits are those of the page: urged once a day, as many additions as there, each as long.
What he says is recorded as well: a take of its own, which ends with what he is answered, however
that goes on, because the talk with an agent is recorded by itself."""

from contextlib import suppress
from datetime import timedelta
from secrets import token_hex

from flask import Blueprint, Response, request, url_for

from assist import emergency
from infra.clock import now
from ivr import understanding
from ivr.menu import PERSON
from ivr.onward import as_spoken, to_person
from models import Call, CallStatus, Ticket
from queues import calls
from queues.doors import absolute, where_he_belongs
from queues.journal import note
from telephony.replies import Reply, stopping
from telephony.webhook import call_document
from telephony.words import words
from tickets import chasing, codes, locking, own, telling

bp = Blueprint("adding", __name__, url_prefix="/voice/ticket/facts")

TRIES = 2
# The carrier's name of the recording, and how long ours of each is.
RECORDING = "facts"
TAKE_BYTES = 8
# The carrier repeats what it thinks was lost: the same words sooner are the same addition.
SAME_WITHIN = timedelta(minutes=5)


def urge(call: Call, ticket: Ticket) -> Reply:
    reply = Reply(call.language)
    try:
        own.urge(ticket, call=call)
    except own.NotNow:
        return reply.say("ticket_not_now")
    note(call, "urged_ticket", ticket=ticket.id)
    return reply.say("ticket_urged")


def ask(call: Call, number: str, tried: int = 0, take: str = "") -> Response:
    """Silence asks the same address, without words."""
    reply = Reply(call.language)
    if not take:
        take = token_hex(TAKE_BYTES)
        reply.record(absolute("recordings.arrived", take=take), RECORDING)
    action = url_for("adding.facts", number=number, tried=tried, take=take)
    return reply.ask("ticket_tell_facts", action).go_to(action).send()


@bp.post("/<number>/<int:tried>")
@call_document
def facts(number: str, tried: int) -> Response:
    """His words are an addition, whatever they speak of; but danger is danger."""
    take = request.args.get("take", "")[: 2 * TAKE_BYTES]
    answer = _answered(number, tried, take)
    return stopping(RECORDING, answer) if answer is not None else _again(number, tried, take)


def _again(number: str, tried: int, take: str) -> Response:
    """Nothing was said: the recording goes on with the question."""
    asked = words()
    return ask(calls.open(asked.leg, asked.caller), number, tried + 1, take)


def _answered(number: str, tried: int, take: str) -> Response | None:
    """None where he is asked once more."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.GREETED:
        return where_he_belongs(call)
    if asked.speech and emergency.find(asked.speech) is not None:
        return as_spoken(call, asked.speech, understanding.of(asked.speech))
    ticket = locking.with_master(number) if codes.opens(call, number) else None
    if ticket is None or asked.digits == PERSON or not telling.by_number_alone(ticket):
        return to_person(call)
    if not asked.speech:
        return None if tried + 1 < TRIES else _back(number)
    if not _is_known(ticket, asked.speech):
        with suppress(own.NotNow):
            spoken = own.Spoken(call.id, take)
            own.add_facts(ticket, asked.speech.strip()[: own.LONGEST], spoken=spoken)
            chasing.link(ticket, call, asked.speech)
            note(call, "added_facts", ticket=ticket.id)
    said = "ticket_facts_noted" if _is_known(ticket, asked.speech) else "ticket_not_now"
    return Reply(call.language).say(said).go_to(_more(number)).send()


def _is_known(ticket: Ticket, speech: str) -> bool:
    words = speech.strip()[: own.LONGEST]
    newest = own.additions(ticket)[-1:]
    return any(one.words == words and now() - one.at < SAME_WITHIN for one in newest)


def _back(number: str) -> Response:
    return Reply().go_to(_more(number)).send()


def _more(number: str) -> str:
    """What else he may do; asked without a key it says so."""
    return url_for("enquiry.ticket_more", number=number, again=1)
