"""The menu is data: read once at the start, and refused with the line of the mistake."""

import tomllib
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from telephony.sentences import LANGUAGES

FILE = Path(__file__).parent / "menu.toml"
KEYS = set("0123456789*#")
ACTIONS = ("line", "person", "ticket", "language")


class MenuInvalid(Exception):
    """The menu cannot be used; the message names the line of the file and what to change."""


@dataclass(frozen=True)
class Choice:
    """What a key leads to: exactly one of a line, a person, one's tickets, another language."""

    key: str
    action: str
    value: str
    spoken: dict[str, str]


@dataclass(frozen=True)
class Menu:
    choices: dict[str, Choice]

    def choice(self, key: str) -> Choice | None:
        return self.choices.get(key)

    def lines(self) -> list[str]:
        return [one.value for one in self.choices.values() if one.action == "line"]

    def spoken(self, language: str) -> list[tuple[str, str]]:
        """(name, key) of every choice that the prompt has to name, in the order of the file."""
        return [
            (one.spoken[language], one.key)
            for one in self.choices.values()
            if language in one.spoken
        ]


@cache
def menu() -> Menu:
    return read(FILE.read_text(encoding="utf-8"))


def read(source: str) -> Menu:
    """Parse and check a menu; raises MenuInvalid."""
    try:
        raw = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise MenuInvalid(f"ivr/menu.toml: {error}") from error
    keys: dict[str, dict[str, Any]] = raw.get("keys", {})
    return Menu({key: _choice(key, body, source) for key, body in keys.items()})


def unknown_lines(found: Menu, known: Set[str]) -> list[str]:
    """Lines that the menu leads to and the database does not have."""
    return [code for code in found.lines() if code not in known]


def _choice(key: str, body: dict[str, Any], source: str) -> Choice:
    where = f"ivr/menu.toml line {_line_of(key, source)}"
    if key not in KEYS:
        raise MenuInvalid(f"{where}: “{key}” is no telephone key")
    given = [name for name in ACTIONS if name in body]
    if len(given) != 1:
        raise MenuInvalid(f"{where}: key {key} needs exactly one of {', '.join(ACTIONS)}")
    stray = set(body) - {*ACTIONS, "spoken"}
    if stray:
        raise MenuInvalid(f"{where}: key {key} has unknown words: {', '.join(sorted(stray))}")
    spoken = body.get("spoken", {})
    if given[0] == "line" and set(spoken) != set(LANGUAGES):
        raise MenuInvalid(f"{where}: key {key} must be spoken in {', '.join(LANGUAGES)}")
    return Choice(key, given[0], str(body[given[0]]), spoken)


def _line_of(key: str, source: str) -> int:
    heads = {f"[keys.{key}]", f'[keys."{key}"]'}
    for number, text in enumerate(source.splitlines(), start=1):
        if text.split("#]")[0].strip() in heads or text.strip() in heads:
            return number
    return 1
