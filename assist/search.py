"""Finding the article that answers what was just said; titles count double."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from assist import fitting, topics
from assist.fitting import Heads
from assist.ranking import Ranking, tokens
from infra.clock import now
from infra.db import session
from models import GENERAL, Article, ArticleState, Line, Topic

SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
# Less than this no words tell; whether an article fits is then said by its head.
LEAST = 0.3
# Beside the best one a much weaker one is a chance hit.
BESIDE_BEST = 0.6


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

    def holds(self, at: datetime) -> bool:
        return self.valid_until is None or self.valid_until > at


@dataclass(frozen=True)
class Index:
    """All articles that hold now, and what they were made from; replaced whole, never changed."""

    state: tuple[object, ...] | None
    entries: list[Entry]
    ranking: Ranking
    heads: Heads


class Shelf:
    """The latest index of this process.  Threads may make it twice; each finds a whole one."""

    def __init__(self) -> None:
        self._index = Index(None, [], Ranking([]), Heads([], []))

    def index(self) -> Index:
        """Made anew when an article has changed."""
        held = func.count().filter(Article.state == ArticleState.APPROVED)
        newest = select(held, func.sum(Article.version), func.max(Article.updated_at))
        state = tuple(session.execute(newest).one())
        index = self._index
        if state != index.state:
            index = self._index = _made(state)
        return index


_shelf = Shelf()


def find(text: str, line_id: int | None = None, limit: int = 3) -> list[Hit]:
    """The best articles first; those of the caller's own line are preferred among equals."""
    at = now()
    index = _shelf.index()
    asked, known = _asked(text, line_id)
    ranked = [
        one
        for one in index.ranking.best(asked.text, limit * 4, LEAST)
        if index.entries[one.at].holds(at) and index.heads.fits(one.at, asked, one.told, known)
    ]
    near = BESIDE_BEST * max((one.score for one in ranked), default=0.0)
    held = [
        (entry, one.score * (1.2 if entry.line_id == line_id else 1.0))
        for one in ranked
        for entry in (index.entries[one.at],)
        if one.score >= near
    ]
    best = sorted(held, key=lambda pair: -pair[1])[:limit]
    words = set(tokens(asked.text))
    return [_hit(entry, score, words) for entry, score in best]


def _asked(text: str, line_id: int | None) -> tuple[fitting.Asked, list[topics.Words]]:
    """On the line of the housing fund, withdrawal is of the housing fund."""
    rows = session.scalars(select(Topic)).all()
    line = session.get(Line, line_id) if line_id is not None else None
    chosen = line if line is not None and line.code != GENERAL else None
    return fitting.asked(text, topics.words_of(rows, chosen)), topics.words_of(rows)


def _made(state: tuple[object, ...]) -> Index:
    rows = session.scalars(select(Article).where(Article.state == ArticleState.APPROVED)).all()
    texts = [f"{row.title} {row.title} {row.question} {row.answer} {row.steps}" for row in rows]
    heads = [f"{row.title} {row.question}" for row in rows]
    return Index(state, [_entry(row) for row in rows], Ranking(texts), Heads(heads, texts))


def _hit(entry: Entry, score: float, words: set[str]) -> Hit:
    return Hit(
        entry.article_id,
        entry.title,
        _fitting(entry.answer, words),
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
