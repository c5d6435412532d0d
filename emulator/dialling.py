"""Dial: numbers and browser phones; the caller goes on when the other is gone."""

from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.conferring import confer
from emulator.document import Refused, Verb
from emulator.legs import Leg, Reports
from emulator.program import Go, Next, Stage, perform
from emulator.recording import Recording, callback_of
from emulator.tasks import Interrupted, Signal, Task, first_of, moment

MOST_NOUNS = 10
GRACE = 5.0
LONGEST_CALL = 14400
# A child that is asked first cannot dial on.
DIAL_IN_WHISPER = 13201
WHISPER_VERBS = ("Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Record")
KEY_PAUSE = {"w": 0.5, "W": 1.0}
RECORDED_DUAL = {"record-from-answer-dual", "record-from-ringing-dual"}
RECORDED = {"record-from-answer", "record-from-ringing", "true"} | RECORDED_DUAL


@dataclass
class Ringing:
    """The legs that a Dial rings at once: the first to answer (and to agree) wins."""

    stage: Stage
    legs: list[Leg] = field(default_factory=list)
    over: Signal[Leg | None] = field(default_factory=Signal)

    def watch(self, leg: Leg, noun: Verb) -> None:
        timeline = self.stage.exchange.timeline
        leg.picked_up.then(lambda: leg.perform(Task(timeline, self._answered(leg, noun))))
        leg.over.then(self._one_less)

    async def _answered(self, leg: Leg, noun: Verb) -> None:
        await send_keys(leg, noun.get("sendDigits"))
        if noun.get("url"):
            url = self.stage.absolute(noun.get("url"))
            verbs = {name: self.stage.exchange.verbs[name] for name in WHISPER_VERBS}
            verbs["Dial"] = _refuse_to_dial
            inside = Stage(leg, url, verbs, waiting=True)
            await perform(inside, Go(url, noun.get("method", "POST")))
        if leg.live and not self.over.done:
            self.over.resolve(leg)

    def _one_less(self) -> None:
        if not any(leg.live for leg in self.legs):
            self.over.resolve(None)

    def cancel_others(self, but: Leg | None) -> None:
        for leg in self.legs:
            if leg is not but and leg.live:
                leg.end("completed" if leg.answered else "canceled")


class Star(Signal[None]):
    """Happens when the caller presses the key that ends the talk."""

    def key(self, key: str) -> None:
        if key == "*":
            self.resolve(None)


async def send_keys(leg: Leg, keys: str) -> None:
    """Keys for the other side's own menu, pressed before anybody speaks."""
    for key in keys:
        if key in KEY_PAUSE:
            await moment(leg.exchange.timeline, KEY_PAUSE[key])
        else:
            leg.party.hear(leg, key, "key")


async def dial(stage: Stage, verb: Verb) -> Next:
    nouns = list(verb.children) or [Verb("Number", {}, verb.text, ())]
    if len(nouns) > MOST_NOUNS:
        raise Refused(13214, f"<Dial> with {len(nouns)} nouns")
    if nouns[0].name == "Conference":
        return await confer(stage, verb, nouns[0])
    return await _dial_parties(stage, verb, nouns)


async def _dial_parties(stage: Stage, verb: Verb, nouns: list[Verb]) -> Next:
    said: dict[str, str] = {"DialCallStatus": "failed", "DialBridged": "false"}
    winner: Leg | None = None
    batches = [[noun] for noun in nouns] if verb.flag("sequential", False) else [nouns]
    try:
        for batch in batches:
            winner, rung = await _ring(stage, verb, batch)
            said = _dialled(winner or rung[0], bridged=winner is not None)
            if winner is not None:
                said |= await _talk(stage, verb, winner)
                break
    except Interrupted:
        if winner is not None:
            said["DialCallDuration"] = str(winner.seconds)
        stage.tell(verb, **said)
        raise
    return stage.go(verb, **said) if verb.get("action") else None


async def _ring(stage: Stage, verb: Verb, nouns: list[Verb]) -> tuple[Leg | None, list[Leg]]:
    ringing = Ringing(stage)
    for noun in nouns:
        ringing.legs.append(_place(stage, verb, noun))
    for leg, noun in zip(ringing.legs, nouns, strict=True):
        ringing.watch(leg, noun)
        stage.exchange.ring(leg)
    patience = moment(stage.exchange.timeline, verb.number("timeout", 30) + GRACE)
    winner: Leg | None = None
    try:
        await first_of(ringing.over, patience)
        winner = ringing.over.value if ringing.over.done else None
    finally:
        for leg in ringing.legs:
            if winner is None and leg.status in ("queued", "ringing"):
                unanswered = patience.done
                leg.end("no-answer" if unanswered else "canceled")
        ringing.cancel_others(winner)
    return winner, ringing.legs


def _place(stage: Stage, verb: Verb, noun: Verb) -> Leg:
    """The child's leg; its status callback and its caller id are the noun's and the Dial's."""
    name = noun.text
    custom: dict[str, str] = {}
    if noun.name == "Client":
        for child in noun.children:
            if child.name == "Identity":
                name = child.text
            else:
                custom[child.get("name")] = child.get("value")
    called = f"client:{name}" if noun.name == "Client" else name
    callback = noun.get("statusCallback")
    reports = Reports.of(
        stage.absolute(callback) if callback else "",
        noun.get("statusCallbackMethod"),
        [noun.get("statusCallbackEvent")],
    )
    caller = verb.get("callerId") or stage.leg.caller
    return stage.exchange.place(
        caller, called, "outbound-dial", parent=stage.leg, reports=reports, custom=custom
    )


async def _talk(stage: Stage, verb: Verb, other: Leg) -> dict[str, str]:
    """Bridged, until one of the two is gone; tells what the action is told besides."""
    leg = stage.leg
    leg.answer()
    leg.bridged, other.bridged = other, leg
    moved = other.moved
    enough = moment(stage.exchange.timeline, verb.number("timeLimit", LONGEST_CALL))
    star = Star()
    passed_on = [(one, _passes_keys(to)) for one, to in ((leg, other), (other, leg))]
    for one, key in passed_on:
        one.on_key.append(key)
    if verb.flag("hangupOnStar", False):
        leg.on_key.append(star.key)
    recording = _record(stage, verb)
    try:
        await first_of(other.over, enough, star, moved)
    finally:
        leg.bridged = other.bridged = None
        for one, key in passed_on:
            if key in one.on_key:
                one.on_key.remove(key)
        if star.key in leg.on_key:
            leg.on_key.remove(star.key)
        if not moved.done:
            other.end()
        if recording is not None:
            recording.stop()
    said = {"DialCallStatus": "completed", "DialCallDuration": str(other.seconds)}
    return said | ({"RecordingUrl": recording.url} if recording is not None else {})


def _passes_keys(to: Leg) -> Callable[[str], None]:
    """What one of two presses, the other hears as a key; in a conference nobody does."""
    return lambda key: to.hear(key, "key")


def _record(stage: Stage, verb: Verb) -> Recording | None:
    if verb.get("record") not in RECORDED:
        return None
    return stage.exchange.recordings.start(
        stage.leg,
        source="DialVerb",
        channels=2 if verb.get("record") in RECORDED_DUAL else 1,
        callback=callback_of(stage, verb),
    )


async def _refuse_to_dial(_stage: Stage, _verb: Verb) -> Next:
    raise Refused(DIAL_IN_WHISPER, "<Dial> cannot be nested in a dialled call")


def _dialled(leg: Leg, *, bridged: bool) -> dict[str, str]:
    return {
        "DialCallSid": leg.sid,
        "DialCallStatus": leg.status if not bridged else "completed",
        "DialCallDuration": str(leg.seconds),
        "DialBridged": "true" if bridged else "false",
    }
