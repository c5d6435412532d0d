"""Call documents: parsed, checked against what the carrier allows, or refused with a code."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

LARGEST = 64 * 1024

# Verb to the nouns or verbs that may stand in it.
SPEECH = {"Say", "Play", "Pause"}
ALLOWED: dict[str, set[str]] = {
    "Say": {
        "break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w",
    },
    "Play": set(),
    "Pause": set(),
    "Gather": SPEECH,
    "Record": set(),
    "Enqueue": set(),
    "Leave": set(),
    "Dial": {"Number", "Client", "Conference"},
    "Number": set(),
    "Client": {"Identity", "Parameter"},
    "Conference": set(),
    "Redirect": set(),
    "Reject": set(),
    "Hangup": set(),
    "Start": {"Recording", "Transcription"},
    "Stop": {"Recording", "Transcription"},
    "Recording": set(),
    "Transcription": set(),
    "Identity": set(),
    "Parameter": set(),
}  # fmt: skip
VERBS = {
    "Say", "Play", "Pause", "Gather", "Record", "Enqueue", "Leave", "Dial", "Redirect", "Reject",
    "Hangup", "Start", "Stop",
}  # fmt: skip

PARSE_FAILURE = 12100
SCHEMA = 12200
TOO_LARGE = 11750


class Refused(Exception):
    """The document cannot be performed; ``code`` is the carrier's."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Verb:
    """An element with its attributes; a missing attribute reads as its default."""

    name: str
    attributes: dict[str, str]
    text: str
    children: tuple["Verb", ...]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def has(self, name: str) -> bool:
        return name in self.attributes

    def number(self, name: str, default: float) -> float:
        try:
            return float(self.attributes.get(name, default))
        except ValueError as error:
            raise Refused(SCHEMA, f"<{self.name} {name}> is not a number") from error

    def flag(self, name: str, default: bool) -> bool:
        return self.attributes.get(name, str(default)).lower() == "true"

    def spoken(self) -> Iterator["Verb"]:
        return (child for child in self.children if child.name in SPEECH)


def parse(source: str) -> tuple[Verb, ...]:
    """The verbs of a document in their order.  Raises Refused."""
    if len(source.encode()) > LARGEST:
        raise Refused(TOO_LARGE, "TwiML response body too large")
    try:
        root = ElementTree.fromstring(source.strip())
    except ElementTree.ParseError as error:
        raise Refused(PARSE_FAILURE, f"Document parse failure: {error}") from error
    if root.tag != "Response":
        raise Refused(PARSE_FAILURE, f"root element is <{root.tag}>, not <Response>")
    verbs = tuple(_verb(element) for element in root)
    for verb in verbs:
        _check(verb, VERBS, "Response")
    return verbs


def _verb(element: ElementTree.Element) -> Verb:
    children = tuple(_verb(child) for child in element)
    # What SSML marks up inside a Say is spoken all the same.
    text = "".join(element.itertext()) if element.tag == "Say" else element.text or ""
    return Verb(element.tag, dict(element.attrib), text.strip(), children)


def _check(verb: Verb, allowed: set[str], inside: str) -> None:
    if verb.name not in allowed:
        raise Refused(SCHEMA, f"<{verb.name}> is not allowed in <{inside}>")
    if verb.name == "Say":
        return
    for child in verb.children:
        _check(child, ALLOWED[verb.name], verb.name)
