"""The questions of a follow-up, what an answer means, and what follows from the answers: pure."""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from models import Solved

FILE = Path(__file__).parent / "answers.toml"
# From here on a citizen counts as satisfied.
SATISFIED_FROM = 3
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


@dataclass(frozen=True)
class Meanings:
    keys: dict[str, str]
    said: dict[str, list[str]]

    def of(self, key: str, speech: str) -> str | None:
        if key:
            return self.keys.get(key)
        words = speech.lower()
        return next(
            (one for one, all_ in self.said.items() if any(_in(w, words) for w in all_)), None
        )


def understood(question: Question, key: str, speech: str) -> str | None:
    """What he answered; None where that is not clear."""
    return meanings()[question].of(key, speech)


def wants_person(key: str, speech: str) -> bool:
    return meanings()["person"].of(key, speech) is not None


def satisfied(rating: int) -> bool:
    return rating >= SATISFIED_FROM


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


@cache
def meanings() -> dict[str, Meanings]:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: Meanings({str(key): value for key, value in body["keys"].items()}, body["said"])
        for name, body in raw.items()
    }


def _in(word: str, words: str) -> bool:
    """Latin words as a whole: "no" is not in "know"."""
    if word.isascii():
        return re.search(rf"\b{re.escape(word)}\b", words) is not None
    return word in words
