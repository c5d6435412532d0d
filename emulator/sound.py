"""Sound as samples: 16 bit, 8 kHz, as telephones have it.  Read, written, and made."""

import io
import wave
from dataclasses import dataclass

import numpy as np

RATE = 8000
MUSIC_SECONDS = 8
CHORD = (261.6, 329.6, 392.0, 523.3)
BEEP_PITCH = 440.0
BEEP_SECONDS = 0.4


class NotSound(Exception):
    """These bytes are no WAV file that a telephone could play."""


@dataclass(frozen=True, eq=False)
class Sound:
    samples: np.ndarray

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def wav(samples: np.ndarray) -> bytes:
    """A WAV file; ``samples`` has the shape (samples, channels)."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return target.getvalue()


def seconds_of(file: bytes) -> float:
    """How long one of our own WAV files is."""
    with wave.open(io.BytesIO(file)) as opened:
        return float(opened.getnframes() / opened.getframerate())


def read(file: bytes) -> Sound:
    """Any plain WAV file as one channel of telephone sound.  Raises NotSound."""
    try:
        with wave.open(io.BytesIO(file)) as opened:
            channels, width, rate = (
                opened.getnchannels(),
                opened.getsampwidth(),
                opened.getframerate(),
            )
            raw = opened.readframes(opened.getnframes())
    except (wave.Error, EOFError) as error:
        raise NotSound(str(error) or "not a WAV file") from error
    samples = _widened(raw, width).reshape(-1, channels).mean(axis=1)
    if not len(samples):
        return Sound(np.zeros(0, dtype=np.int16))
    return Sound(resampled(samples, rate))


def resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """To 8 kHz: average what is above the new band away, then interpolate."""
    width = max(1, round(rate / RATE))
    smooth = np.convolve(samples.astype(np.float32), np.ones(width) / width, mode="same")
    wanted = np.arange(0, len(samples), rate / RATE)
    low: np.ndarray = np.interp(wanted, np.arange(len(samples)), smooth)
    return low.astype(np.int16)


def hold_music() -> np.ndarray:
    """A calm arpeggio that repeats without a click, made here so that none need be shipped."""
    length = MUSIC_SECONDS * RATE
    time = np.arange(length) / RATE
    sound = np.zeros(length)
    for index in range(MUSIC_SECONDS * 2):
        pitch = CHORD[(index * 3 + index // 4) % len(CHORD)]
        since = time - index / 2
        ringing = (since >= 0) & (since < 1.5)
        sound += np.where(ringing, np.sin(2 * np.pi * pitch * since) * np.exp(-3 * since), 0)
    fade = np.minimum(1, (MUSIC_SECONDS - time) * 4)
    return (sound * fade * 2500).astype(np.int16)


def beep() -> Sound:
    time = np.arange(round(BEEP_SECONDS * RATE)) / RATE
    return Sound((4000 * np.sin(2 * np.pi * BEEP_PITCH * time)).astype(np.int16))


def _widened(raw: bytes, width: int) -> np.ndarray:
    """Samples of one to four bytes as 16 bit ones; the narrowest are unsigned."""
    if width == 1:
        return (np.frombuffer(raw, np.uint8).astype(np.int16) - 128) * 256
    whole = np.frombuffer(raw[: len(raw) // width * width], np.uint8).reshape(-1, width)
    return np.ascontiguousarray(whole[:, -2:]).view("<i2").reshape(-1)
