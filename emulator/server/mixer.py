"""Real sound: every 20 ms each leg's microphone is taken, mixed with its prompts, and sent on."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from emulator.legs import Leg
from emulator.media import FIRST_CJK, Legs, SilentMedia, Take
from emulator.server.synthesis import Synthesis
from emulator.sound import RATE, Sound, beep, hold_music, wav
from emulator.timeline import Timeline

FRAME = RATE // 50
SILENCE = np.zeros(FRAME, dtype=np.int16)
# More than this much waiting in a microphone is thrown away, so that talk never lags.
LATEST = 10


class Speaker:
    """Samples waiting to be played, taken frame by frame."""

    def __init__(self) -> None:
        self._waiting: deque[np.ndarray] = deque()

    def add(self, sound: np.ndarray) -> None:
        if len(sound):
            self._waiting.append(sound)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self) -> np.ndarray | None:
        """The next frame, filled up with silence; None when nothing waits."""
        if not self._waiting:
            return None
        frame = np.zeros(FRAME, dtype=np.int16)
        filled = 0
        while filled < FRAME and self._waiting:
            head = self._waiting.popleft()
            used = min(FRAME - filled, len(head))
            frame[filled : filled + used] = head[:used]
            if used < len(head):
                self._waiting.appendleft(head[used:])
            filled += used
        return frame


@dataclass
class Port:
    """A leg's two directions: what its party says, and what it is to hear."""

    leg: Leg
    microphone: deque[np.ndarray] = field(default_factory=lambda: deque(maxlen=LATEST))
    voice: Speaker = field(default_factory=Speaker)
    prompt: Speaker = field(default_factory=Speaker)
    music: bool = False
    deliver: Callable[[np.ndarray], None] = lambda _frame: None
    said: np.ndarray = field(default_factory=lambda: SILENCE)
    heard: np.ndarray = field(default_factory=lambda: SILENCE)

    def listen(self) -> None:
        said = self.microphone.popleft() if self.microphone else SILENCE
        typed = self.voice.take()
        self.said = said if typed is None else _sum(said, typed)


class RealTake:
    """Frames as they pass: what all in a room say, or a leg's own voice and what it heard."""

    def __init__(self, legs: Legs, channels: int, *, room: bool) -> None:
        self.legs = legs
        self.channels = channels
        self.room = room
        self.running = True
        self.silent = False
        self._frames: list[np.ndarray] = []

    def pause(self, *, skip: bool) -> None:
        self.running, self.silent = not skip, True

    def resume(self) -> None:
        self.running, self.silent = True, False

    def stop(self) -> bytes:
        self.running = self.silent = False
        frames = self._frames or [np.zeros((0, self.channels), dtype=np.int16)]
        self._frames = []
        return wav(np.concatenate(frames))

    def capture(self, ports: dict[str, Port]) -> None:
        mine = [ports[leg.sid] for leg in self.legs() if leg.sid in ports]
        if self.silent or not mine:
            self._frames.append(np.zeros((FRAME, self.channels), dtype=np.int16))
        elif self.channels > 1:
            self._frames.append(np.stack([mine[0].said, mine[0].heard], axis=1))
        else:
            sides = [one.said for one in mine] + ([] if self.room else [mine[0].heard])
            self._frames.append(_sum(*sides).reshape(-1, 1))


class Mixer:
    """The emulator's media with sound; ``tick`` is called every 20 ms.

    Only legs that somebody listens to have a port: thousands of programs may call at once, and
    for them the time that sound takes is enough."""

    def __init__(self, timeline: Timeline, synthesis: Synthesis) -> None:
        self._synthesis = synthesis
        self._silent = SilentMedia(timeline)
        self._ports: dict[str, Port] = {}
        self._takes: list[RealTake] = []
        self._music = hold_music()
        self._beat = 0

    def port(self, leg: Leg) -> Port:
        return self._ports.setdefault(leg.sid, Port(leg))

    def utter(self, leg: Leg, text: str, language: str) -> float:
        if leg.sid not in self._ports:
            return self._silent.utter(leg, text, language)
        return self._prompt(leg, Sound(self._synthesis.speak(text, language)))

    def play(self, leg: Leg, sound: Sound) -> float:
        if leg.sid not in self._ports:
            return self._silent.play(leg, sound)
        return self._prompt(leg, sound)

    def hush(self, leg: Leg) -> None:
        self._silent.hush(leg)
        if leg.sid in self._ports:
            self._ports[leg.sid].prompt.clear()

    def music(self, leg: Leg, on: bool) -> None:
        if leg.sid in self._ports:
            self._ports[leg.sid].music = on

    def beep(self, leg: Leg) -> None:
        if leg.sid in self._ports:
            self._prompt(leg, beep())

    def voice(self, leg: Leg, text: str) -> float:
        """Spoken aloud where somebody can hear it."""
        seconds = self._silent.voice(leg, text)
        if not any(one.sid in self._ports for one in [leg, *leg.heard_by()]):
            return seconds
        language = "zh" if any(ord(one) >= FIRST_CJK for one in text) else "en"
        sound = Sound(self._synthesis.speak(text, language))
        self.port(leg).voice.add(sound.samples)
        return sound.seconds

    def record(self, leg: Leg, channels: int) -> Take:
        if leg.sid not in self._ports:
            return self._silent.record(leg, channels)
        return self._take(RealTake(lambda: [leg], channels, room=False))

    def record_room(self, legs: Legs) -> Take:
        if not any(leg.sid in self._ports for leg in legs()):
            return self._silent.record_room(legs)
        return self._take(RealTake(legs, 1, room=True))

    def end(self, leg: Leg) -> None:
        self._silent.end(leg)
        self._ports.pop(leg.sid, None)

    def tick(self) -> None:
        self._beat = (self._beat + 1) % (len(self._music) // FRAME)
        ports = list(self._ports.values())
        for port in ports:
            port.listen()
        for port in ports:
            port.heard = self._hearing(port)
            port.deliver(port.heard)
        for take in self._takes:
            if take.running:
                take.capture(self._ports)
        self._takes = [take for take in self._takes if take.running or take.silent]

    def _take(self, take: RealTake) -> Take:
        self._takes.append(take)
        return take

    def _hearing(self, port: Port) -> np.ndarray:
        sides = [
            self._ports[other.sid].said for other in port.leg.hears() if other.sid in self._ports
        ]
        prompt = port.prompt.take()
        if prompt is not None:
            sides.append(prompt)
        elif port.music:
            at = self._beat * FRAME
            sides.append(self._music[at : at + FRAME])
        return _sum(*sides) if sides else SILENCE

    def _prompt(self, leg: Leg, sound: Sound) -> float:
        self.port(leg).prompt.add(sound.samples)
        return sound.seconds


def _sum(*sides: np.ndarray) -> np.ndarray:
    if len(sides) == 1:
        return sides[0]
    total: np.ndarray = np.sum([side.astype(np.int32) for side in sides], axis=0)
    mixed: np.ndarray = np.clip(total, -32768, 32767)
    return mixed.astype(np.int16)
