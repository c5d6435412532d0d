"""Dial: numbers, browser phones or a conference; the caller goes on when the other is gone."""

from dataclasses import dataclass, field

from emulator.document import Refused, Verb
from emulator.legs import HungUp, Leg, Reports
from emulator.program import Go, Next, Stage, perform
from emulator.recording import callback_of
from emulator.room import Participant, Room
from emulator.tasks import Interrupted, Signal, Task, first_of, moment

MOST_NOUNS = 10
GRACE = 5.0
DUPLICATE_LABEL = 16025
ROOM_FULL = 16020
LONGEST_CALL = 14400
WHISPER_VERBS = ("Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Record")
CONFERENCE_WAIT_VERBS = ("Say", "Play", "Pause", "Redirect")
RECORDED_DUAL = {"record-from-answer-dual", "record-from-ringing-dual"}
RECORDED = {"record-from-answer", "record-from-ringing", "true"} | RECORDED_DUAL


@dataclass
class Ringing:
    """The legs that a Dial rings at once: the first to answer (and to agree) wins."""

    stage: Stage
    legs: list[Leg] = field(default_factory=list)
    over: Signal[Leg | None] = field(default_factory=Signal)

    def watch(self, leg: Leg, noun: Verb) -> None:
        leg.picked_up.then(lambda: Task(self.stage.exchange.timeline, self._answered(leg, noun)))
        leg.over.then(self._one_less)

    async def _answered(self, leg: Leg, noun: Verb) -> None:
        if noun.get("url"):
            url = self.stage.absolute(noun.get("url"))
            verbs = {name: self.stage.verbs[name] for name in WHISPER_VERBS}
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


async def dial(stage: Stage, verb: Verb) -> Next:
    nouns = list(verb.children) or [Verb("Number", {}, verb.text, ())]
    if len(nouns) > MOST_NOUNS:
        raise Refused(13214, f"<Dial> with {len(nouns)} nouns")
    if nouns[0].name == "Conference":
        return await _dial_conference(stage, verb, nouns[0])
    return await _dial_parties(stage, verb, nouns)


async def _dial_parties(stage: Stage, verb: Verb, nouns: list[Verb]) -> Next:
    said: dict[str, str] = {"DialCallStatus": "failed", "DialBridged": "false"}
    batches = [[noun] for noun in nouns] if verb.flag("sequential", False) else [nouns]
    try:
        for batch in batches:
            winner, rung = await _ring(stage, verb, batch)
            said = _dialled(winner or rung[0], bridged=winner is not None)
            if winner is not None:
                said |= await _talk(stage, verb, winner)
                break
    except Interrupted:
        _tell(stage, verb, said)
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
    events = noun.get("statusCallbackEvent", "completed").split()
    reports = None
    if noun.get("statusCallback"):
        url = stage.absolute(noun.get("statusCallback"))
        reports = Reports(url, noun.get("statusCallbackMethod", "POST"), frozenset(events))
    caller = verb.get("callerId") or stage.leg.caller
    return stage.exchange.place(
        caller, called, "outbound-dial", parent=stage.leg, reports=reports, custom=custom
    )


async def _talk(stage: Stage, verb: Verb, other: Leg) -> dict[str, str]:
    """Bridged, until one of the two is gone; tells what the action is told besides."""
    leg = stage.leg
    leg.answer()
    leg.bridged, other.bridged = other, leg
    enough: Signal[None] = moment(stage.exchange.timeline, verb.number("timeLimit", LONGEST_CALL))
    star: Signal[None] = Signal()
    if verb.flag("hangupOnStar", False):
        leg.on_key.append(lambda key: star.resolve(None) if key == "*" else None)
    recording = None
    if verb.get("record") in RECORDED:
        channels = 2 if verb.get("record") in RECORDED_DUAL else 1
        recording = stage.exchange.recordings.start(
            leg, source="DialVerb", channels=channels, callback=callback_of(stage, verb)
        )
    try:
        await first_of(other.over, enough, star)
    finally:
        leg.bridged = other.bridged = None
        other.end()
        if recording is not None:
            recording.stop()
    said = {"DialCallStatus": "completed", "DialCallDuration": str(other.seconds)}
    return said | ({"RecordingUrl": recording.url} if recording is not None else {})


def _dialled(leg: Leg, *, bridged: bool) -> dict[str, str]:
    return {
        "DialCallSid": leg.sid,
        "DialCallStatus": leg.status if not bridged else "completed",
        "DialCallDuration": str(leg.seconds),
        "DialBridged": "true" if bridged else "false",
    }


async def _dial_conference(stage: Stage, verb: Verb, noun: Verb) -> Next:
    exchange = stage.exchange
    room = exchange.room(noun.text) or _open(stage, noun)
    label = noun.get("participantLabel")
    if label and room.find(label) is not None:
        exchange.notify(stage.leg, DUPLICATE_LABEL, f"label {label} is taken", Go(stage.url))
        return stage.go(verb, DialCallStatus="failed") if verb.get("action") else None
    if len(room.participants) >= room.max_participants:
        exchange.notify(stage.leg, ROOM_FULL, f"conference {room.name} is full", Go(stage.url))
        return stage.go(verb, DialCallStatus="failed") if verb.get("action") else None
    participant = Participant(
        stage.leg,
        exchange.timeline.now,
        label=label,
        muted=noun.flag("muted", False),
        starts=noun.flag("startConferenceOnEnter", True),
        ends=noun.flag("endConferenceOnExit", False),
        coaches=noun.get("coach"),
    )
    room.join(participant)
    waiting = Task(exchange.timeline, _await_start(stage, noun, room))
    try:
        await participant.left
    except Interrupted as why:
        gone = isinstance(why, HungUp)
        room.leave(participant, "participant_hung_up" if gone else "participant_updated_via_api")
        _tell(stage, verb, {"DialCallStatus": "answered"})
        raise
    finally:
        waiting.interrupt(Interrupted())
    return stage.go(verb, DialCallStatus="answered") if verb.get("action") else None


def _open(stage: Stage, noun: Verb) -> Room:
    """A new room: where its events go is settled by whoever comes first."""
    url = noun.get("statusCallback")
    room = Room(
        stage.exchange,
        noun.text,
        events_url=stage.absolute(url) if url else "",
        events_method=noun.get("statusCallbackMethod", "POST"),
        events=frozenset(noun.get("statusCallbackEvent", "start end").split()),
        max_participants=int(noun.number("maxParticipants", 250)),
    )
    stage.exchange.open_room(room)
    return room


async def _await_start(stage: Stage, noun: Verb, room: Room) -> None:
    """What a participant hears until the conference starts; an own document does not loop."""
    if room.status != "init":
        return
    if not noun.has("waitUrl"):
        stage.exchange.media.music(stage.leg, True)
        return
    if noun.get("waitUrl"):
        url = stage.absolute(noun.get("waitUrl"))
        verbs = {name: stage.verbs[name] for name in CONFERENCE_WAIT_VERBS}
        inside = Stage(stage.leg, url, verbs, waiting=True)
        await perform(inside, Go(url, noun.get("waitMethod", "POST")))


def _tell(stage: Stage, verb: Verb, said: dict[str, str]) -> None:
    """The leg was moved or hung up inside the Dial: its action hears so, its answer is unused."""
    if verb.get("action"):
        url = stage.absolute(verb.get("action"))
        fields = stage.leg.fields() | said
        stage.exchange.courier.report(stage.leg.sid, url, fields, verb.get("method", "POST"))
