"""Dial Conference: into a conference, what is heard there alone, and out of it again."""

from collections.abc import Iterable

from emulator.bulletin import Bulletin
from emulator.document import Refused, Verb
from emulator.legs import HungUp
from emulator.program import Go, Next, Perform, Stage, perform
from emulator.recording import callback_of
from emulator.room import LARGEST, Participant, Room
from emulator.tasks import Interrupted, Task

DUPLICATE_LABEL = 16025
ROOM_FULL = 16020
NOBODY_TO_COACH = 13240
ASIDE_VERBS = ("Say", "Play", "Pause", "Redirect")


async def confer(stage: Stage, verb: Verb, noun: Verb) -> Next:
    room = stage.exchange.room(noun.text) or _open(stage, noun)
    refusal = _refusal(room, noun)
    if refusal is not None:
        room.abandon()
        stage.exchange.notify(stage.leg, refusal.code, str(refusal), Go(stage.url))
        return _go_on(stage, verb, "failed")
    participant = Participant(
        stage.leg,
        stage.exchange.timeline.now,
        label=noun.get("participantLabel"),
        muted=noun.flag("muted", False),
        starts=noun.flag("startConferenceOnEnter", True),
        ends=noun.flag("endConferenceOnExit", False),
        beeps=noun.get("beep", "true"),
        coaches=noun.get("coach"),
    )
    room.join(participant)
    if room.status == "init":
        _await_start(stage, noun, room, participant)
    try:
        reason = await participant.left
    except Interrupted as why:
        gone = isinstance(why, HungUp)
        room.leave(participant, "participant_hung_up" if gone else "participant_updated_via_api")
        stage.tell(verb, DialCallStatus="answered")
        raise
    return _go_on(stage, verb, "failed" if reason == "participant_add_failed" else "answered")


def hold(participant: Participant, url: str, method: str) -> None:
    """On hold he hears a document of his own in the place of music; it does not loop."""
    leg = participant.leg
    leg.exchange.media.music(leg, False)
    document = perform(_aside(participant, url), Go(url, method))
    participant.listen(Task(leg.exchange.timeline, document))


def wait(room: Room, participant: Participant, go: Go) -> None:
    """Until the conference starts he hears a document; it does not loop."""
    room.exchange.media.music(participant.leg, False)
    participant.listen(Task(room.exchange.timeline, _wait(room, participant, go)))


def announce(room: Room, to: Iterable[Participant], url: str, method: str) -> None:
    """Perform a document to participants who stay where they are."""
    for one in to:
        task = Task(room.exchange.timeline, _announce(room, one, Go(url, method)))
        one.asides = [other for other in one.asides if not other.over] + [task]


async def _announce(room: Room, one: Participant, go: Go) -> None:
    end = await perform(_aside(one, go.url), go)
    if end.result == "error":
        reason = "the document could not be performed"
        room.tell("announcement-fail", one, AnnounceUrl=go.url, ReasonAnnouncementFailed=reason)
    else:
        room.tell("announcement-end", one, AnnounceUrl=go.url)


def _open(stage: Stage, noun: Verb) -> Room:
    """A new room: whoever comes first settles where its events go, and whether it is recorded."""
    url = noun.get("statusCallback")
    bulletin = Bulletin(
        stage.absolute(url) if url else "",
        noun.get("statusCallbackMethod", "POST"),
        frozenset(noun.get("statusCallbackEvent", "start end").split()),
    )
    room = Room(
        stage.exchange,
        noun.text,
        bulletin,
        max_participants=min(LARGEST, int(noun.number("maxParticipants", LARGEST))),
        recorded=noun.get("record") in ("record-from-start", "true"),
        recording_reports=callback_of(stage, noun),
    )
    stage.exchange.open_room(room)
    return room


def _refusal(room: Room, noun: Verb) -> Refused | None:
    """Why the carrier does not let a participant in."""
    label, coached = noun.get("participantLabel"), noun.get("coach")
    if label and room.find(label) is not None:
        return Refused(DUPLICATE_LABEL, f"label {label} is taken")
    if coached and room.find(coached) is None:
        return Refused(NOBODY_TO_COACH, f"{coached} is not in conference {room.name}")
    if len(room.participants) >= room.max_participants:
        return Refused(ROOM_FULL, f"conference {room.name} is full")
    return None


def _await_start(stage: Stage, noun: Verb, room: Room, one: Participant) -> None:
    """What a participant hears until the conference starts."""
    if not noun.has("waitUrl"):
        stage.exchange.media.music(stage.leg, True)
    elif noun.get("waitUrl"):
        go = Go(stage.absolute(noun.get("waitUrl")), noun.get("waitMethod", "POST"))
        wait(room, one, go)


async def _wait(room: Room, one: Participant, go: Go) -> None:
    """A document that fails keeps the participant out."""
    end = await perform(_aside(one, go.url), go)
    if end.result == "error":
        room.leave(one, "participant_add_failed")


def _aside(one: Participant, url: str) -> Stage:
    verbs: dict[str, Perform] = {name: one.leg.exchange.verbs[name] for name in ASIDE_VERBS}
    return Stage(one.leg, url, verbs, waiting=True)


def _go_on(stage: Stage, verb: Verb, status: str) -> Next:
    return stage.go(verb, DialCallStatus=status) if verb.get("action") else None
