"""How a leg performs documents: fetch, check, verb after verb; in error fallback, then apology."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from emulator.courier import Answer
from emulator.document import Refused, Verb, parse
from emulator.legs import Leg

if TYPE_CHECKING:
    from emulator.exchange import Exchange

APOLOGY = "We are sorry. An application error has occurred. Goodbye."
RETRIEVAL = 11200
FAILURES = {"connect": 11205, "timeout": 11205, "dns": 11210, "redirects": 11215, "tls": 11220}
RELATIVE = 11100
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
        return Go(self.absolute(verb.get("action")), verb.get("method", "POST"), extra)

    def tell(self, verb: Verb, **said: str) -> None:
        """The leg was moved or hung up inside the verb: its action hears so, to no effect."""
        if verb.get("action"):
            go = self.go(verb, **said)
            fields = self.leg.fields() | said
            self.exchange.courier.report(self.leg.sid, go.url, fields, go.method)

    def absolute(self, url: str) -> str:
        """In a document that came as mere text there is nothing an address could be relative to."""
        found = urljoin(self.url, url)
        if not found.startswith(("http://", "https://")):
            raise Refused(RELATIVE, f"invalid URL format: {found!r}")
        return found


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
            stage.url = asked.url
            go = await _perform_all(stage, verbs)
        except Refused as refusal:
            _notify(stage, asked, refusal)
            if stage.waiting:
                return End("error")
            if not fallback or asked.url == fallback:
                await _apologise(stage)
                return End("error")
            told = {"ErrorCode": str(refusal.code), "ErrorUrl": asked.url}
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
    if verb.name in ("Reject", "Pause", "Redirect", "Start", "Stop"):
        return False
    return not (verb.name == "Dial" and verb.flag("answerOnBridge", False))


async def _fetch(stage: Stage, go: Go) -> tuple[Verb, ...]:
    if go.text is not None:
        return parse(go.text)
    answer = await _ask(stage, go)
    if not answer.ok:
        raise failed(answer)
    if answer.content_type.startswith(SOUND):
        stage.exchange.library.lend(go.url, answer)
        return (Verb("Play", {}, go.url, ()),)
    if answer.content_type.startswith("text/plain") and not answer.body.lstrip().startswith("<"):
        return (Verb("Say", {}, answer.body, ()),)
    return parse(answer.body)


async def _ask(stage: Stage, go: Go) -> Answer:
    """Ask for a document; cookies live as long as the call."""
    leg = stage.leg
    said = leg.fields() | stage.extra() | go.extra
    cookies = "; ".join(f"{name}={value}" for name, value in leg.cookies.items())
    headers = {"Cookie": cookies} if cookies else {}
    answer = await leg.exchange.courier.fetch(leg.sid, go.url, go.method, said, headers)
    leg.cookies |= answer.cookies
    return answer


def failed(answer: Answer) -> Refused:
    code = FAILURES.get(answer.error or "", RETRIEVAL)
    return Refused(code, f"HTTP retrieval failure: {answer.error or answer.status}")


def _notify(stage: Stage, go: Go, refusal: Refused) -> None:
    stage.exchange.notify(stage.leg, refusal.code, str(refusal), go)


async def _apologise(stage: Stage) -> None:
    stage.leg.answer()
    await stage.verbs["Say"](stage, Verb("Say", {}, APOLOGY, ()))
