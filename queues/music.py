"""What a waiting caller listens to, composed here: nothing is shipped that somebody else wrote.

The carrier fetches it like any file, and not every carrier signs such requests.  It holds nothing
secret, so the door is open; it may be kept for a day, and is asked for again by its hash."""

import io
import wave
from functools import cache
from hashlib import sha256

import numpy as np
from flask import Blueprint, Response, send_file
from numpy.typing import NDArray

from web.access import public

bp = Blueprint("music", __name__, url_prefix="/sound")

Sound = NDArray[np.float64]

RATE = 8000
KEPT_SECONDS = 24 * 3600
BEAT_S = 0.5
# A sign a beat: five notes to the octave (宫商角徵羽) on C, low ones in small letters; a point lets
# the note before ring on.
MELODY = "E.GAG.EDC.DED.aCEDCaC."
BASS = "c...a...g...g...a...c."
PITCHES = {"c": 261.63, "g": 392.0, "a": 440.0}
PITCHES |= {"C": 523.25, "D": 587.33, "E": 659.26, "G": 783.99, "A": 880.0}
# A plucked string: harmonic, strength, seconds until it is down to a third.
STRING = ((1, 1.0, 0.9), (2, 0.45, 0.5), (3, 0.2, 0.3), (4, 0.1, 0.2))
RINGS_ON_S = 4
FADE_S = 0.4
# Well below the announcements, which are heard over it in turn.
LOUDEST = 0.35
RING_HZ, RING_S, RING_LEVEL = 450.0, 1.0, 0.12

SECONDS = int(len(MELODY) * BEAT_S)


@bp.get("/waiting.wav")
@public
def waiting() -> Response:
    return _sent(waiting_music())


@bp.get("/ringing.wav")
@public
def ringing() -> Response:
    return _sent(ringing_tone())


@cache
def waiting_music() -> bytes:
    """A quiet tune of ``SECONDS``, which begins and ends in silence so that it can be repeated."""
    sound = np.zeros(SECONDS * RATE)
    for notes, strength in ((MELODY, 1.0), (BASS, 0.6)):
        for beat, note in enumerate(notes):
            if note in PITCHES:
                start = round(beat * BEAT_S * RATE)
                rings_on = _pluck(PITCHES[note])[: len(sound) - start]
                sound[start : start + len(rings_on)] += strength * rings_on
    fade = round(FADE_S * RATE)
    sound[-fade:] *= np.linspace(1, 0, fade)
    return _wav(sound * (LOUDEST / np.abs(sound).max()))


@cache
def ringing_tone() -> bytes:
    """What a telephone sounds like that rings somewhere: a desk is being rung for him."""
    moments = np.arange(round(RING_S * RATE)) / RATE
    swell = np.clip(np.minimum(moments, RING_S - moments) / 0.03, 0, 1)
    return _wav(RING_LEVEL * swell * np.sin(2 * np.pi * RING_HZ * moments))


@cache
def _pluck(pitch: float) -> Sound:
    moments = np.arange(RINGS_ON_S * RATE) / RATE
    attack = np.clip(moments / 0.008, 0, 1)
    sound = np.zeros(len(moments))
    for harmonic, strength, lasting in STRING:
        wave_of = np.sin(2 * np.pi * pitch * harmonic * moments)
        sound += strength * np.exp(-moments / lasting) * wave_of
    return attack * sound


def _wav(sound: Sound) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return target.getvalue()


def _sent(sound: bytes) -> Response:
    return send_file(
        io.BytesIO(sound),
        mimetype="audio/wav",
        etag=sha256(sound).hexdigest()[:16],
        max_age=KEPT_SECONDS,
    )
