"""The topic of what was said by the city's own words, so that each guess is explained."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assist.known import Guessed
from models import Topic

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_WORD = re.compile(r"[a-z]+")
# Of a name only these may be left unsaid.
BINDS = frozenset(("a", "and", "at", "for", "in", "of", "the", "to"))


@dataclass(frozen=True)
class Words:
    """What people say of a topic; outlives the transaction that read it."""

    code: str
    spoken: frozenset[str]
    # The words of its English name, which must all be heard in one sentence; none of a name that is
    # a single word, which may as well say where something is: in front of the hospital.
    english: frozenset[str] = field(default_factory=frozenset)


def words_of(topics: Iterable[Topic]) -> list[Words]:
    return [
        Words(one.code, frozenset({one.name, *one.words}), _telling(one.name_en or ""))
        for one in topics
    ]


def in_english(own: Sequence[str]) -> bool:
    """What is learned from the city's tickets knows no English."""
    return bool(own) and not any(CHINESE.search(one) for one in own)


def by_words(own: Sequence[str], topics: Iterable[Words]) -> Guessed | None:
    """The topic whose words are heard most; longer words say more.  A tie is unsure."""
    scored = []
    for topic in topics:
        hits = [(len(w), s) for s in own for w in topic.spoken if len(w) > 1 and w in s]
        hits += [
            (sum(len(word) for word in topic.english), s)
            for s in own
            if topic.english and topic.english <= _english(s)
        ]
        if hits:
            scored.append((sum(size for size, _ in hits), max(hits)[1], topic.code))
    scored.sort(key=lambda one: one[0], reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    weight, sentence, code = scored[0]
    second = scored[1][0] if len(scored) > 1 else 0
    return Guessed(code, sentence, round(weight / (weight + second + 1), 2))


def _telling(name: str) -> frozenset[str]:
    words = _english(name)
    return words if len(words) > 1 else frozenset()


def _english(text: str) -> frozenset[str]:
    """The telling words, one and many alike: street lights, the street light."""
    words = ENGLISH_WORD.findall(text.lower())
    return frozenset(_one_of_many(word) for word in words if word not in BINDS)


def _one_of_many(word: str) -> str:
    """The same for both: box and boxes, city and cities, movie and movies."""
    for end, instead in (("sses", "ss"), ("ss", "ss"), ("xes", "x"), ("ies", "i"), ("ie", "i")):
        if word.endswith(end):
            return word.removesuffix(end) + instead
    if word.endswith("y"):
        return word.removesuffix("y") + "i"
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("us") else word
