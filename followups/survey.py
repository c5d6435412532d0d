"""The questions of a follow-up, what an answer means, and what follows from the answers."""

from enum import StrEnum

from followups import readings
from models import Solved
from staff import norms

CLEARLY_SATISFIED_FROM = 4


class Question(StrEnum):
    IDENTITY = "identity"
    CONTACTED = "contacted"
    SOLVED = "solved"
    SATISFIED = "satisfied"
    REASON = "reason"


AFTER: dict[Question, Question] = {
    Question.IDENTITY: Question.CONTACTED,
    Question.CONTACTED: Question.SOLVED,
    Question.SOLVED: Question.SATISFIED,
    Question.SATISFIED: Question.REASON,
}


class Verdict(StrEnum):
    CLOSE = "close"
    REHANDLE = "rehandle"
    # The answers contradict each other, or it was handled as often as it may be.
    PERSON = "person"


def understood(question: Question, key: str, speech: str) -> str | None:
    """What he answered; None where that is not clear."""
    known = readings.answers()[question]
    if key:
        return known.keys.get(key)
    heard = known.heard(speech)
    if question is Question.IDENTITY:
        return readings.who_is_there(heard)
    return readings.answer_in(heard)


def wants_person(key: str, speech: str) -> bool:
    known = readings.answers()["person"]
    if key:
        return key in known.keys
    heard = known.heard(speech)
    return bool(heard.said) or (bool(heard.alone) and not heard.unknown)


def satisfied(rating: int) -> bool:
    return rating >= norms.amount("least_satisfied")


def verdict(solved: Solved, rating: int, *, again: bool, by_person: bool = False) -> Verdict:
    """What becomes of the ticket.  ``again``: it may be rehandled once more.

    Source: domain reference 1.2, visit_ok and visit_bad.  What contradicts itself a person asks
    again; what a person has heard is taken as it was said."""
    if rating >= CLEARLY_SATISFIED_FROM:
        return Verdict.CLOSE
    if satisfied(rating) and solved is not Solved.NO:
        return Verdict.CLOSE
    # Neither satisfied with nothing, nor dissatisfied with everything, is what one means.
    contradicts = solved is (Solved.NO if satisfied(rating) else Solved.YES)
    if contradicts and not by_person:
        return Verdict.PERSON
    return Verdict.REHANDLE if again else Verdict.PERSON
