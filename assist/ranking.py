"""Ranking texts against what was said: BM25 over words, helped by pairs and triples of characters.

Speech is full of words that no dictionary cuts right; two characters in a row still agree.
"""

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jieba
import numpy as np
from numpy.typing import NDArray

jieba.setLogLevel("ERROR")

# Words that say nothing about what is asked.
EMPTY = frozenset((Path(__file__).parent / "empty_words.txt").read_text("utf-8").split())
NOT_SPOKEN = re.compile(r"[\W_]+")
SIZES = (2, 3)

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Ranked:
    """``at`` is the place in the texts; ``score`` is 1 for one that is best by words and pieces;
    ``told`` is how much its words tell."""

    at: int
    score: float
    told: float


class Ranking:
    """Texts that can be asked for those that fit best."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = _Scorer([tokens(text) for text in texts])
        self._pieces = _Scorer([pieces(text) for text in texts])
        # The most that BM25 gives to one word: it stands in one text only.
        self._rare = np.float32(np.log1p((max(len(texts), 1) - 0.5) / 1.5))

    def best(self, text: str, limit: int, least: float = 0.0) -> list[Ranked]:
        """At most ``limit`` texts in order; those whose words tell less than ``least`` stay out.

        A word that stands in one text alone tells 1, however many texts there are."""
        words = self._words.scores(tokens(text)) / self._rare
        fit = (_share(words) + _share(self._pieces.scores(pieces(text)))) / 2
        held = np.flatnonzero((fit > 0) & (words >= least))
        best = held[np.argsort(-fit[held], kind="stable")][:limit]
        return [Ranked(int(at), float(fit[at]), float(words[at])) for at in best]


class _Scorer:
    """BM25, which the library cannot make of nothing."""

    def __init__(self, texts: list[list[str]]) -> None:
        self._size = len(texts)
        self._known = frozenset(word for text in texts for word in text)
        # With scipy it takes 11 MB of a process: not of those that never search.
        self._index = importlib.import_module("bm25s").BM25() if self._known else None
        if self._index is not None:
            self._index.index(texts, show_progress=False)

    def scores(self, words: list[str]) -> Scores:
        """A word that is said twice is not asked for twice."""
        known = sorted(self._known.intersection(words))
        if self._index is None or not known:
            return np.zeros(self._size, dtype=np.float32)
        scores: Scores = self._index.get_scores(known)
        return scores


def tokens(text: str) -> list[str]:
    """Words and, inside longer ones, their parts; empty words left out."""
    return [
        word
        for word in jieba.lcut_for_search(text.lower())
        if word.strip() and word not in EMPTY and not NOT_SPOKEN.fullmatch(word)
    ]


def pieces(text: str) -> list[str]:
    """Every two and three characters in a row of what is spoken in one breath."""
    return [
        run[start : start + size]
        for run in NOT_SPOKEN.split(text.lower())
        for size in SIZES
        for start in range(len(run) - size + 1)
    ]


def _share(scores: Scores) -> Scores:
    """Between 0 and 1, so that words and pieces weigh the same."""
    top = float(scores.max(initial=0.0))
    return scores / np.float32(top) if top > 0 else scores
