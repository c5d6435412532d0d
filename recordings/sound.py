"""What can be measured in a recording: peaks, loudness and who speaks when.  Pure."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydub import AudioSegment

Samples = NDArray[np.float32]
Span = tuple[float, float]

BUCKETS = 1000
FRAME_S = 0.02
QUIETEST_DB = -90.0
# Speech is louder than the line's own noise by this much, and never fainter than the floor.
ABOVE_NOISE_DB = 12.0
FAINTEST_SPEECH_DB = -50.0
CERTAIN_SPEECH_DB = -30.0
BREATH_S = 0.35
SHORTEST_SPEECH_S = 0.12


@dataclass(frozen=True)
class Measure:
    """One channel: absolute peaks from 0 to 1, loudness in dBFS, spans of speech in seconds."""

    peaks: list[float]
    loudness_db: float
    speech: list[Span]


@dataclass(frozen=True)
class Sound:
    duration_s: float
    channels: list[Measure]

    @property
    def non_talk_s(self) -> float:
        """Seconds in which nobody spoke."""
        spoken = union([span for channel in self.channels for span in channel.speech])
        return max(0.0, self.duration_s - sum(end - start for start, end in spoken))


def measure(wav: Path) -> Sound:
    """Measure each channel of a PCM WAV file."""
    audio = AudioSegment.from_wav(wav)
    full = float(1 << (8 * audio.sample_width - 1))
    samples = np.asarray(audio.get_array_of_samples(), dtype=np.float32) / full
    channels = samples.reshape(-1, audio.channels).T
    return Sound(
        audio.frame_count() / audio.frame_rate,
        [_measure(channel, audio.frame_rate) for channel in channels],
    )


def union(spans: list[Span], gap: float = 0.0) -> list[Span]:
    """The spans in order, joined where they touch or leave no more than ``gap``."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _measure(samples: Samples, rate: int) -> Measure:
    return Measure(_peaks(samples), _loudness(samples), _speech(samples, rate))


def _peaks(samples: Samples) -> list[float]:
    if samples.size == 0:
        return []
    buckets = np.array_split(np.abs(samples), min(BUCKETS, samples.size))
    return [round(float(bucket.max()), 3) for bucket in buckets]


def _loudness(samples: Samples) -> float:
    if samples.size == 0:
        return QUIETEST_DB
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return round(max(QUIETEST_DB, 10 * float(np.log10(power + 1e-12))), 1)


def _speech(samples: Samples, rate: int) -> list[Span]:
    size = max(1, int(rate * FRAME_S))
    count = samples.size // size
    if count == 0:
        return []
    frames = samples[: count * size].reshape(count, size)
    level = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-9)
    loud = level > _threshold(level)
    spans = [(at * FRAME_S, (at + 1) * FRAME_S) for at in np.flatnonzero(loud).tolist()]
    joined = union(spans, gap=BREATH_S)
    return [
        (round(start, 2), round(end, 2)) for start, end in joined if end - start > SHORTEST_SPEECH_S
    ]


def _threshold(level: NDArray[np.float32]) -> float:
    noise = float(np.percentile(level, 10)) + ABOVE_NOISE_DB
    # Where somebody talks without a pause, the quietest tenth is speech itself.
    return min(max(noise, FAINTEST_SPEECH_DB), CERTAIN_SPEECH_DB)
