"""Understanding, on what real citizens wrote: topic, responsible unit, the answer that was given.

``BENCH_DATA`` names a folder of labelled postings; without it nothing is measured.  A fifth of the
groups of near-duplicates is asked about, the others are learned from, by the very functions that
learn from a city's tickets (``assist.learning``) and rank its articles (``assist.ranking``).  Of
units each fifth is asked about in its turn: one alone is too few questions to tell five points from
chance.  The reference is the nearest neighbour by TF-IDF of words; it is given the same texts to
learn from, and the same answers to choose from.

No group is on both sides, and no text that was learned from is asked about.  The border from which
on a unit is guessed with certainty is found by the trial inside of what was learned from; what it
lets through, and how much of this is right, is then counted among the texts that were asked about.
"""

import csv
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import TypeVar

import jieba
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score

from assist.classify import Example
from assist.learning import learn
from assist.ranking import Ranking
from benchmarks.figures import Report

Row = dict[str, str]
T = TypeVar("T")
# In points: what the hotline's own way must be better by.
GOAL = 0.05
PARTS = 5
TOP = 3
ANSWERS = 5
SURE = 0.95


@dataclass(frozen=True)
class Split:
    """Texts with what belongs to them: to learn from, and to be asked about."""

    known: list[Example]
    asked: list[str]
    right: list[str]

    @property
    def labels(self) -> list[str]:
        return [one.label for one in self.known]


def run(report: Report) -> None:
    given = os.environ.get("BENCH_DATA")
    if not given:
        print("assist: skipped, BENCH_DATA names no folder of labelled texts", file=sys.stderr)
        return
    folder = Path(given)
    _topic(report, _split(_rows(folder / "messages_labelled.csv"), _message, "label"))
    departments = {
        "shenzhen": _splits(_rows(folder / "shenzhen_qa.csv"), _question, "dept_top"),
        "zhuhai": _splits(_rows(folder / "zhuhai_qa.csv"), _question, "dept_top"),
    }
    _each(report, "department_top3", departments, _department)
    answers = {
        "shenzhen": _split(_informative(folder / "shenzhen_qa.csv"), _question, "reply"),
        "zhuhai": _split(_informative(folder / "zhuhai_qa.csv"), _question, "reply"),
        "messages": _split(_rows(folder / "messages_replies.csv"), _message, "reply"),
        "policy": _split(
            _rows(folder / "ncp_policy_qa.csv"), lambda row: row["question"], "answer"
        ),
    }
    _each(report, "answer_mrr5", answers, _answer)


def _topic(report: Report, split: Split) -> None:
    learned = learn(split.known)
    found = learned.classifier.predict(split.asked, top=1)
    guessed = [labels[0].name for labels in found]
    nearest = [labels[0] for labels in _of_neighbours(split)]
    _say(report, "topic_macro_f1", _macro_f1(split.right, guessed), _macro_f1(split.right, nearest))


def _department(report: Report, name: str, splits: list[Split]) -> tuple[float, float]:
    hit, near, sure = [], [], []
    for split in splits:
        learned = learn(split.known, sure=SURE)
        found = learned.classifier.predict(split.asked, top=TOP)
        border = 1.0 if learned.border is None else learned.border
        sure += [
            labels[0].name == right
            for labels, right in _with(found, split)
            if labels[0].confidence >= border
        ]
        hit += [right in [label.name for label in labels] for labels, right in _with(found, split)]
        near += [right in labels for labels, right in _with(_of_neighbours(split), split)]
    report.say(f"department_sure_{name}", len(sure) / len(hit), "share")
    report.say(f"department_sure_right_{name}", fmean(sure) if sure else 0.0, "share")
    return fmean(hit), fmean(near)


def _answer(_report: Report, _name: str, split: Split) -> tuple[float, float]:
    """The right reply among all replies that were ever given."""
    replies = sorted({*split.labels, *split.right})
    ranking = Ranking(replies)
    ours = [[replies[one.at] for one in ranking.best(text, ANSWERS)] for text in split.asked]
    nearest = _similar(replies, split.asked)
    theirs = [[replies[at] for at in row[:ANSWERS]] for row in nearest]
    return _mrr(ours, split.right), _mrr(theirs, split.right)


def _each(
    report: Report,
    figure: str,
    sets: dict[str, T],
    measure: Callable[[Report, str, T], tuple[float, float]],
) -> None:
    """Each set by itself, then their mean, which has the goal."""
    measured = []
    for name, one in sets.items():
        ours, reference = measure(report, name, one)
        report.say(f"{figure}_{name}", ours, "share", reference=reference)
        measured.append((ours, reference))
    _say(report, figure, fmean(a for a, _ in measured), fmean(b for _, b in measured))


def _say(report: Report, figure: str, ours: float, reference: float) -> None:
    report.say(figure, ours, "share", reference=reference)
    if ours < reference + GOAL:
        report.missed.append(f"{figure} is {ours:.3f}, not {GOAL} above {reference:.3f}")


def _macro_f1(right: list[str], guessed: list[str]) -> float:
    return float(f1_score(right, guessed, average="macro"))


def _mrr(found: Sequence[Sequence[str]], right: Sequence[str]) -> float:
    """Mean of 1 / place of the right one; 0 where it is not among the found."""
    return fmean(
        1 / (places.index(one) + 1) if one in places else 0.0
        for places, one in zip(found, right, strict=True)
    )


def _of_neighbours(split: Split) -> list[list[str]]:
    """The first different labels of the nearest texts."""
    labels = split.labels
    return [
        list(dict.fromkeys(labels[at] for at in row))[:TOP]
        for row in _similar([one.text for one in split.known], split.asked)
    ]


def _similar(texts: list[str], asked: list[str]) -> NDArray[np.int64]:
    """For each text that is asked about: all the others, the most similar first."""
    tfidf = TfidfVectorizer(tokenizer=_words, token_pattern=None)
    known = tfidf.fit_transform(texts)
    similar = (tfidf.transform(asked) @ known.T).toarray()
    order: NDArray[np.int64] = np.argsort(-similar, axis=1, kind="stable")
    return order


@cache
def _words(text: str) -> list[str]:
    """Cut once, although each part learns from most texts again."""
    return list(jieba.lcut(text))


def _with(found: Sequence[T], split: Split) -> Iterable[tuple[T, str]]:
    return zip(found, split.right, strict=True)


def _splits(rows: list[Row], text: Callable[[Row], str], label: str) -> list[Split]:
    """Each part asked about in its turn, so every group once."""
    return [_split(rows, text, label, part) for part in range(PARTS)]


def _split(rows: list[Row], text: Callable[[Row], str], label: str, part: int = 0) -> Split:
    """By group: near-duplicates stay on one side."""
    others = [row for row in rows if _part(row["grp"]) != part]
    known = [Example(text(row), row[label], row["grp"]) for row in others]
    taught = {one.text for one in known}
    asked = [row for row in rows if _part(row["grp"]) == part and text(row) not in taught]
    split = Split(known, [text(row) for row in asked], [row[label] for row in asked])
    groups = {row["grp"] for row in asked}
    assert not groups & {one.group for one in known}, "a group is on both sides"
    return split


def _part(group: str) -> int:
    """Not by the hash of ``assist.learning``: its trial is to have groups of its own."""
    return int(hashlib.sha256(f"asked {group}".encode()).hexdigest(), 16) % PARTS


def _message(row: Row) -> str:
    return f"{row['title']}。{row['detail']}"


def _question(row: Row) -> str:
    return f"{row['title']}。{row['question']}"


def _informative(path: Path) -> list[Row]:
    """Replies that say something; "we shall ring you" answers every question alike."""
    return [row for row in _rows(path) if row["informative"] == "1" and row["reply"]]


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
