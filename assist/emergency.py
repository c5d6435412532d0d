"""Words of danger in free speech: found by list, because nobody may explain a miss by a model."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "emergency.toml"
# A denial belongs to the word right behind it.
NEGATIONS = ("没有", "没", "不是", "不会", "并未", "没有想", "没想", "不想", "从不", "no ", "not ")
LONG_AGO = ("去年", "前年", "上个月", "上周", "以前", "曾经", "几年前", "last year", "last month")
AGAIN = ("现在", "正在", "刚", "今天", "又", "now", "again", "today")
CLAUSE = re.compile(r"[，。！？；,.!?;]+")
# He has pressed the key for it and said no word: a code, which pages put into words.
BY_KEY = "key"
# What is kept of a call holds this many characters; an emergency may not fail for its length.
LONGEST = 64


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
    now: bool


def find(text: str) -> Danger | None:
    """The first kind of danger that the text speaks of; None when it speaks of none."""
    said = text.lower()
    for kind in _kinds():
        spoken = _recent(said) if kind.now else said
        for harmless in kind.unless:
            # A mark in its place, or what stands around it would grow together.
            spoken = spoken.replace(harmless, "，")
        found = [word for word in kind.words if _asserted(word, spoken)]
        if found:
            return Danger(kind.name, _shown(found))
    return None


def pressed() -> Danger:
    return Danger(BY_KEY, BY_KEY)


def kinds() -> list[str]:
    return [*(kind.name for kind in _kinds()), BY_KEY]


def kind_of(words: str) -> str | None:
    """The kind of danger that was found by these words of a caller, or told by the key."""
    if words == BY_KEY:
        return BY_KEY
    danger = find(words)
    return danger.kind if danger else None


def _recent(text: str) -> str:
    """Without the clauses that speak of long ago, unless anything happens now."""
    if any(word in text for word in AGAIN):
        return text
    clauses = CLAUSE.split(text)
    return "，".join(one for one in clauses if not any(word in one for word in LONG_AGO))


def _asserted(word: str, text: str) -> bool:
    """Once without a denial is enough."""
    at = text.find(word)
    while at >= 0:
        if not text[:at].endswith(NEGATIONS):
            return True
        at = text.find(word, at + 1)
    return False


def _shown(found: list[str]) -> str:
    """The words without those inside longer ones, as far as there is room."""
    whole = [word for word in found if not any(word != other and word in other for other in found)]
    shown = whole[0][:LONGEST]
    for word in whole[1:]:
        if len(shown) + 1 + len(word) <= LONGEST:
            shown += f"、{word}"
    return shown


@cache
def _kinds() -> tuple[Kind, ...]:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Kind(name, tuple(body["words"]), tuple(body["unless"]), body["now"])
        for name, body in raw.items()
    )
