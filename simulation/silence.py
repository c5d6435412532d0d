"""Media for many calls: it only knows how long things take, and its recordings hold no sound."""

from dataclasses import dataclass

import numpy as np

from emulator.legs import Leg
from emulator.media import Legs, Take, lasting
from emulator.sound import Sound, wav
from emulator.timeline import Timeline


@dataclass
class Blank:
    """A recording that begins, pauses and ends, and has next to nothing in it."""

    channels: int

    def pause(self, *, skip: bool) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> bytes:
        return wav(np.zeros((1, self.channels), dtype=np.int16))


@dataclass
class Quiet:
    """``wordless``: prompts take no time, so that nobody waits for the end of a sentence."""

    timeline: Timeline
    wordless: bool = False

    def utter(self, leg: Leg, text: str, language: str) -> float:
        return 0.0 if self.wordless else lasting(text)

    def play(self, leg: Leg, sound: Sound) -> float:
        return sound.seconds

    def hush(self, leg: Leg) -> None: ...
    def music(self, leg: Leg, on: bool) -> None: ...
    def beep(self, leg: Leg) -> None: ...
    def end(self, leg: Leg) -> None: ...

    def voice(self, leg: Leg, text: str) -> float:
        return lasting(text)

    def record(self, leg: Leg, channels: int) -> Take:
        return Blank(channels)

    def record_room(self, legs: Legs) -> Take:
        return Blank(1)
