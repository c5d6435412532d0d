"""What can be measured in a recording: peaks, loudness and who speaks when.  Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydub import AudioSegment
from pydub.audio_segment import extract_wav_headers, read_wav_audio

Samples = NDArray[np.float32]
Span = tuple[float, float]

# What comes before the sound in a file is far shorter.
HEADERS = 64 * 1024
BUCKETS = 1000
FRAME_S = 0.02
FRAMES_AT_ONCE = 500
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


def measure(wav: Path, leaving_out: Mapping[int, Sequence[Span]] | None = None) -> Sound:
    """Measure each channel of a PCM WAV file, block by block: an hour of talk needs no more memory
    than a minute.  Raises CouldntDecodeError.

    ``leaving_out``: by channel, counted from 1, what is shown but is neither speech nor loud."""
    out = leaving_out or {}
    with wav.open("rb") as file:
        form = _form(file.read(HEADERS))
        frames = min(form.size, wav.stat().st_size - form.begin) // form.frame_bytes
        gauges = [_Gauge(frames, form.rate) for _ in range(form.channels)]
        file.seek(form.begin)
        for block in _blocks(file, form, frames):
            for gauge, samples in zip(gauges, block, strict=True):
                gauge.take(samples)
    measures = [gauge.read(out.get(number, ())) for number, gauge in enumerate(gauges, start=1)]
    return Sound(frames / form.rate, measures)


def union(spans: list[Span], gap: float = 0.0) -> list[Span]:
    """The spans in order, joined where they touch or leave no more than ``gap``."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@dataclass(frozen=True)
class _Form:
    """How the samples lie in the file; ``begin`` and ``size`` are in bytes."""

    channels: int
    rate: int
    width: int
    begin: int
    size: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.width


def _form(head: bytes) -> _Form:
    headers = extract_wav_headers(head)
    told = read_wav_audio(head, headers)
    sound = headers[-1]
    width = told.bits_per_sample // 8
    return _Form(told.channels, told.sample_rate, width, sound.position + 8, sound.size)


def _blocks(file: BinaryIO, form: _Form, frames: int) -> Iterator[Samples]:
    """The samples of each channel from -1 to 1, in whole blocks but for the last."""
    size = _frame(form.rate) * FRAMES_AT_ONCE
    for first in range(0, frames, size):
        audio = AudioSegment(
            file.read(min(size, frames - first) * form.frame_bytes),
            sample_width=form.width,
            frame_rate=form.rate,
            channels=form.channels,
        )
        full = np.float32(1 << (8 * form.width - 1))
        samples = np.asarray(audio.get_array_of_samples(), dtype=np.float32) / full
        yield samples.reshape(-1, form.channels).T


class _Gauge:
    """One channel, as far as it has been heard."""

    def __init__(self, frames: int, rate: int) -> None:
        buckets = min(BUCKETS, frames)
        self._edges = np.arange(buckets) * frames // max(1, buckets)
        self._peaks = np.zeros(buckets, np.float32)
        self._frame = _frame(rate)
        self._heard, self._power = 0, 0.0
        self._levels: list[Samples] = []

    def take(self, samples: Samples) -> None:
        self._raise_peaks(np.abs(samples))
        squares = np.square(samples, dtype=np.float64)
        self._power += float(squares.sum())
        count = samples.size // self._frame
        whole = squares[: count * self._frame].reshape(count, self._frame)
        self._levels.append(whole.mean(axis=1).astype(np.float32))
        self._heard += samples.size

    def read(self, leaving_out: Sequence[Span]) -> Measure:
        if not self._heard:
            return Measure([], QUIETEST_DB, [])
        levels = np.concatenate(self._levels)
        left_out = np.zeros(levels.size, bool)
        for start, end in leaving_out:
            left_out[int(start / FRAME_S) : ceil(min(end / FRAME_S, levels.size))] = True
        heard = self._heard - int(left_out.sum()) * self._frame
        power = self._power - float(levels[left_out].sum(dtype=np.float64)) * self._frame
        loudness = 10 * float(np.log10(max(power, 0.0) / heard + 1e-12)) if heard else QUIETEST_DB
        peaks = [round(float(peak), 3) for peak in self._peaks]
        speech = _speech(levels, left_out)
        return Measure(peaks, round(max(QUIETEST_DB, loudness), 1), speech)

    def _raise_peaks(self, sizes: Samples) -> None:
        first = int(np.searchsorted(self._edges, self._heard, side="right")) - 1
        last = int(np.searchsorted(self._edges, self._heard + sizes.size))
        begins = np.maximum(self._edges[first:last] - self._heard, 0)
        here = np.maximum.reduceat(sizes, begins)
        self._peaks[first:last] = np.maximum(self._peaks[first:last], here)


def _frame(rate: int) -> int:
    return max(1, int(rate * FRAME_S))


def _speech(levels: Samples, left_out: NDArray[np.bool_]) -> list[Span]:
    if left_out.all():
        return []
    level = 10 * np.log10(levels + np.float32(1e-9))
    heard = (level > _threshold(level[~left_out])) & ~left_out
    loud = np.concatenate(([False], heard, [False]))
    turns = (np.flatnonzero(loud[1:] != loud[:-1]) * FRAME_S).tolist()
    joined = union(list(zip(turns[::2], turns[1::2], strict=True)), gap=BREATH_S)
    return [
        (round(start, 2), round(end, 2)) for start, end in joined if end - start > SHORTEST_SPEECH_S
    ]


def _threshold(level: NDArray[np.float32]) -> float:
    noise = float(np.percentile(level, 10)) + ABOVE_NOISE_DB
    # Where somebody talks without a pause, the quietest tenth is speech itself.
    return min(max(noise, FAINTEST_SPEECH_DB), CERTAIN_SPEECH_DB)
