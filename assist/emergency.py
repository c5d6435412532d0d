"""Words of danger in free speech: found by list, because nobody may explain a miss by a model."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "emergency.toml"
NEGATIONS = ("没有", "没", "不是", "不会", "并未", "no ", "not ")
# How far before a word a negation still belongs to it, in characters.
REACH = 3


@dataclass(frozen=True)
class Danger:
    """What kind, and the caller's own words for it."""

    kind: str
    words: str


@dataclass(frozen=True)
class Kind:
    name: str
    words: tuple[str, ...]
    unless: tuple[str, ...]


def find(text: str) -> Danger | None:
    """The first kind of danger that the text speaks of; None when it speaks of none."""
    said = text.lower()
    for kind in _kinds():
        spoken = said
        for harmless in kind.unless:
            spoken = spoken.replace(harmless, "")
        found = [word for word in kind.words if _asserted(word, spoken)]
        if found:
            return Danger(kind.name, "、".join(found))
    return None


def _asserted(word: str, text: str) -> bool:
    at = text.find(word)
    while at >= 0:
        before = text[max(0, at - REACH - 1) : at]
        if not any(before.endswith(negation) for negation in NEGATIONS):
            return True
        at = text.find(word, at + 1)
    return False


@cache
def _kinds() -> tuple[Kind, ...]:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Kind(name, tuple(body["words"]), tuple(body["unless"])) for name, body in raw.items()
    )
