"""The topic of what was said by the city's own words, so that each guess is explained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assist.known import Guessed
from models import Topic


@dataclass(frozen=True)
class Words:
    """What people say of a topic; outlives the transaction that read it."""

    code: str
    spoken: frozenset[str]


def words_of(topics: Iterable[Topic]) -> list[Words]:
    return [Words(one.code, frozenset({one.name, *one.words})) for one in topics]


def by_words(own: Sequence[str], topics: Iterable[Words]) -> Guessed | None:
    """The topic whose words are heard most; longer words say more.  A tie is unsure."""
    scored = []
    for topic in topics:
        hits = [(len(w), s) for s in own for w in topic.spoken if len(w) > 1 and w in s]
        if hits:
            scored.append((sum(size for size, _ in hits), max(hits)[1], topic.code))
    scored.sort(key=lambda one: one[0], reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    weight, sentence, code = scored[0]
    second = scored[1][0] if len(scored) > 1 else 0
    return Guessed(code, sentence, round(weight / (weight + second + 1), 2))
