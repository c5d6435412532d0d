"""The topic of what was said by the city's own words, so that each guess is explained."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assist.known import Guessed
from models import Line, Topic

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_WORD = re.compile(r"[a-z]+")
# Of a name only these may be left unsaid.
BINDS = frozenset(("a", "and", "at", "for", "in", "of", "the", "to"))


# What is told on a topic's own line is rather about it: one word there weighs as one and a half.
ON_ITS_LINE = 1.5
SHORTEST = 2


@dataclass(frozen=True)
class Words:
    """What people say of a topic; outlives the transaction that read it."""

    code: str
    spoken: frozenset[str]
    # In English: one of these, whose words must all be heard in one sentence.
    english: frozenset[frozenset[str]] = field(default_factory=frozenset)
    # The caller chose its line by a key.
    chosen: bool = False


def words_of(topics: Iterable[Topic], line: Line | None = None) -> list[Words]:
    """Who has chosen ``line`` need not name it again: on the line of the housing fund the word
    withdrawal is enough."""
    return [
        _words(one, line if line is not None and one.line_id == line.id else None) for one in topics
    ]


def _words(topic: Topic, line: Line | None) -> Words:
    spoken = {topic.name, *(one for one in topic.words if CHINESE.search(one))}
    english = {_english(one) for one in topic.words if not CHINESE.search(one)}
    # A name that is a single word may as well say where something is: in front of the hospital.
    name = _english(topic.name_en or "")
    english |= {name} if len(name) > 1 else set()
    if line is not None:
        spoken |= {one.replace(line.name, "") for one in spoken}
        english |= {one - _english(line.name_en) for one in english}
    return Words(
        topic.code,
        frozenset(one for one in spoken if len(one) >= SHORTEST),
        frozenset(one for one in english if one),
        line is not None,
    )


def in_english(own: Sequence[str]) -> bool:
    """What is learned from the city's tickets knows no English."""
    return bool(own) and not any(CHINESE.search(one) for one in own)


def heard(sentence: str, topics: Iterable[Words]) -> tuple[Words, ...]:
    """All topics that a sentence names, each by the way."""
    return tuple(one for one in topics if _hits(one, sentence))


def by_words(own: Sequence[str], topics: Iterable[Words]) -> Guessed | None:
    """The topic whose words are heard most; longer words say more.  A tie is unsure."""
    scored = []
    for topic in topics:
        hits = [hit for one in own for hit in _hits(topic, one)]
        if hits:
            weight = sum(size for size, _ in hits) * (ON_ITS_LINE if topic.chosen else 1)
            scored.append((weight, max(hits)[1], topic.code))
    scored.sort(key=lambda one: one[0], reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    weight, sentence, code = scored[0]
    second = scored[1][0] if len(scored) > 1 else 0
    return Guessed(code, sentence, round(weight / (weight + second + 1), 2))


def _hits(topic: Words, sentence: str) -> list[tuple[int, str]]:
    """How much each word says that is heard."""
    hits = [(len(word), sentence) for word in topic.spoken if word in sentence]
    heard = _english(sentence)
    told = frozenset[str]().union(*(one for one in topic.english if one <= heard))
    return [*hits, (sum(len(word) for word in told), sentence)] if told else hits


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
