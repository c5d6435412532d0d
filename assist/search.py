"""Finding the article that answers what was just said: BM25 over words, titles counting double."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import bm25s
import jieba
from sqlalchemy import func, select

from infra.clock import now
from infra.db import session
from models import Article, ArticleState

jieba.setLogLevel("ERROR")

SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
# Words that say nothing about what is asked.
EMPTY = frozenset((Path(__file__).parent / "empty_words.txt").read_text("utf-8").split())
# Below this an article has hardly a word in common with the question.
LEAST = 1.0


@dataclass(frozen=True)
class Hit:
    """An article with the sentence of its answer that fits best."""

    article_id: int
    title: str
    sentence: str
    score: float
    verified: bool
    valid_until: datetime | None
    basis: str | None


@dataclass(frozen=True)
class Entry:
    article_id: int
    line_id: int
    title: str
    answer: str
    verified: bool
    valid_until: datetime | None
    basis: str | None


class Index:
    """All articles that hold now; made anew when one of them has changed."""

    def __init__(self) -> None:
        self._state: tuple[object, ...] | None = None
        self._entries: list[Entry] = []
        self._ranking: bm25s.BM25 | None = None

    def ranked(self, words: list[str], limit: int) -> list[tuple[Entry, float]]:
        self._refresh()
        if self._ranking is None or not words:
            return []
        found, scores = self._ranking.retrieve(
            [words], k=min(limit, len(self._entries)), show_progress=False
        )
        pairs = zip(found[0], scores[0], strict=True)
        return [(self._entries[int(at)], float(score)) for at, score in pairs if score >= LEAST]

    def _refresh(self) -> None:
        held = func.count().filter(Article.state == ArticleState.APPROVED)
        state = tuple(
            session.execute(
                select(held, func.sum(Article.version), func.max(Article.updated_at))
            ).one()
        )
        if state == self._state:
            return
        rows = session.scalars(select(Article).where(Article.state == ArticleState.APPROVED)).all()
        self._entries = [_entry(row) for row in rows]
        self._ranking = None
        if rows:
            self._ranking = bm25s.BM25()
            self._ranking.index(
                [tokens(f"{row.title} {row.title} {row.question} {row.answer}") for row in rows],
                show_progress=False,
            )
        self._state = state


_index = Index()


def find(text: str, line_id: int | None = None, limit: int = 3) -> list[Hit]:
    """The best articles first; those of the caller's own line are preferred among equals."""
    at = now()
    words = tokens(text)
    held = [
        (entry, score * (1.2 if entry.line_id == line_id else 1.0))
        for entry, score in _index.ranked(words, limit * 4)
        if entry.valid_until is None or entry.valid_until > at
    ]
    best = sorted(held, key=lambda pair: -pair[1])[:limit]
    return [_hit(entry, score, words) for entry, score in best]


def tokens(text: str) -> list[str]:
    """Words and, inside longer ones, their parts; empty words left out."""
    return [
        word
        for word in jieba.lcut_for_search(text.lower())
        if word.strip() and word not in EMPTY and not re.fullmatch(r"\W+", word)
    ]


def _hit(entry: Entry, score: float, words: list[str]) -> Hit:
    return Hit(
        entry.article_id,
        entry.title,
        _fitting(entry.answer, set(words)),
        round(score, 3),
        entry.verified,
        entry.valid_until,
        entry.basis,
    )


def _fitting(answer: str, words: set[str]) -> str:
    """The sentence that shares most words with the question; the first among equals."""
    sentences: list[str] = SENTENCE.findall(answer) or [answer]
    return max(sentences, key=lambda one: len(words & set(tokens(one)))).strip()


def _entry(row: Article) -> Entry:
    return Entry(
        row.id, row.line_id, row.title, row.answer, row.verified, row.valid_until, row.basis
    )
