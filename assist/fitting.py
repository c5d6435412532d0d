"""Whether an article is about what was asked; better none is shown than one about something else.

What an article is about stands in its title and in the ways to ask for it, not in its answer: many
answers name the identity card.  Measured on the demo city's 60 articles with 115 sentences of
citizens, each asked with the article that answers and without it: words of the answer alone showed
something else to 43 of them; this shows it to 12, most of them of the same topic, and finds
one more of those that are there.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p
from pathlib import Path

from assist import topics
from assist.ranking import tokens

# Words that stand in many questions and are asked about in none.
BESIDE = frozenset((Path(__file__).parent / "beside_words.txt").read_text("utf-8").split())
SHORTEST = 2
# A word that stands at the head of one article alone tells 1.
LEAST = 0.7
# Two such words outweigh a topic that was only touched.
SURE = 1.5


@dataclass(frozen=True)
class Asked:
    """What was said, and the topics that it names; of ``foreign`` words only the topic is sure."""

    text: str
    about: tuple[topics.Words, ...]
    words: frozenset[str]
    foreign: bool


@dataclass(frozen=True)
class Head:
    """What an article says that it is about, and all that it says."""

    head: str
    whole: str
    words: frozenset[str]

    def about(self, known: Sequence[topics.Words]) -> set[str]:
        """Every topic that it names, though by the way."""
        return {one.code for one in known if any(word in self.head for word in one.spoken)}

    def mainly(self, known: Sequence[topics.Words]) -> set[str]:
        main = topics.by_words([self.head], known)
        return {main.label} if main else set()


class Heads:
    """The heads of all articles, by which a word is rare or common."""

    def __init__(self, heads: Sequence[str], texts: Sequence[str]) -> None:
        pairs = zip(heads, texts, strict=True)
        self._heads = [Head(head, whole, _telling(head)) for head, whole in pairs]
        self._often = Counter(word for one in self._heads for word in one.words)

    def fits(self, at: int, asked: Asked, told: float, known: Sequence[topics.Words]) -> bool:
        """``told`` is how much the words of the whole article tell."""
        head = self._heads[at]
        shared = self._shared(asked.words & head.words)
        strong = told >= LEAST and shared >= LEAST
        if not asked.about or (strong and shared >= SURE and not asked.foreign):
            return strong
        about = head.mainly(known) if asked.foreign else head.about(known)
        if about:
            return shared > 0 and any(one.code in about for one in asked.about)
        return strong and any(_said(one, asked.text, head.whole) for one in asked.about)

    def _shared(self, words: frozenset[str]) -> float:
        """A word inside a longer one tells nothing of its own."""
        whole = [one for one in words if not any(one != other and one in other for other in words)]
        return sum(self._rarity(one) for one in whole)

    def _rarity(self, word: str) -> float:
        size, often = len(self._heads), self._often[word]
        return log1p((size - often + 0.5) / (often + 0.5)) / log1p((size - 0.5) / 1.5)


def asked(text: str, known: Sequence[topics.Words]) -> Asked:
    """Who speaks English is understood by the topics that he names, in the articles' language."""
    about = topics.heard(text, known)
    foreign = topics.in_english([text])
    if foreign:
        text = " ".join((text, *(word for one in about for word in sorted(one.spoken))))
    return Asked(text, about, _telling(text), foreign)


def _telling(text: str) -> frozenset[str]:
    return frozenset(one for one in tokens(text) if len(one) >= SHORTEST) - BESIDE


def _said(topic: topics.Words, text: str, whole: str) -> bool:
    """The article says of the topic what was said of it."""
    return any(word in text and word in whole for word in topic.spoken)
