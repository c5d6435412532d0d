"""What legs hear and say.  This one makes no sound: it only knows how long things take.

The server puts a real one in its place, with synthesis, mixing and WebRTC.
"""

import io
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import numpy as np

from emulator.timeline import Timeline

if TYPE_CHECKING:
    from emulator.legs import Leg

RATE = 8000
SECONDS_PER_SIGN = 0.2
SECONDS_PER_LETTER = 0.06
TONE = 440.0
FIRST_CJK = 0x2E80


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

    def play(self, leg: "Leg", url: str) -> float: ...
    def hush(self, leg: "Leg") -> None:
        """Stop whatever is being said or played to the leg."""
        ...

    def music(self, leg: "Leg", on: bool) -> None: ...

    def voice(self, leg: "Leg", text: str) -> float:
        """Let the leg's own party say ``text``, and tell how long it takes."""
        ...

    def record(self, legs: Callable[[], list["Leg"]], channels: int) -> Take:
        """Record legs on one channel, or one leg's two sides on two."""
        ...

    def end(self, leg: "Leg") -> None: ...


def lasting(text: str) -> float:
    """How long a sentence takes to say: a Chinese sign 0.2 s, a Latin letter 0.06 s."""
    return sum(SECONDS_PER_SIGN if ord(one) >= FIRST_CJK else SECONDS_PER_LETTER for one in text)


@dataclass
class Sounding:
    """Somebody made a sound: whose, on which side of his leg, from when, how long."""

    leg: str
    outwards: bool
    at: datetime
    seconds: float


@dataclass
class SilentTake:
    """Renders what was said as tones at their places, one channel per side."""

    timeline: Timeline
    sounds: list[Sounding]
    legs: set[str]
    channels: int
    began: datetime
    _gaps: list[tuple[datetime, datetime | None, bool]] = field(default_factory=list)

    def pause(self, *, skip: bool) -> None:
        self._gaps.append((self.timeline.now, None, skip))

    def resume(self) -> None:
        if self._gaps and self._gaps[-1][1] is None:
            began, _, skip = self._gaps[-1]
            self._gaps[-1] = (began, self.timeline.now, skip)

    def stop(self) -> bytes:
        self.resume()
        length = round((self.timeline.now - self.began).total_seconds() * RATE)
        sound = np.zeros((max(length, 1), self.channels), dtype=np.int16)
        for one in self.sounds:
            if one.leg in self.legs:
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
            tone = np.sin(2 * np.pi * TONE * np.arange(stop - start) / RATE)
            sound[start:stop, channel] = (8000 * tone).astype(np.int16)

    def _cut(self, sound: np.ndarray, began: datetime, ended: datetime, skip: bool) -> np.ndarray:
        start = round((began - self.began).total_seconds() * RATE)
        stop = round((ended - self.began).total_seconds() * RATE)
        if skip:
            return np.delete(sound, slice(start, stop), axis=0)
        sound[start:stop] = 0
        return sound


class SilentMedia:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._sounds: list[Sounding] = []
        self._takes = 0

    def utter(self, leg: "Leg", text: str, language: str) -> float:
        return self._sound(leg, lasting(text), outwards=True)

    def play(self, leg: "Leg", url: str) -> float:
        return self._sound(leg, 2.0, outwards=True)

    def hush(self, leg: "Leg") -> None:
        for one in reversed(self._sounds):
            if one.leg == leg.sid and one.outwards:
                spent = (self._timeline.now - one.at).total_seconds()
                one.seconds = min(one.seconds, spent)
                break

    def music(self, leg: "Leg", on: bool) -> None: ...

    def voice(self, leg: "Leg", text: str) -> float:
        seconds = self._sound(leg, lasting(text), outwards=False)
        for other in leg.heard_by():
            self._sound(other, seconds, outwards=True)
        return seconds

    def record(self, legs: Callable[[], list["Leg"]], channels: int) -> Take:
        self._takes += 1
        names = {leg.sid for leg in legs()}
        return SilentTake(self._timeline, self._sounds, names, channels, self._timeline.now)

    def end(self, leg: "Leg") -> None:
        # Nobody listens to what was never recorded; a load test makes thousands of calls.
        if self._takes == 0:
            horizon = self._timeline.now - timedelta(minutes=1)
            self._sounds = [one for one in self._sounds if one.at > horizon]

    def _sound(self, leg: "Leg", seconds: float, *, outwards: bool) -> float:
        self._sounds.append(Sounding(leg.sid, outwards, self._timeline.now, seconds))
        return seconds


def wav(sound: np.ndarray) -> bytes:
    """A WAV file of 16 bit samples; ``sound`` has the shape (samples, channels)."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.astype("<i2").tobytes())
    return target.getvalue()
