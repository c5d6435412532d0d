"""Which line free speech asks for: by what was learned from tickets, else by the lines' words."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assist import known
from models import Purpose

FILE = Path(__file__).parent / "lines.toml"
# Evidence that is added to the sum before shares are taken: a single short word is not certain.
DOUBT = 1.5
# Below this a caller is better served by a general seat than by a wrong expert.
SURE = 0.5
# Nobody may explain by a model that a child was led elsewhere.
ALWAYS_BY_WORDS = frozenset({"minors"})
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Guess:
    """``confidence`` is between 0 and 1; ``words`` are what it rests on."""

    code: str
    confidence: float
    words: tuple[str, ...]


def guess(text: str) -> Guess | None:
    """The line that is asked for; None when nothing speaks for any."""
    told = by_words(text)
    learned = known.of(Purpose.LINE) if CHINESE.search(text) else None
    if learned is None or (told is not None and told.code in ALWAYS_BY_WORDS):
        return told
    found = learned.guess([text])
    return Guess(found.label, found.confidence, ()) if found else None


def by_words(text: str) -> Guess | None:
    """The line most words speak for; None when no word speaks for any."""
    said = text.lower()
    found = {code: _spoken(words, said) for code, words in _words().items()}
    weights = {code: float(sum(len(word) for word in words)) for code, words in found.items()}
    best = max(weights, key=lambda code: weights[code])
    if not weights[best]:
        return None
    share = weights[best] / (sum(weights.values()) + DOUBT)
    return Guess(best, round(share, 3), found[best])


def _spoken(words: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The words that occur; one inside a longer one that occurs is not counted again."""
    found = [word for word in words if word in text]
    return tuple(
        word for word in found if not any(word != other and word in other for other in found)
    )


@cache
def _words() -> dict[str, tuple[str, ...]]:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {code: tuple(body["words"]) for code, body in raw.items()}
