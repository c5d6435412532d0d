"""Real-time transcription: what is said on a leg, sentence by sentence, as callbacks."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emulator.account import new_sid
from emulator.legs import Leg, Reports, Speech

if TYPE_CHECKING:
    from emulator.exchange import Exchange

CONFIDENCE = 0.97
TRACKS = {"inbound_track", "outbound_track", "both_tracks"}
ENGINES = {"google", "deepgram"}
BAD_CONFIGURATION = 32650


@dataclass(eq=False)
class Transcription:
    exchange: "Exchange"
    leg: Leg
    callback: Reports
    name: str = ""
    track: str = "both_tracks"
    language: str = "en-US"
    partial: bool = False
    labels: tuple[str, str] = ("", "")
    engine: str = "google"
    sid: str = field(default_factory=lambda: new_sid("GT"))
    status: str = "in-progress"
    _sequence: int = 0

    def start(self) -> None:
        self.leg.transcriptions.append(self)
        if self.engine not in ENGINES or self.track not in TRACKS:
            self.status = "stopped"
            words = "invalid transcription configuration"
            self._report(
                "transcription-error",
                TranscriptionErrorCode=str(BAD_CONFIGURATION),
                TranscriptionError=words,
            )
            return
        if self.track in ("inbound_track", "both_tracks"):
            self.leg.on_speech.append(self._inbound)
        if self.track in ("outbound_track", "both_tracks"):
            self.leg.on_heard.append(self._outbound)
        self._report(
            "transcription-started",
            ProviderConfiguration=json.dumps({"profanityFilter": "true"}),
            TranscriptionEngine=self.engine,
            Name=self.name,
            Track=self.track,
            InboundTrackLabel=self.labels[0],
            OutboundTrackLabel=self.labels[1],
            PartialResults="true" if self.partial else "false",
            LanguageCode=self.language,
        )

    def stop(self) -> None:
        if self.status == "stopped":
            return
        self.status = "stopped"
        if self._inbound in self.leg.on_speech:
            self.leg.on_speech.remove(self._inbound)
        if self._outbound in self.leg.on_heard:
            self.leg.on_heard.remove(self._outbound)
        self._report("transcription-stopped")

    def _inbound(self, speech: Speech, over: bool) -> None:
        self._content("inbound_track", speech, over)

    def _outbound(self, speech: Speech, over: bool) -> None:
        self._content("outbound_track", speech, over)

    def _content(self, track: str, speech: Speech, over: bool) -> None:
        if not over and not self.partial:
            return
        data: dict[str, object] = {"transcript": speech.text}
        if over:
            data["confidence"] = CONFIDENCE
        self._report(
            "transcription-content",
            LanguageCode=self.language,
            Track=track,
            Final="true" if over else "false",
            TranscriptionData=json.dumps(data, ensure_ascii=False),
        )

    def _report(self, event: str, **more: str) -> None:
        self._sequence += 1
        moment = self.exchange.timeline.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        said = {
            "AccountSid": self.exchange.account.sid,
            "CallSid": self.leg.sid,
            "TranscriptionSid": self.sid,
            "Timestamp": moment,
            "SequenceId": str(self._sequence),
            "TranscriptionEvent": event,
        }
        self.exchange.courier.report(
            self.leg.sid, self.callback.url, said | more, self.callback.method
        )
