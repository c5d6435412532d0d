"""Learning with a trial: what was learned is first asked about texts that it has never seen.

A part of the city's own tickets is kept apart, by whole groups, so that nobody is asked about a
matter that he was taught.  The trial says how often a guess is right, and finds the border from
which on guesses are sure enough to fill a field by themselves.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

import numpy as np
from sklearn.metrics import f1_score

from assist.classify import LEAST_CONFIDENCE, Classifier, Example, Label, cut
from assist.training import NothingToLearn, train
from infra.wording import N_

TRIED_OF = 5
TOP = 3
# So many of the guesses that fill a field by themselves must be right.
SURE = 0.9
# A border that fewer guesses speak for is chance.
LEAST_GUESSES = 20

Guesses = Sequence[Sequence[Label]]


@dataclass(frozen=True)
class Trial:
    """How the guesses about tickets that were kept apart turned out; all but counts are shares."""

    learned_from: int
    asked: int
    labels: int
    first_right: float
    top3: float
    macro_f1: float
    # Of all that was asked, guessed with certainty; and how many of these guesses were right.
    sure: float
    sure_right: float
    # The same of the way without learning: the city's own list of words.
    by_words: float
    by_words_right: float

    @property
    def gain(self) -> float:
        """A field that is filled wrongly costs what one that is filled rightly saves."""
        return self.sure * (2 * self.sure_right - 1)

    @property
    def gain_by_words(self) -> float:
        return self.by_words * (2 * self.by_words_right - 1)

    def as_json(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Outcome:
    """``border`` is None when no confidence makes guesses sure enough."""

    classifier: Classifier
    border: float | None
    trial: Trial

    @property
    def worth_using(self) -> bool:
        return self.border is not None and self.trial.gain > self.trial.gain_by_words


def kept_apart(group: str) -> bool:
    """A fifth of the groups, always the same ones."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % TRIED_OF == 0


def learn(
    examples: Sequence[Example],
    by_words: Callable[[str], str | None] = lambda _text: None,
    sure: float = SURE,
) -> Outcome:
    """Learn and try, then learn from everything; raises NothingToLearn."""
    taught = [one for one in examples if one.group is None or not kept_apart(one.group)]
    texts = {one.text for one in taught}
    asked = [
        one
        for one in examples
        if one.group is not None and kept_apart(one.group) and one.text not in texts
    ]
    if not asked:
        raise NothingToLearn(N_("没有可用于检验的工单"))
    cuts = {text: cut(text) for text in {one.text for one in examples}}
    classifier = _train(taught, cuts)
    guesses = [classifier.best(cuts[one.text], TOP) for one in asked]
    border = border_of(*_firsts(guesses, asked), sure)
    trial = Trial(
        learned_from=len(taught),
        asked=len(asked),
        labels=len({one.label for one in examples}),
        **_right(guesses, asked),
        **_sure(*_firsts(guesses, asked), border),
        **_by_words([by_words(one.text) for one in asked], asked),
    )
    return Outcome(_train(examples, cuts), border, trial)


def border_of(confidence: Sequence[float], right: Sequence[bool], sure: float) -> float | None:
    """The lowest confidence from which on so many guesses are right; None when there is none."""
    order = np.argsort(-np.asarray(confidence), kind="stable")
    ordered, good = np.asarray(confidence)[order], np.asarray(right)[order]
    so_far = np.cumsum(good) / np.arange(1, len(good) + 1)
    # A border lets through all guesses of one confidence, or none of them.
    last_of_its_kind = np.append(ordered[1:] < ordered[:-1], True)
    held = np.flatnonzero((so_far >= sure) & last_of_its_kind & (ordered >= LEAST_CONFIDENCE))
    if not len(held) or held[-1] + 1 < LEAST_GUESSES:
        return None
    return float(ordered[held[-1]])


def _train(examples: Sequence[Example], cuts: Mapping[str, str]) -> Classifier:
    return train([cuts[one.text] for one in examples], [one.label for one in examples])


def _firsts(guesses: Guesses, asked: Sequence[Example]) -> tuple[list[float], list[bool]]:
    """How sure the first guess is of itself, and whether it is right."""
    firsts = [labels[0] for labels in guesses]
    right = [first.name == one.label for first, one in zip(firsts, asked, strict=True)]
    return [first.confidence for first in firsts], right


def _right(guesses: Guesses, asked: Sequence[Example]) -> dict[str, float]:
    names = [[label.name for label in labels] for labels in guesses]
    labels = [one.label for one in asked]
    first = [one[0] for one in names]
    return {
        "first_right": fmean(one == label for one, label in zip(first, labels, strict=True)),
        "top3": fmean(label in one for one, label in zip(names, labels, strict=True)),
        "macro_f1": float(f1_score(labels, first, average="macro")),
    }


def _sure(
    confidence: Sequence[float], right: Sequence[bool], border: float | None
) -> dict[str, float]:
    if border is None:
        return {"sure": 0.0, "sure_right": 0.0}
    held = [good for one, good in zip(confidence, right, strict=True) if one >= border]
    return {"sure": len(held) / len(right), "sure_right": fmean(held)}


def _by_words(told: Sequence[str | None], asked: Sequence[Example]) -> dict[str, float]:
    held = [said == one.label for said, one in zip(told, asked, strict=True) if said is not None]
    return {
        "by_words": len(held) / len(told),
        "by_words_right": fmean(held) if held else 0.0,
    }
