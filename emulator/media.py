"""What legs hear and say.  This one makes no sound: it only knows how long things take.

The server puts a real one in its place, with synthesis, mixing and WebRTC.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np

from emulator.sound import BEEP_PITCH, BEEP_SECONDS, RATE, Sound, wav
from emulator.timeline import Timeline

if TYPE_CHECKING:
    from emulator.legs import Leg

SECONDS_PER_SIGN = 0.2
SECONDS_PER_LETTER = 0.06
FIRST_CJK = 0x2E80

Legs = Callable[[], list["Leg"]]


class Take(Protocol):
    """A recording that runs."""

    def pause(self, *, skip: bool) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> bytes: ...


class Media(Protocol):
    """The sound of all legs; every duration is in seconds."""

    def utter(self, leg: "Leg", text: str, language: str) -> float:
        """Begin to say ``text`` to the leg, and tell how long it takes."""
        ...

    def play(self, leg: "Leg", sound: Sound) -> float: ...
    def hush(self, leg: "Leg") -> None:
        """Stop whatever is being said or played to the leg."""
        ...

    def music(self, leg: "Leg", on: bool) -> None: ...

    def beep(self, leg: "Leg") -> None: ...

    def voice(self, leg: "Leg", text: str) -> float:
        """Let the leg's own party say ``text``, and tell how long it takes."""
        ...

    def record(self, leg: "Leg", channels: int) -> Take:
        """Record a leg's two sides, on a channel each or mixed."""
        ...

    def record_room(self, legs: Legs) -> Take:
        """Record what all of them say, mixed."""
        ...

    def end(self, leg: "Leg") -> None: ...


def lasting(text: str) -> float:
    """How long a sentence takes to say: a Chinese sign 0.2 s, a Latin letter 0.06 s."""
    return sum(SECONDS_PER_SIGN if ord(one) >= FIRST_CJK else SECONDS_PER_LETTER for one in text)


@dataclass
class Sounding:
    """Somebody made a sound: on which side of his leg, from when, how long."""

    leg: str
    outwards: bool
    at: datetime
    seconds: float


@dataclass(eq=False)
class SilentTake:
    """Renders what was said as tones at their places, one channel per side."""

    timeline: Timeline
    legs: Legs
    channels: int
    room: bool
    began: datetime = field(init=False)
    stopped: bool = False
    _sounds: list[Sounding] = field(default_factory=list)
    _gaps: list[tuple[datetime, datetime | None, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.timeline.now

    def note(self, leg: "Leg", sound: Sounding) -> None:
        if leg in self.legs() and not (self.room and sound.outwards):
            self._sounds.append(sound)

    def pause(self, *, skip: bool) -> None:
        self._gaps.append((self.timeline.now, None, skip))

    def resume(self) -> None:
        if self._gaps and self._gaps[-1][1] is None:
            began, _, skip = self._gaps[-1]
            self._gaps[-1] = (began, self.timeline.now, skip)

    def stop(self) -> bytes:
        self.resume()
        self.stopped = True
        length = round((self.timeline.now - self.began).total_seconds() * RATE)
        sound = np.zeros((length, self.channels), dtype=np.int16)
        for one in self._sounds:
            self._draw(sound, one)
        for began, ended, skip in reversed(self._gaps):
            sound = self._cut(sound, began, ended or self.timeline.now, skip)
        return wav(sound)

    def _draw(self, sound: np.ndarray, one: Sounding) -> None:
        start = round((one.at - self.began).total_seconds() * RATE)
        stop = min(len(sound), start + round(one.seconds * RATE))
        start = max(start, 0)
        if start < stop:
            channel = 1 if one.outwards and self.channels > 1 else 0
            tone = np.sin(2 * np.pi * BEEP_PITCH * np.arange(stop - start) / RATE)
            sound[start:stop, channel] = (8000 * tone).astype(np.int16)

    def _cut(self, sound: np.ndarray, began: datetime, ended: datetime, skip: bool) -> np.ndarray:
        start = round((began - self.began).total_seconds() * RATE)
        stop = round((ended - self.began).total_seconds() * RATE)
        if skip:
            return np.delete(sound, slice(start, stop), axis=0)
        sound[start:stop] = 0
        return sound


class SilentMedia:
    """Nothing is kept of what nobody records: a load test makes thousands of calls."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._takes: list[SilentTake] = []
        # What is being said to each leg; it can still be cut short.
        self._saying: dict[str, Sounding] = {}

    def utter(self, leg: "Leg", text: str, language: str) -> float:
        return self._say(leg, lasting(text))

    def play(self, leg: "Leg", sound: Sound) -> float:
        return self._say(leg, sound.seconds)

    def hush(self, leg: "Leg") -> None:
        said = self._saying.pop(leg.sid, None)
        if said is not None:
            spent = (self._timeline.now - said.at).total_seconds()
            said.seconds = min(said.seconds, spent)

    def music(self, leg: "Leg", on: bool) -> None: ...

    def beep(self, leg: "Leg") -> None:
        self._sound(leg, BEEP_SECONDS, outwards=True)

    def voice(self, leg: "Leg", text: str) -> float:
        seconds = lasting(text)
        self._sound(leg, seconds, outwards=False)
        for other in leg.heard_by():
            self._sound(other, seconds, outwards=True)
        return seconds

    def record(self, leg: "Leg", channels: int) -> Take:
        return self._take(SilentTake(self._timeline, lambda: [leg], channels, room=False))

    def record_room(self, legs: Legs) -> Take:
        return self._take(SilentTake(self._timeline, legs, 1, room=True))

    def end(self, leg: "Leg") -> None:
        self._saying.pop(leg.sid, None)

    def _take(self, take: SilentTake) -> Take:
        self._takes = [one for one in self._takes if not one.stopped]
        self._takes.append(take)
        return take

    def _say(self, leg: "Leg", seconds: float) -> float:
        self._saying[leg.sid] = self._sound(leg, seconds, outwards=True)
        return seconds

    def _sound(self, leg: "Leg", seconds: float, *, outwards: bool) -> Sounding:
        sound = Sounding(leg.sid, outwards, self._timeline.now, seconds)
        for take in self._takes:
            if not take.stopped:
                take.note(leg, sound)
        return sound
