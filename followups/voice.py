"""The spoken follow-up's documents: who he is first, then three questions, a reason, a good-bye.

Before he has said that he is the one, nothing of the ticket is told: neither to whoever else holds
the telephone nor to an answering machine."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort, url_for

from assist import emergency
from followups import outcome, talking
from followups.planning import DOCUMENT
from followups.survey import AFTER, Question, Verdict, satisfied, understood, verdict, wants_person
from followups.talking import Talk
from models import Solved
from queues import calls
from queues.doors import enqueue, where_he_belongs
from telephony.replies import Reply, Sentence
from telephony.webhook import dialled_document
from telephony.words import Words, words

bp = Blueprint("follow_up_voice", __name__, url_prefix=DOCUMENT)

TRIES = 2


@bp.post("/<int:attempt_id>")
@dialled_document
def begin(attempt_id: int) -> Response:
    asked = words()
    elsewhere, talk = _on_the_line(attempt_id, asked)
    if talk is None:
        return elsewhere
    return _ask(talk, Question.IDENTITY, before=[("follow_up", {})])


@bp.post("/<int:attempt_id>/<question>/<int:tried>")
@dialled_document
def answer(attempt_id: int, question: str, tried: int) -> Response:
    """A key, a word or silence, to one of the questions."""
    if question not in set(Question):
        abort(404)
    asked, about = words(), Question(question)
    danger = emergency.find(asked.speech) if asked.speech else None
    elsewhere, talk = _on_the_line(attempt_id, asked)
    if talk is None:
        return elsewhere
    if danger is not None or wants_person(asked.digits, _short(about, asked)):
        call = talking.hand_over(talk, asked.leg, speech=asked.speech, danger=danger)
        return enqueue(call, Reply(call.language).say("entering", line=_general(call.language)))
    if about is Question.REASON:
        return _good_bye(talk, asked)
    value = understood(about, asked.digits, asked.speech)
    if about is Question.IDENTITY and value != "yes":
        return _not_yet_himself(talk, value, tried)
    if value is None:
        return _once_more(talk, about, tried)
    return _go_on(talk, about, value, asked)


def _on_the_line(attempt_id: int, asked: Words) -> tuple[Response, Talk | None]:
    """The talk; or where this leg belongs, which waits for a person, or hears the good-bye that
    was lost, or has nothing to hear."""
    talk = talking.of(attempt_id, asked.leg, pressed=asked.digits)
    if talk is not None:
        return Response(), talk
    call = calls.of_leg(asked.leg, lock=True)
    if call is not None:
        return where_he_belongs(call), None
    ended = talking.over(attempt_id, asked.leg)
    return (_said_good_bye(ended) if ended else Reply().hang_up().send()), None


def _go_on(talk: Talk, about: Question, value: str, asked: Words) -> Response:
    talking.answer(talk, about, value, key=asked.digits)
    if about is Question.SATISFIED and _is_well(talk):
        return _conclude(talk, Reply(talk.person.language))
    before = [_matter(talk)] if about is Question.IDENTITY else []
    return _ask(talk, AFTER[about], before=before)


def _not_yet_himself(talk: Talk, value: str | None, tried: int) -> Response:
    """A wrong number is a person's to find out.  Who speaks of him, or asks who we are, is told of
    nothing but that, and the citizen is rung again like one who was not there."""
    reply = Reply(talk.person.language)
    if value == "no":
        talking.wrong_person(talk)
        return reply.say("follow_up_wrong_person").hang_up().send()
    if value == "other":
        return reply.say("follow_up_other").hang_up().send()
    if value == "asks" and tried + 1 < TRIES:
        return _ask(talk, Question.IDENTITY, tried + 1, before=[("follow_up_who", {})])
    return _once_more(talk, Question.IDENTITY, tried)


def _is_well(talk: Talk) -> bool:
    """Nothing that he would have to give a reason for."""
    solved, rating = talk.asking.solved or Solved.NO, talk.asking.satisfied or 1
    return verdict(solved, rating, again=True) is Verdict.CLOSE


def _once_more(talk: Talk, about: Question, tried: int) -> Response:
    reply = Reply(talk.person.language)
    if tried + 1 < TRIES:
        return _ask(talk, about, tried + 1, before=[("follow_up_again", {})])
    if about is Question.IDENTITY:
        # Perhaps a machine that was not found out, or a bad moment: he is rung again.
        return reply.say("follow_up_silent").hang_up().send()
    talking.unclear(talk)
    return reply.say("follow_up_noted").hang_up().send()


def _good_bye(talk: Talk, asked: Words) -> Response:
    if asked.speech:
        talking.answer(talk, Question.REASON, asked.speech, key="")
    return _conclude(talk, Reply(talk.person.language))


def _conclude(talk: Talk, reply: Reply) -> Response:
    outcome.conclude(talk.follow_up, talk.asking)
    return reply.say(_good_bye_of(talk)).hang_up().send()


def _said_good_bye(talk: Talk) -> Response:
    return Reply(talk.person.language).say(_good_bye_of(talk)).hang_up().send()


def _good_bye_of(talk: Talk) -> str:
    """By what has become of it.  What ended otherwise while he spoke was not his doing."""
    rating = talk.asking.satisfied
    if talk.follow_up.why == "wrong_person" or (talk.follow_up.done and rating is None):
        return "follow_up_wrong_person"
    if not talk.follow_up.done or rating is None:
        return "follow_up_noted"
    return "follow_up_good" if satisfied(rating) else "follow_up_bad"


def _ask(
    talk: Talk, about: Question, tried: int = 0, *, before: Iterable[Sentence] = ()
) -> Response:
    """Silence asks the same address again, without an answer; whoever knows it presses before it
    is all said."""
    action = url_for(".answer", attempt_id=talk.attempt.id, question=about, tried=tried)
    reply = Reply(talk.person.language)
    return reply.ask(f"follow_up_{about}", action, before=before).go_to(action).send()


def _matter(talk: Talk) -> Sentence:
    topic = talk.follow_up.ticket.topic
    if topic is None or talk.person.language != "zh":
        return "follow_up_matter_only", {}
    return "follow_up_matter", {"topic": topic.name}


def _short(about: Question, asked: Words) -> str:
    """A reason may speak of people; only elsewhere does it ask for one."""
    return "" if about is Question.REASON else asked.speech


def _general(language: str) -> str:
    return calls.general().name_in(language)
