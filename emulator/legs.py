"""A leg: one party's connection with the carrier, from the first ring to the last callback."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol

from emulator.account import Webhooks, new_sid
from emulator.tasks import Interrupted, Signal, Task
from emulator.timeline import Timer

if TYPE_CHECKING:
    from emulator.exchange import Exchange
    from emulator.recording import Recording
    from emulator.room import Room
    from emulator.transcription import Transcription

LIVE = ("queued", "ringing", "in-progress")
# The names of the events that a status callback can be asked for.
EVENT_OF = {"queued": "initiated", "ringing": "ringing", "in-progress": "answered"}
SIP_BUSY = "486"
PLACES = ("City", "State", "Zip", "Country")


class Moved(Interrupted):
    """The leg goes on with another document."""


class HungUp(Interrupted):
    """The leg is over."""


class Party(Protocol):
    """Who is at the far end: a telephone, a browser, a test."""

    def ring(self, leg: "Leg") -> None: ...
    def talking(self, leg: "Leg") -> None: ...
    def ended(self, leg: "Leg") -> None: ...
    def hear(self, leg: "Leg", words: str, kind: str) -> None:
        """Words of a prompt, of another voice, or keys that somebody pressed."""
        ...


@dataclass
class Speech:
    """Something the leg's party says, as long as he is saying it."""

    text: str
    seconds: float


@dataclass
class Reports:
    """Where, and of which events, a status callback is sent."""

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})

    @classmethod
    def of(cls, url: str, method: str, events: Iterable[str]) -> "Reports | None":
        """None without an address; events come as a list, or in one text with spaces."""
        if not url:
            return None
        named = frozenset(" ".join(events).split())
        return cls(url, method or "POST", named or frozenset({"completed"}))


@dataclass(eq=False)
class Leg:
    exchange: "Exchange"
    caller: str
    called: str
    direction: str
    party: Party
    webhooks: Webhooks = field(default_factory=Webhooks)
    reports: Reports | None = None
    parent: "Leg | None" = None
    # What a browser phone sent along; the application sees it as fields of each webhook.
    custom: dict[str, str] = field(default_factory=dict)
    application: str = ""
    sid: str = field(default_factory=lambda: new_sid("CA"))
    status: str = "queued"
    created: datetime = field(init=False)
    answered: datetime | None = None
    # Human, machine or fax, where the carrier was asked to listen.
    answered_by: str | None = None
    ended: datetime | None = None
    # Whatever listens to keys and speech now.
    on_key: list[Callable[[str], None]] = field(default_factory=list)
    on_speech: list[Callable[[Speech, bool], None]] = field(default_factory=list)
    on_heard: list[Callable[[Speech, bool], None]] = field(default_factory=list)
    room: "Room | None" = None
    bridged: "Leg | None" = None
    queue: str | None = None
    transcriptions: "list[Transcription]" = field(default_factory=list)
    recordings: "list[Recording]" = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    over: Signal[str] = field(default_factory=Signal)
    picked_up: Signal[None] = field(default_factory=Signal)
    # Made anew for each program: it happens when the leg goes on with another.
    moved: Signal[None] = field(default_factory=Signal)
    _program: Task | None = None
    _reported: int = 0
    _limit: Timer | None = None

    def __post_init__(self) -> None:
        self.created = self.exchange.timeline.now

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def seconds(self) -> int:
        """How long it has been, or was, connected."""
        if self.answered is None:
            return 0
        until = self.ended or self.exchange.timeline.now
        return math.ceil((until - self.answered).total_seconds())

    def fields(self) -> dict[str, str]:
        """The fields that every webhook about this leg carries."""
        said = {
            "CallSid": self.sid,
            "AccountSid": self.exchange.account.sid,
            "From": self.caller,
            "To": self.called,
            "Caller": self.caller,
            "Called": self.called,
            "CallStatus": self.status,
            "ApiVersion": "2010-04-01",
            "Direction": self.direction,
        }
        if not self.caller.startswith("client:"):
            said |= {f"{who}{what}": "" for who in ("From", "To") for what in PLACES}
            said |= {f"{who}{what}": "" for who in ("Caller", "Called") for what in PLACES}
        if self.parent is not None:
            said["ParentCallSid"] = self.parent.sid
        if self.application:
            said["ApplicationSid"] = self.application
        return said | self.custom

    def perform(self, task: Task) -> None:
        """Go on with another program; the one before is told that it was moved away from."""
        before, self._program = self._program, task
        if before is not None:
            before.interrupt(Moved())
        moved, self.moved = self.moved, Signal()
        moved.resolve(None)
        self.exchange.media.hush(self)

    def limit(self, seconds: float) -> None:
        """End it at the latest so many seconds from now."""
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self.exchange.timeline.after(seconds, self.end)

    def answer(self) -> None:
        if self.status in ("queued", "ringing"):
            self.answered = self.exchange.timeline.now
            self.status = "in-progress"
            self.report()
            self.picked_up.resolve(None)
            self.party.talking(self)

    def ring(self) -> None:
        self.status = "ringing"
        self.report()
        self.party.ring(self)

    def end(self, status: str = "completed") -> None:
        """Over for good: what it was doing is told so, then everybody who asked hears of it."""
        if not self.live:
            return
        self.status, self.ended = status, self.exchange.timeline.now
        if self._limit is not None:
            self._limit.cancel()
        program, self._program = self._program, None
        if program is not None:
            program.interrupt(HungUp())
        self.exchange.clean_up(self)
        self.report()
        self.party.ended(self)
        self.over.resolve(status)

    def report(self) -> None:
        """Send a status callback if one was asked for; its number tells the order."""
        number, self._reported = self._reported, self._reported + 1
        event = EVENT_OF.get(self.status, "completed")
        if self.reports is None or event not in self.reports.events:
            return
        said = self.fields() | {
            "CallbackSource": "call-progress-events",
            "Timestamp": format_datetime(self.exchange.timeline.now),
            "SequenceNumber": str(number),
        }
        if self.status == "queued":
            said["CallStatus"] = "initiated"
        if self.status == "busy":
            said["SipResponseCode"] = SIP_BUSY
        if self.answered_by is not None:
            said["AnsweredBy"] = self.answered_by
        if not self.live:
            said["CallDuration"] = str(self.seconds)
            said["Duration"] = str(math.ceil(self.seconds / 60))
        self.exchange.courier.report(self.sid, self.reports.url, said, self.reports.method)

    def hear(self, words: str, kind: str = "prompt") -> None:
        self.party.hear(self, words, kind)

    def press(self, keys: str) -> None:
        """The party presses keys, one after the other."""
        for key in keys:
            for listener in list(self.on_key):
                listener(key)

    def speak(self, text: str) -> float:
        """The party says something: others hear it, and whoever listens gets the words."""
        seconds = self.exchange.media.voice(self, text)
        speech = Speech(text, seconds)
        audience = list(self.heard_by())
        if self.room is not None:
            self.room.speaking(self, seconds)
        for other in audience:
            other.hear(text, "voice")
        self._tell(speech, audience, over=False)
        self.exchange.timeline.after(seconds, lambda: self._tell(speech, audience, over=True))
        return seconds

    def hears(self) -> "list[Leg]":
        """Whose voices this leg hears now."""
        if self.room is not None:
            return self.room.audible_to(self)
        return [self.bridged] if self.bridged is not None else []

    def heard_by(self) -> "Iterable[Leg]":
        if self.room is not None:
            others: Iterable[Leg] = self.room.legs
        else:
            others = [self.bridged] if self.bridged is not None else []
        return [other for other in others if self in other.hears()]

    def _tell(self, speech: Speech, audience: "list[Leg]", *, over: bool) -> None:
        listeners = [(self, self.on_speech)] + [(other, other.on_heard) for other in audience]
        for leg, listening in listeners:
            if leg.live:
                for listener in list(listening):
                    listener(speech, over)
