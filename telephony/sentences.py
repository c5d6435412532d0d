"""The sentences callers hear: one file per language, complete and checked when loaded."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from babel.dates import format_datetime

FOLDER = Path(__file__).parent / "tongues"
LANGUAGES = ("zh", "en")
SIGNS = {"#": "hash", "*": "star"}


@dataclass(frozen=True)
class Tongue:
    """A language as the carrier names it, and what we say in it."""

    language: str
    voice: str
    speech: str
    # How many characters its voice says in a second, roughly.
    pace: float
    say: dict[str, str]

    def key(self, key: str) -> str:
        """A telephone key as it is said."""
        return self.say[f"key_{SIGNS[key]}"] if key in SIGNS else key

    def digits(self, number: str) -> str:
        """One by one, as a number is read back."""
        names = self.say["digits"].split()
        return self.say["digits_between"].join(names[int(one)] for one in number if one.isdecimal())

    def moment(self, at: datetime) -> str:
        """A day and an hour as they are said; minutes only where there are some."""
        pattern = self.say["moment_minutes" if at.minute else "moment"]
        return format_datetime(at, pattern, locale=self.language.replace("-", "_"))

    def sentence(self, name: str, **values: object) -> str:
        return self.say[name].format(**values)

    def lasts(self, name: str) -> timedelta:
        """About how long a sentence is heard: the carrier reports no end of what it says."""
        return timedelta(seconds=len(self.say[name]) / self.pace)


@cache
def tongue(language: str) -> Tongue:
    """The sentences of a language; an unknown one is answered in Mandarin."""
    code = language if language in LANGUAGES else LANGUAGES[0]
    raw = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    return Tongue(raw["language"], raw["voice"], raw["speech"], raw["pace"], raw["say"])


def other_than(language: str) -> str:
    """The language that one who hears ``language`` may change to."""
    return LANGUAGES[1] if language == LANGUAGES[0] else LANGUAGES[0]


def missing() -> list[str]:
    """Names that one language has and another lacks; must be empty at the start."""
    names = set().union(*(tongue(code).say for code in LANGUAGES))
    return [f"{code}.toml: {name}" for code in LANGUAGES for name in names - set(tongue(code).say)]
