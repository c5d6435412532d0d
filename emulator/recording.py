"""Recordings: begun by a verb or by REST, stopped with the call, kept as WAV files."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from emulator.account import new_sid
from emulator.document import Verb
from emulator.legs import HungUp, Leg, Reports, Speech
from emulator.media import Take
from emulator.program import Next, Stage
from emulator.room import Room
from emulator.sound import BEEP_SECONDS, seconds_of
from emulator.tasks import Interrupted, Signal, first_of, moment
from emulator.timeline import Timer

if TYPE_CHECKING:
    from emulator.exchange import Exchange

# A finished recording is not to be had at once.
PROCESSING = 1.0
RUNNING = ("in-progress", "paused")
# Of the media of all recordings so much is kept, in bytes; the oldest is forgotten first.
MOST_MEDIA = 256 * 1024 * 1024


@dataclass(eq=False)
class Recording:
    exchange: "Exchange"
    leg: Leg
    source: str
    channels: int
    take: Take
    callback: Reports | None = None
    room: Room | None = None
    track: str = "both"
    sid: str = field(default_factory=lambda: new_sid("RE"))
    status: str = "in-progress"
    began: datetime = field(init=False)
    seconds: int = 0
    error: int = 0
    media: bytes = b""

    def __post_init__(self) -> None:
        self.began = self.exchange.timeline.now
        self._report("in-progress")

    @property
    def conference(self) -> str | None:
        return self.room.sid if self.room is not None else None

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
        if self.status not in RUNNING:
            return
        self.media = self.take.stop()
        self.seconds = round(seconds_of(self.media))
        self.status = "processing"
        self.exchange.recordings.keep(self)
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
            "RecordingTrack": self.track,
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
    _with_media: deque[Recording] = field(default_factory=deque)
    _bytes: int = 0

    def start(
        self,
        leg: Leg,
        *,
        source: str,
        channels: int,
        callback: Reports | None = None,
        track: str = "both",
    ) -> Recording:
        take = self.exchange.media.record(leg, channels)
        return self._add(
            Recording(self.exchange, leg, source, channels, take, callback, track=track)
        )

    def start_of_room(self, room: Room, callback: Reports | None) -> Recording:
        """A conference is recorded on one channel; it belongs to the call that came first."""
        take = self.exchange.media.record_room(lambda: room.recorded_legs)
        leg = room.participants[0].leg
        return self._add(Recording(self.exchange, leg, "Conference", 1, take, callback, room=room))

    def running(self, leg: Leg) -> Recording | None:
        return next((one for one in leg.recordings if one.status in RUNNING), None)

    def stop_all(self, leg: Leg) -> None:
        """The call's own recordings; a conference's goes on without it."""
        for one in leg.recordings:
            if one.room is None:
                one.stop()

    def keep(self, recording: Recording) -> None:
        """Its media is there now: as much as fits is kept, the newest first of all."""
        self._with_media.append(recording)
        self._bytes += len(recording.media)
        while self._bytes > MOST_MEDIA and len(self._with_media) > 1:
            oldest = self._with_media.popleft()
            self._bytes -= len(oldest.media)
            oldest.media = b""

    def delete(self, recording: Recording) -> None:
        recording.stop()
        del self.all[recording.sid]
        recording.leg.recordings.remove(recording)
        if recording.room is not None:
            recording.room.recordings.remove(recording)
        if recording in self._with_media:
            self._with_media.remove(recording)
            self._bytes -= len(recording.media)

    def _add(self, recording: Recording) -> Recording:
        self.all[recording.sid] = recording
        recording.leg.recordings.append(recording)
        if recording.room is not None:
            recording.room.recordings.append(recording)
        return recording


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
    stage.go(verb)  # an address that cannot be asked is found before anything is recorded
    if verb.flag("playBeep", True):
        stage.exchange.media.beep(leg)
        await moment(timeline, BEEP_SECONDS)
    ending = Ending(stage, verb)
    recording = stage.exchange.recordings.start(
        leg, source="RecordVerb", channels=1, callback=callback_of(stage, verb)
    )
    leg.on_key.append(ending.key)
    leg.on_speech.append(ending.speech)
    ending.watch_silence()
    try:
        await first_of(ending.done, moment(timeline, verb.number("maxLength", 3600)))
    except Interrupted as why:
        recording.stop()
        if isinstance(why, HungUp):
            go = stage.go(verb, **_told(recording, "hangup"))
            stage.exchange.courier.report(leg.sid, go.url, leg.fields() | go.extra, go.method)
        raise
    finally:
        leg.on_key.remove(ending.key)
        leg.on_speech.remove(ending.speech)
    recording.stop()
    return stage.go(verb, **_told(recording, ending.done.value if ending.done.done else ""))


def callback_of(stage: Stage, verb: Verb) -> Reports | None:
    url = verb.get("recordingStatusCallback")
    return Reports.of(
        stage.absolute(url) if url else "",
        verb.get("recordingStatusCallbackMethod"),
        [verb.get("recordingStatusCallbackEvent")],
    )


def _told(recording: Recording, digits: str) -> dict[str, str]:
    return {
        "RecordingUrl": recording.url,
        "RecordingSid": recording.sid,
        "RecordingDuration": str(recording.seconds),
        "Digits": digits,
    }
