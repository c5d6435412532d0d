"""Key 9, his own rating: three questions to a caller who has said number and query code.

What he answers travels in the addresses, and is kept once he has said how satisfied he is: who
hangs up before has not rated, and is asked like everybody.  Who is not satisfied is asked why."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for

from assist import alarm, emergency
from followups import rating
from followups.people import Answers
from followups.survey import AFTER, Question, Verdict, satisfied, understood, verdict, wants_person
from models import AskedBy, Call, CallStatus, FollowUp, Solved, Ticket, TicketState
from queues import calls, waiting
from queues.doors import enqueue, take_in, where_he_belongs
from queues.journal import note
from telephony.replies import Reply
from telephony.webhook import call_document
from telephony.words import Words, words
from tickets import codes, locking, merging, telling

bp = Blueprint("rating_voice", __name__, url_prefix="/voice/rating")

TRIES = 2
FIRST = Question.CONTACTED
ASKED = (FIRST, Question.SOLVED, Question.SATISFIED)


@bp.post("/<number>")
@call_document
def begin(number: str) -> Response:
    call, elsewhere, _asked = _on_the_line()
    if elsewhere is not None:
        return elsewhere
    return _ask(Reply(call.language), number, FIRST, {})


@bp.post("/<number>/<question>/<int:tried>")
@call_document
def answer(number: str, question: str, tried: int) -> Response:
    """A key, a word or silence, to one of the three."""
    if question not in ASKED:
        abort(404)
    call, elsewhere, asked = _on_the_line()
    if elsewhere is not None:
        return elsewhere
    about, said = Question(question), request.args.to_dict()
    value = understood(about, asked.digits, asked.speech)
    if value is None:
        return _once_more(call, number, about, tried)
    said[about] = value
    if about is not Question.SATISFIED:
        return _ask(Reply(call.language), number, AFTER[about], said)
    return _conclude(call, number, said)


@bp.post("/<number>/reason")
@call_document
def reason(number: str) -> Response:
    """Why he is not satisfied, in a few words or none: his rating is kept already."""
    call, elsewhere, asked = _on_the_line(tells=True)
    if elsewhere is not None:
        return elsewhere
    ticket, reply = locking.with_master(number), Reply(call.language)
    if not (codes.opens(call, number) and telling.by_number_alone(ticket)):
        return _to_person(call, reply)
    try:
        rated = rating.explain(ticket, call, asked.speech)
    except rating.NotNow:
        return _to_person(call, reply.say("ticket_not_rated"))
    return reply.say(_told(ticket, rated)).hang_up().send()


def _on_the_line(*, tells: bool = False) -> tuple[Call, Response | None, Words]:
    """Who answers what; and his way, where he is no longer one who rates: he is being served, is
    in danger, or wants a person.  ``tells``: he may speak of people without asking for one."""
    asked = words()
    danger = emergency.find(asked.speech) if asked.speech else None
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.GREETED:
        return call, where_he_belongs(call), asked
    if danger is not None:
        call.speech = asked.speech
        alarm.raise_for(call, danger)
        waiting.enter(call, calls.general())
        return call, enqueue(call), asked
    wants = wants_person(asked.digits, "" if tells else asked.speech)
    return call, _to_person(call, Reply(call.language)) if wants else None, asked


def _once_more(call: Call, number: str, about: Question, tried: int) -> Response:
    reply = Reply(call.language)
    if tried + 1 >= TRIES:
        return _to_person(call, reply)
    said = request.args.to_dict()
    return _ask(reply.say("follow_up_again"), number, about, said, tried + 1)


def _conclude(call: Call, number: str, said: dict[str, str]) -> Response:
    ticket, reply = locking.with_master(number), Reply(call.language)
    if not (codes.opens(call, number) and telling.by_number_alone(ticket)):
        return _to_person(call, reply)
    answers = Answers(
        contacted=said.get(Question.CONTACTED) == "yes",
        solved=Solved(said.get(Question.SOLVED, Solved.NO)),
        satisfied=int(said[Question.SATISFIED]),
    )
    try:
        rated = rating.rate(ticket, answers, AskedBy.CALL, call=call)
    except rating.NotNow:
        return _to_person(call, reply.say("ticket_not_rated"))
    note(call, "rated_ticket", ticket=ticket.id)
    if not _is_well(rated):
        # Once: silence goes there, too.
        action = url_for(".reason", number=number)
        return reply.ask("follow_up_reason", action).go_to(action).send()
    return reply.say(_told(ticket, rated)).hang_up().send()


def _told(ticket: Ticket, rated: FollowUp) -> str:
    if merging.handled_as(ticket).state is TicketState.REHANDLING:
        return "follow_up_bad"
    return "follow_up_good" if satisfied(rated.final_rating or 0) else "follow_up_noted"


def _is_well(rated: FollowUp) -> bool:
    """Nothing that he would have to give a reason for."""
    solved = rated.solved or Solved.NO
    return verdict(solved, rated.final_rating or 1, again=True) is Verdict.CLOSE


def _ask(
    reply: Reply, number: str, about: Question, said: dict[str, str], tried: int = 0
) -> Response:
    """Silence asks the same address, without an answer."""
    known: dict[str, Any] = {"number": number, "question": about, "tried": tried}
    action = url_for(".answer", **(said | known))
    return reply.ask(f"follow_up_{about}", action).go_to(action).send()


def _to_person(call: Call, reply: Reply) -> Response:
    return take_in(call, calls.general(), reply)
