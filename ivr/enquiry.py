"""Key 9, "my ticket": by the number alone that there is one, everything with its query code.

Caller ids can be forged, so the number alone tells neither what the ticket is about nor that a
confidential one, a report or a minor's exists at all."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request, url_for

from infra.clock import now
from infra.localtime import local
from ivr import adding, understanding
from ivr.menu import PERSON
from ivr.onward import as_spoken, to_person
from models import Call, CallStatus, Ticket
from models.lifecycle import OPEN
from queues import calls
from queues.doors import where_he_belongs
from queues.journal import note
from telephony.replies import Reply, Sentence
from telephony.sentences import tongue
from telephony.webhook import call_document
from telephony.words import Words, words
from tickets import (
    chasing,
    codes,
    lifecycle,
    locking,
    merging,
    numbers,
    own,
    provisional,
    ratings,
    telling,
    whereabouts,
)

bp = Blueprint("enquiry", __name__, url_prefix="/voice/ticket")

KEYS = {"ticket_number": 14, "ticket_code": numbers.CODE_LENGTH}
TRIES = 2
# How long he may think about a digit.
THINKS_FOR = timedelta(seconds=8)
# About how long a character takes to be said; a voice may well be some seconds off.
SPEAKS_FOR = {"zh": 0.25, "en": 0.075}
LONGEST_QUESTION = 32
# Ends what is typed; after the last of so many digits it is one key too many.
END_KEY = "#"
# Of an answer so much is read out; the page has the rest.
MOST_SAID = 200
# Once his ticket was told.
RATE, PRESSED, URGE, FACTS = "1", "2", "3", "4"


@bp.post("")
@call_document
def ticket() -> Response:
    call, elsewhere, _ = _asking()
    if elsewhere is not None:
        return elsewhere
    asking = Asking(call)
    told = (one for one in lifecycle.open_of(call.person_id) if telling.by_number_alone(one))
    open_one = next(told, None)
    handled = merging.handled_as(open_one) if open_one is not None else None
    if handled is not None and handled.due_at is not None:
        due = provisional.spoken(handled, handled.due_at, call.language)
        asking.say("ticket_due", due=due)
    elif handled is not None:
        asking.say("ticket_open")
    if codes.exhausted(call):
        return asking.person()
    return asking.number(tried=0)


@bp.post("/number/<int:tried>")
@call_document
def ticket_number(tried: int) -> Response:
    call, elsewhere, asked = _asking()
    if elsewhere is not None:
        return elsewhere
    if not asked.digits:
        return to_person(call) if _was_silent() else Asking(call).number(tried)
    number = numbers.keyed(asked.digits)
    if number is not None:
        return Asking(call).code(tried, number)
    if "again" in request.args:
        return _let_a_person_look(call)
    return Asking(call).say("ticket_no_number").number(tried, again=1)


@bp.post("/code/<int:tried>/<number>")
@call_document
def ticket_code(tried: int, number: str) -> Response:
    call, elsewhere, asked = _asking()
    if elsewhere is not None:
        return elsewhere
    if not asked.digits:
        return to_person(call) if _was_silent() else Asking(call).code(tried, number)
    # When it was asked names the question: an answer that the carrier repeats is one answer.
    question = f"{tried}:{request.args.get('since', '')}"[:LONGEST_QUESTION]
    found = codes.opened(number, asked.digits, by=call, question=question)
    if found is None:
        return _once_more(call, tried)
    note(call, "told_ticket", ticket=found.id)
    chasing.link(found, call)
    return _anything_else(_tell(Reply(call.language), found, call.language), call, found)


@bp.post("/more/<number>")
@call_document
def ticket_more(number: str) -> Response:
    """He rates, says that he is pressed, or wants a person, whatever else he pressed; but for the #
    that belonged to his code."""
    call, elsewhere, asked = _asking()
    if elsewhere is not None:
        return elsewhere
    ticket = lifecycle.by_number(number)
    if ticket is None or not codes.opens(call, number):
        return to_person(call)
    if asked.digits == END_KEY or (not asked.digits and "again" in request.args):
        return _anything_else(Reply(call.language), call, ticket)
    if asked.digits not in _offered(ticket):
        return to_person(call)
    return _as_he_wants(call, ticket, number, asked.digits)


def _as_he_wants(call: Call, ticket: Ticket, number: str, key: str) -> Response:
    if key == RATE:
        return Reply(call.language).go_to(url_for("rating_voice.begin", number=number)).send()
    if key == FACTS:
        return adding.ask(call, number)
    do = adding.urge if key == URGE else _pressed
    return _anything_else(do(call, locking.with_master(number)), call, ticket)


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


class Asking:
    """A document that ends with a question, and knows about when that is said.

    Whatever comes before the question may be interrupted by its answer."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._first: list[Sentence] = []
        self._tongue, self._pace = tongue(call.language), SPEAKS_FOR.get(call.language, 0.25)
        self._said_at = now()

    def say(self, name: str, **values: object) -> "Asking":
        self._takes_time(name, **values)
        self._first.append((name, values))
        return self

    def person(self) -> Response:
        """No question after all: a person looks."""
        reply = Reply(self._call.language)
        for name, values in self._first:
            reply.say(name, **values)
        return to_person(self._call, reply.say("ticket_person"))

    def number(self, tried: int, again: int | None = None) -> Response:
        self._takes_time("ticket_number")
        action = url_for(".ticket_number", tried=tried, again=again, since=self._since())
        return self._ask("ticket_number", action)

    def code(self, tried: int, number: str) -> Response:
        self._takes_time("ticket_code")
        action = url_for(".ticket_code", tried=tried, number=number, since=self._since())
        return self._ask("ticket_code", action)

    def _ask(self, name: str, action: str) -> Response:
        """The door that takes the digits also hears of it when there were none."""
        keys, seconds = KEYS[name], int(THINKS_FOR.total_seconds())
        reply = Reply(self._call.language)
        reply.ask_keys(name, action, keys=keys, seconds=seconds, speech=True, first=self._first)
        return reply.go_to(action).send()

    def _since(self) -> str:
        return str(self._said_at.timestamp())

    def _takes_time(self, name: str, **values: object) -> None:
        characters = len(self._tongue.sentence(name, **values))
        self._said_at += timedelta(seconds=characters * self._pace)


def _was_silent() -> bool:
    """No digit came.  Silence takes its time, once the question is said; the # that ended what was
    typed before comes sooner."""
    said_at = datetime.fromtimestamp(request.args.get("since", 0.0, type=float), UTC)
    return now() - said_at >= THINKS_FOR / 2


def _anything_else(reply: Reply, call: Call, ticket: Ticket) -> Response:
    spoken = tongue(call.language)
    offers = "".join(spoken.sentence(name) for name in _offered(ticket).values())
    action = url_for(".ticket_more", number=ticket.number)
    reply.ask_keys("ticket_more", action, speech=True, offers=offers)
    return reply.say("thanks").hang_up().send()


def _offered(ticket: Ticket) -> dict[str, str]:
    """By key, what he may do with it, and the sentence that says so."""
    if not telling.by_number_alone(ticket):
        return {}
    offers = {RATE: "ticket_rate"} if ratings.standing(ticket) else {}
    offers |= {PRESSED: "ticket_pressed"} if own.may_say_pressed(ticket) else {}
    offers |= {URGE: "ticket_urge"} if own.why_not_urge(ticket) is None else {}
    return offers | ({FACTS: "ticket_facts"} if own.why_not_add(ticket) is None else {})


def _pressed(call: Call, ticket: Ticket) -> Reply:
    """Told alike the first time and again: it is known, and nobody else hears of it."""
    with suppress(own.NotNow):
        own.say_pressed(ticket)
        note(call, "said_pressed", ticket=ticket.id)
    return Reply(call.language).say("ticket_pressed_noted")


def _once_more(call: Call, tried: int) -> Response:
    if tried + 1 >= TRIES or codes.exhausted(call):
        return _let_a_person_look(call)
    return Asking(call).say("ticket_wrong").number(tried + 1)


def _let_a_person_look(call: Call) -> Response:
    return Asking(call).person()


def _tell(reply: Reply, found: Ticket, language: str) -> Reply:
    """How far it is, and of one that was merged, how far that is which it was merged into."""
    handled = merging.handled_as(found)
    if handled is not found:
        reply.say("ticket_merged")
    state = tongue(language).sentence(f"state_{handled.state}")
    unit = telling.unit(handled)
    if unit is None or not telling.by_number_alone(found):
        return reply.say("ticket_state_only", state=state)
    reply.say("ticket_state", state=state, unit=unit.name)
    hop = whereabouts.of(handled)
    if hop is not None:
        since = tongue(language).moment(local(hop.began))
        name = "ticket_now_with" if hop.unit else "ticket_now_here"
        reply.say(name, unit=hop.unit, since=since)
    return _answer(reply, found, handled, language)


def _answer(reply: Reply, found: Ticket, handled: Ticket, language: str) -> Reply:
    """The newest answer that passed its check, or by when there will be one."""
    answer = next(iter(own.answers(found)), None)
    if answer is not None:
        reply.say("ticket_answer", answer=answer.text[:MOST_SAID])
    elif handled.due_at is not None and handled.state in OPEN:
        reply.say("ticket_until", due=provisional.spoken(handled, handled.due_at, language))
    return reply
