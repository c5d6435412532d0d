"""The menu is data: read once at the start, and refused with the line of the mistake."""

import tomllib
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from telephony.sentences import LANGUAGES, other_than

FILE = Path(__file__).parent / "menu.toml"
KEYS = set("0123456789*#")
ACTIONS = ("line", "person", "ticket", "language")
# Wherever a caller is, this key leads to a person: he was told so, and the enquiry knows no other.
PERSON = "0"
# The language that the caller does not hear now: the way there is the way back.
OTHER = "other"


class MenuInvalid(Exception):
    """The menu cannot be used; the message names the line of the file and what to change."""


@dataclass(frozen=True)
class Choice:
    """What a key leads to: exactly one of a line, a person, one's tickets, another language."""

    key: str
    action: str
    value: str
    spoken: dict[str, str]

    def language_after(self, language: str) -> str:
        return other_than(language) if self.value == OTHER else self.value


@dataclass(frozen=True)
class Menu:
    choices: dict[str, Choice]

    def choice(self, key: str) -> Choice | None:
        return self.choices.get(key)

    def lines(self) -> list[str]:
        return [one.value for one in self.choices.values() if one.action == "line"]

    def in_order(self, last: str | None = None) -> list[Choice]:
        """The choices as they are told: in the order of the file, the line asked for last first.

        Keys never change.  A change of language is not among them: it is told in that language."""
        told = [one for one in self.choices.values() if one.action != "language"]
        return sorted(told, key=lambda one: not (one.action == "line" and one.value == last))

    def key_to_language(self, wanted: str) -> str | None:
        """The key by which somebody who hears the other language gets to this one."""
        for one in self.choices.values():
            if one.action == "language" and one.language_after(other_than(wanted)) == wanted:
                return one.key
        return None


@cache
def menu() -> Menu:
    return read(FILE.read_text(encoding="utf-8"))


def read(source: str) -> Menu:
    """Parse and check a menu; raises MenuInvalid."""
    try:
        raw = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise MenuInvalid(f"ivr/menu.toml: {error}") from error
    keys = raw.get("keys")
    if set(raw) != {"keys"} or not isinstance(keys, dict):
        raise MenuInvalid("ivr/menu.toml line 1: only tables [keys.…] are known, and one is needed")
    found = {key: _choice(key, body, source) for key, body in keys.items()}
    if PERSON not in found or found[PERSON].action != "person":
        where = _line_of(PERSON, source)
        raise MenuInvalid(f"ivr/menu.toml line {where}: key {PERSON} must lead to a person")
    return Menu(found)


def unknown_lines(found: Menu, known: Set[str]) -> list[str]:
    """Lines that the menu leads to and the database does not have."""
    return [code for code in found.lines() if code not in known]


def _choice(key: str, body: Any, source: str) -> Choice:
    where = f"ivr/menu.toml line {_line_of(key, source)}"
    if key not in KEYS:
        raise MenuInvalid(f"{where}: “{key}” is no telephone key")
    if not isinstance(body, dict):
        raise MenuInvalid(f"{where}: key {key} must be a table [keys.{key}]")
    given = [name for name in ACTIONS if name in body]
    if len(given) != 1:
        raise MenuInvalid(f"{where}: key {key} needs exactly one of {', '.join(ACTIONS)}")
    stray = set(body) - {given[0], "spoken"}
    if stray:
        raise MenuInvalid(f"{where}: key {key} has unknown words: {', '.join(sorted(stray))}")
    complaint = _complaint(given[0], body[given[0]], body.get("spoken"))
    if complaint:
        raise MenuInvalid(f"{where}: key {key} {complaint}")
    return Choice(key, given[0], str(body[given[0]]), body.get("spoken", {}))


def _complaint(action: str, value: Any, spoken: Any) -> str | None:
    if action in ("person", "ticket") and value is not True:
        return f"must say {action} = true"
    if action == "language" and value not in (*LANGUAGES, OTHER):
        return f"must lead to one of {', '.join(LANGUAGES)}, {OTHER}"
    if action == "line" and not (isinstance(value, str) and value):
        return "must name its line by a code in quotes"
    if action != "line" and spoken is not None:
        return "is named by the prompt: leave out spoken"
    if action == "line" and not _in_every_language(spoken):
        return f"must be spoken in {', '.join(LANGUAGES)}"
    return None


def _in_every_language(spoken: Any) -> bool:
    return (
        isinstance(spoken, dict)
        and set(spoken) == set(LANGUAGES)
        and all(isinstance(name, str) and name.strip() for name in spoken.values())
    )


def _line_of(key: str, source: str) -> int:
    heads = (f"[keys.{key}]", f'[keys."{key}"]')
    for number, text in enumerate(source.splitlines(), start=1):
        if text.strip().startswith(heads):
            return number
    return 1
