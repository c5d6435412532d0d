"""How a leg performs documents: fetch, check, verb after verb; in error fallback, then apology."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from emulator.courier import Answer
from emulator.document import Refused, Verb, parse
from emulator.legs import Leg

if TYPE_CHECKING:
    from emulator.exchange import Exchange

APOLOGY = "We are sorry. An application error has occurred. Goodbye."
MOST_REDIRECTS = 10
RETRIEVAL, CONNECTION, TIMEOUT, REDIRECTS = 11200, 11205, 11205, 11215
SOUND = "audio/"


@dataclass(frozen=True)
class Go:
    """The document to perform next: where it is, or its very text."""

    url: str
    method: str = "POST"
    extra: dict[str, str] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True)
class End:
    """Nothing more is performed; ``result`` is for the verb that performs a document inside."""

    result: str = ""


Next = Go | End | None
Perform = Callable[["Stage", Verb], Awaitable[Next]]


@dataclass
class Stage:
    """What a verb needs to be performed: the leg, and the address of the document it stands in."""

    leg: Leg
    url: str
    verbs: dict[str, Perform]
    # Inside a wait document: the fields that the carrier adds to each request for it.
    extra: Callable[[], dict[str, str]] = dict
    # A document that is performed while the leg waits: it has no fallback and no apology.
    waiting: bool = False
    first: bool = False

    @property
    def exchange(self) -> "Exchange":
        return self.leg.exchange

    def go(self, verb: Verb, **extra: str) -> Go:
        """The verb's action with its method; without one the current document again."""
        return Go(self.absolute(verb.get("action") or self.url), verb.get("method", "POST"), extra)

    def absolute(self, url: str) -> str:
        return urljoin(self.url, url)


async def run(leg: Leg, go: Go, verbs: dict[str, Perform]) -> None:
    """Perform documents until one has no successor, then hang up."""
    stage = Stage(leg, go.url, verbs)
    await perform(stage, go)
    leg.end()


async def perform(stage: Stage, go: Next) -> End:
    """Perform a document and its successors; the result is that of the verb that ended them."""
    fallback = stage.leg.webhooks.voice_fallback_url
    while isinstance(go, Go):
        asked = go
        try:
            verbs = await _fetch(stage, asked)
            stage.url = asked.url or stage.url
            go = await _perform_all(stage, verbs)
        except Refused as refusal:
            _notify(stage, asked, refusal)
            if stage.waiting:
                return End("error")
            if not fallback or asked.url == fallback:
                await _apologise(stage)
                return End("error")
            told = {"ErrorCode": str(refusal.code), "ErrorUrl": asked.url or stage.url}
            go = Go(fallback, stage.leg.webhooks.voice_fallback_method, told)
    return go or End()


async def _perform_all(stage: Stage, verbs: tuple[Verb, ...]) -> Next:
    for index, verb in enumerate(verbs):
        stage.first = index == 0 and stage.leg.status == "ringing"
        if verb.name not in stage.verbs:
            raise Refused(12200, f"<{verb.name}> is not allowed here")
        if _answers(verb):
            stage.leg.answer()
        following = await stage.verbs[verb.name](stage, verb)
        if following is not None:
            return following
    return None


def _answers(verb: Verb) -> bool:
    """The first verb answers the call, but for a few that leave it ringing."""
    if verb.name in ("Reject", "Pause", "Redirect", "Start", "Stop", "Hangup"):
        return False
    return not (verb.name == "Dial" and verb.flag("answerOnBridge", False))


async def _fetch(stage: Stage, go: Go) -> tuple[Verb, ...]:
    if go.text is not None:
        return parse(go.text)
    leg = stage.leg
    said = leg.fields() | stage.extra() | go.extra
    answer = await leg.exchange.courier.fetch(leg.sid, go.url, go.method, said)
    if not answer.ok:
        raise Refused(_code_of(answer), f"HTTP retrieval failure: {answer.error or answer.status}")
    if answer.content_type.startswith(SOUND):
        return (Verb("Play", {}, go.url, ()),)
    if answer.content_type.startswith("text/plain") and not answer.body.lstrip().startswith("<"):
        return (Verb("Say", {}, answer.body, ()),)
    return parse(answer.body)


def _code_of(answer: Answer) -> int:
    if answer.error == "redirects":
        return REDIRECTS
    return {"connect": CONNECTION, "timeout": TIMEOUT}.get(answer.error or "", RETRIEVAL)


def _notify(stage: Stage, go: Go, refusal: Refused) -> None:
    url = go.url or stage.url
    stage.exchange.notify(stage.leg, refusal.code, str(refusal), replace(go, url=url))


async def _apologise(stage: Stage) -> None:
    stage.leg.answer()
    await stage.verbs["Say"](stage, Verb("Say", {}, APOLOGY, ()))
