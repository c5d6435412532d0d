"""Gather: keys or speech, whichever comes first, over the prompt if need be."""

from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.document import Refused, Verb
from emulator.legs import Leg, Speech
from emulator.program import Next, Stage
from emulator.tasks import Interrupted, Signal, Task, first_of, moment
from emulator.timeline import Timer

AUTOMATIC_END = 0.8
LONGEST_SPEECH = 60.0
CONFIDENCE = "0.9123"
INPUTS = {"dtmf", "speech"}


class BargedIn(Interrupted):
    """The prompt is cut short by a key or by speech."""


@dataclass
class Listening:
    """What has been pressed and said so far, and whether that is all."""

    stage: Stage
    verb: Verb
    kind: str = ""
    keys: str = ""
    words: list[str] = field(default_factory=list)
    begun: Signal[None] = field(default_factory=Signal)
    complete: Signal[dict[str, str]] = field(default_factory=Signal)
    _timer: Timer | None = None
    _partials: int = 0

    @property
    def leg(self) -> Leg:
        return self.stage.leg

    def key(self, key: str) -> None:
        if self.complete.done or not self._wins("dtmf"):
            return
        self.begun.resolve(None)
        if key == self.verb.get("finishOnKey", "#"):
            self._finish()
            return
        self.keys += key
        if len(self.keys) == self.verb.number("numDigits", 0):
            self._finish()
        else:
            self._finish_after(self._timeout(), self._finish)

    def speech(self, speech: Speech, over: bool) -> None:
        if self.complete.done or not self._wins("speech"):
            return
        self.begun.resolve(None)
        self._partial(speech, over)
        if not over:
            self.hold()
            return
        self.words.append(speech.text)
        asked = self.verb.get("speechTimeout") or str(self._timeout())
        pause = AUTOMATIC_END if asked == "auto" else float(asked)
        self._finish_after(pause, self._finish)

    def wait(self) -> None:
        """The prompt is over: from now on silence ends it, too."""
        if not self.begun.done:
            self._finish_after(self._timeout(), lambda: self.complete.resolve({}))

    def _wins(self, kind: str) -> bool:
        """Whatever comes first is what counts."""
        self.kind = self.kind or kind
        return self.kind == kind

    def so_far(self) -> dict[str, str]:
        if self.words:
            return {"SpeechResult": "".join(self.words), "Confidence": CONFIDENCE}
        return {"Digits": self.keys} if self.keys else {}

    def _finish(self) -> None:
        self.complete.resolve(self.so_far())

    def _finish_after(self, seconds: float, finish: Callable[[], None]) -> None:
        self.hold()
        self._timer = self.stage.exchange.timeline.after(seconds, finish)

    def hold(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _timeout(self) -> float:
        return self.verb.number("timeout", 5)

    def _partial(self, speech: Speech, over: bool) -> None:
        url = self.verb.get("partialResultCallback")
        if not url:
            return
        said = self.leg.fields() | {
            "UnstableSpeechResult": "" if over else speech.text,
            "StableSpeechResult": speech.text if over else "",
            "Stability": "0.9" if over else "0.5",
            "SequenceNumber": str(self._partials),
        }
        self._partials += 1
        method = self.verb.get("partialResultCallbackMethod", "POST")
        self.stage.exchange.courier.report(self.leg.sid, self.stage.absolute(url), said, method)


async def gather(stage: Stage, verb: Verb) -> Next:
    kinds = set(verb.get("input", "dtmf").split())
    if not kinds or not kinds <= INPUTS:
        raise Refused(12200, f"<Gather input={verb.get('input')!r}>")
    stage.go(verb)  # an address that cannot be asked is found before anybody is kept waiting
    listening = Listening(stage, verb)
    if "dtmf" in kinds:
        stage.leg.on_key.append(listening.key)
    if "speech" in kinds:
        stage.leg.on_speech.append(listening.speech)
    prompt = Task(stage.exchange.timeline, _prompt(stage, verb))
    try:
        await first_of(prompt.finished, listening.begun)
        prompt.interrupt(BargedIn())
        stage.exchange.media.hush(stage.leg)
        listening.wait()
        longest = moment(stage.exchange.timeline, _patience(listening))
        await first_of(listening.complete, longest)
        got = listening.complete.value if listening.complete.done else listening.so_far()
    finally:
        prompt.interrupt(BargedIn())
        listening.hold()
        if listening.key in stage.leg.on_key:
            stage.leg.on_key.remove(listening.key)
        if listening.speech in stage.leg.on_speech:
            stage.leg.on_speech.remove(listening.speech)
    if got:
        return stage.go(verb, **got)
    if verb.flag("actionOnEmptyResult", False):
        return stage.go(verb, Digits="")
    return None


def _patience(listening: Listening) -> float:
    return LONGEST_SPEECH + listening.verb.number("timeout", 5)


async def _prompt(stage: Stage, verb: Verb) -> None:
    for child in verb.children:
        await stage.verbs[child.name](stage, child)
