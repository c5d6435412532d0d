"""What a sentence means as an answer, read by the patterns of ``answers.toml``: pure.

Every word is accounted for.  A denial, a question or a doubt that no pattern takes together with
what it is about makes the sentence unclear, and so do two meanings at once."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "answers.toml"
PART = re.compile(r"<(\w+)>")
BREAK = re.compile(r"[，。！；、：,.!;:~…\s\"“”]+")
# Between Chinese characters a recogniser's blanks say nothing.
BLANK = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
WORD = re.compile(r"[a-z0-9'’-]+|.", re.DOTALL)
LATIN = re.compile(r"[a-z0-9'’]")
LATIN_WEIGHS = 2
LONGEST = 120

DOUBT, NOTHING = "doubt", "nothing"
# The three that are about the handling: they share words, and are answered together.
RATED = {"contacted", "solved", "satisfied"}


@dataclass
class Heard:
    """What of a sentence was recognised."""

    said: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    doubtful: bool = False
    unknown: int = 0
    most_unknown: int = 0

    @property
    def meanings(self) -> set[str]:
        return self.said | self.alone


@dataclass(frozen=True)
class Pattern:
    """Words of one kind: of a meaning, said or alone, of a doubt, or of nothing."""

    kind: str
    meaning: str
    form: re.Pattern[str]


@dataclass(frozen=True)
class Answers:
    """How one question is answered."""

    keys: dict[str, str]
    # Beside this much that is not known a clear word is still an answer; more is a story.
    most_unknown: int
    # In this order: of two that take as many words the first one has them.
    patterns: tuple[Pattern, ...]

    def heard(self, speech: str) -> Heard:
        found, text, at = Heard(most_unknown=self.most_unknown), _plain(speech), 0
        if len(text) > LONGEST:
            return Heard(doubtful=True)
        while at < len(text):
            at = self._next(text, at, found)
        return found

    def _next(self, text: str, at: int, found: Heard) -> int:
        """Take what stands here; where it ends."""
        gap = BREAK.match(text, at)
        if gap is not None:
            return gap.end()
        ends = [(one, end) for one in self.patterns if (end := _end(one, text, at)) > at]
        if not ends:
            word = WORD.match(text, at)
            end = word.end() if word else at + 1
            found.unknown += LATIN_WEIGHS if LATIN.match(text, at) else 1
            return end
        taken, end = max(ends, key=lambda pair: pair[1])
        if taken.kind == DOUBT:
            found.doubtful = True
        elif taken.kind != NOTHING:
            getattr(found, taken.kind).add(taken.meaning)
        return end


def answer_in(heard: Heard) -> str | None:
    """The one meaning that all of it has; None where that is not clear."""
    if heard.doubtful or len(heard.meanings) != 1:
        return None
    most = heard.most_unknown if heard.said else 0
    return next(iter(heard.meanings)) if heard.unknown <= most else None


def who_is_there(heard: Heard) -> str | None:
    """``yes`` is he himself, and nothing else is said; ``no`` a wrong number; ``other`` somebody
    who speaks of him; ``asks`` who wants to know who we are."""
    found = heard.meanings
    if found == {"yes"}:
        return None if heard.doubtful or heard.unknown else "yes"
    if found == {"yes", "asks"}:
        return "asks"
    if "yes" in found:
        return None
    sure = found if not heard.unknown else heard.said
    return next((one for one in ("other", "no", "asks") if one in sure), None)


@cache
def answers() -> dict[str, Answers]:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    parts: dict[str, str] = raw.pop("parts")
    common = raw.pop("any")
    return {
        name: Answers(
            {str(key): value for key, value in body["keys"].items()},
            body.get("unknown", 0),
            tuple(_patterns(name, raw, common, parts)),
        )
        for name, body in raw.items()
    }


def _patterns(
    name: str,
    raw: dict[str, dict[str, dict[str, list[str]]]],
    common: dict[str, list[str]],
    parts: dict[str, str],
) -> Iterator[Pattern]:
    own = raw[name]
    yield from _compiled(DOUBT, "", own["doubt"], parts)
    for kind in ("said", "alone"):
        for meaning, forms in own[kind].items():
            yield from _compiled(kind, meaning, forms, parts)
    yield from _compiled(NOTHING, "", own["nothing"], parts)
    if name not in RATED:
        return
    yield from _compiled(NOTHING, "", common[NOTHING], parts)
    for other in RATED - {name}:
        # Whoever answers another question, too, has not answered this one by that.
        for forms in raw[other]["said"].values():
            whole = [f"(?:{form})<end>" for form in forms]
            yield from _compiled(NOTHING, "", whole, parts)
    yield from _compiled(DOUBT, "", common[DOUBT], parts)


def _compiled(
    kind: str, meaning: str, forms: Iterable[str], parts: dict[str, str]
) -> Iterator[Pattern]:
    for form in forms:
        yield Pattern(kind, meaning, re.compile(_whole(form, parts)))


def _whole(form: str, parts: dict[str, str]) -> str:
    while PART.search(form):
        form = PART.sub(lambda part: parts[part[1]], form)
    return form


def _end(pattern: Pattern, text: str, at: int) -> int:
    """Where the words of this pattern end that begin here.  Latin words as a whole: "no" is not in
    "know"."""
    if at and LATIN.match(text, at) and LATIN.match(text, at - 1):
        return at
    found = pattern.form.match(text, at)
    if found is None:
        return at
    end = found.end()
    cut = end < len(text) and LATIN.match(text, end) and LATIN.match(text, end - 1)
    return at if cut else end


def _plain(speech: str) -> str:
    text = unicodedata.normalize("NFKC", speech).lower().replace("’", "'").strip()
    return BLANK.sub("", text)
