"""Which line free speech asks for: by the words of its topics, so that each guess is explained."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "lines.toml"
# Evidence that is added to the sum before shares are taken: a single short word is not certain.
DOUBT = 1.5


@dataclass(frozen=True)
class Guess:
    """``confidence`` is between 0 and 1; ``words`` are what it rests on."""

    code: str
    confidence: float
    words: tuple[str, ...]


def guess(text: str) -> Guess | None:
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
