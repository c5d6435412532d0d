"""Recordings: begun by a verb or by REST, stopped with the call, kept as WAV files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from emulator.account import new_sid
from emulator.document import Verb
from emulator.legs import Leg, Reports, Speech
from emulator.media import Take
from emulator.program import Next, Stage
from emulator.room import Room
from emulator.tasks import Interrupted, Signal, first_of, moment
from emulator.timeline import Timer

if TYPE_CHECKING:
    from emulator.exchange import Exchange

# A finished recording is not to be had at once.
PROCESSING = 1.0
BEEP = 0.5
EVENTS = frozenset({"completed"})


@dataclass(eq=False)
class Recording:
    exchange: "Exchange"
    leg: Leg
    source: str
    channels: int
    take: Take
    callback: Reports | None = None
    conference: str | None = None
    sid: str = field(default_factory=lambda: new_sid("RE"))
    status: str = "in-progress"
    began: datetime = field(init=False)
    seconds: int = 0
    media: bytes = b""

    def __post_init__(self) -> None:
        self.began = self.exchange.timeline.now
        self._report("in-progress")

    @property
    def url(self) -> str:
        return f"{self.exchange.account_url}/Recordings/{self.sid}"

    def pause(self, *, skip: bool) -> None:
        if self.status == "in-progress":
            self.status = "paused"
            self.take.pause(skip=skip)

    def resume(self) -> None:
        if self.status == "paused":
            self.status = "in-progress"
            self.take.resume()

    def stop(self) -> None:
        if self.status not in ("in-progress", "paused"):
            return
        self.media = self.take.stop()
        self.seconds = round((self.exchange.timeline.now - self.began).total_seconds())
        self.status = "processing"
        self.exchange.timeline.after(PROCESSING, self._complete)

    def _complete(self) -> None:
        self.status = "completed" if self.seconds > 0 else "absent"
        self._report(self.status)

    def _report(self, event: str) -> None:
        if self.callback is None or event not in self.callback.events:
            return
        said = {
            "AccountSid": self.exchange.account.sid,
            "CallSid": self.leg.sid,
            "RecordingSid": self.sid,
            "RecordingUrl": self.url,
            "RecordingStatus": event,
            "RecordingChannels": str(self.channels),
            "RecordingStartTime": format_datetime(self.began),
            "RecordingSource": self.source,
            "RecordingTrack": "both",
            "ErrorCode": "0",
        }
        if self.conference:
            said["ConferenceSid"] = self.conference
        if event != "in-progress":
            said["RecordingDuration"] = str(self.seconds)
        self.exchange.courier.report(self.leg.sid, self.callback.url, said, self.callback.method)


@dataclass
class Recordings:
    exchange: "Exchange"
    all: dict[str, Recording] = field(default_factory=dict)

    def start(
        self,
        leg: Leg,
        *,
        source: str,
        channels: int,
        callback: Reports | None = None,
        room: Room | None = None,
    ) -> Recording:
        legs: Callable[[], list[Leg]] = (lambda: room.legs) if room else (lambda: [leg])
        take = self.exchange.media.record(legs, channels)
        sid = room.sid if room else None
        recording = Recording(self.exchange, leg, source, channels, take, callback, sid)
        self.all[recording.sid] = recording
        return recording

    def of(self, leg: Leg) -> list[Recording]:
        return [one for one in self.all.values() if one.leg is leg]

    def stop_all(self, leg: Leg) -> None:
        for one in self.of(leg):
            one.stop()


@dataclass
class Ending:
    """What ends a Record: a key, silence, or the longest length."""

    stage: Stage
    verb: Verb
    done: Signal[str] = field(default_factory=Signal)
    _silence: Timer | None = None

    def key(self, key: str) -> None:
        if key in self.verb.get("finishOnKey", "1234567890*#"):
            self.done.resolve(key)

    def speech(self, speech: Speech, over: bool) -> None:
        if over:
            self.watch_silence()
        elif self._silence is not None:
            self._silence.cancel()

    def watch_silence(self) -> None:
        patience = self.verb.number("timeout", 5)
        if patience:
            if self._silence is not None:
                self._silence.cancel()
            timeline = self.stage.exchange.timeline
            self._silence = timeline.after(patience, lambda: self.done.resolve(""))


async def record(stage: Stage, verb: Verb) -> Next:
    leg, timeline = stage.leg, stage.exchange.timeline
    if verb.flag("playBeep", True):
        await moment(timeline, BEEP)
    ending = Ending(stage, verb)
    recording = stage.exchange.recordings.start(
        leg, source="RecordVerb", channels=1, callback=callback_of(stage, verb)
    )
    leg.on_key.append(ending.key)
    leg.on_speech.append(ending.speech)
    ending.watch_silence()
    try:
        await first_of(ending.done, moment(timeline, verb.number("maxLength", 3600)))
    except Interrupted:
        recording.stop()
        stage.exchange.courier.report(
            leg.sid,
            stage.absolute(verb.get("action") or stage.url),
            leg.fields() | _told(recording, "hangup"),
            verb.get("method", "POST"),
        )
        raise
    finally:
        leg.on_key.remove(ending.key)
        leg.on_speech.remove(ending.speech)
    recording.stop()
    return stage.go(verb, **_told(recording, ending.done.value if ending.done.done else ""))


def callback_of(stage: Stage, verb: Verb) -> Reports | None:
    url = verb.get("recordingStatusCallback")
    if not url:
        return None
    events = frozenset(verb.get("recordingStatusCallbackEvent", "completed").split())
    method = verb.get("recordingStatusCallbackMethod", "POST")
    return Reports(stage.absolute(url), method, events)


def _told(recording: Recording, digits: str) -> dict[str, str]:
    return {
        "RecordingUrl": recording.url,
        "RecordingSid": recording.sid,
        "RecordingDuration": str(recording.seconds),
        "Digits": digits,
    }
