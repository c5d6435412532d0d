"""Speech by espeak-ng, whose library and voices come out of the ``espeakng-loader`` wheel."""

import ctypes
from functools import lru_cache

import espeakng_loader
import numpy as np

from emulator.sound import resampled

RETRIEVAL = 1
UTF8 = 1
FROM_CHARACTER = 1
BUFFER_MS = 200
WORDS_PER_MINUTE = 185
RATE_PARAMETER = 1
QUIET = 0.6

Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class CannotSpeak(Exception):
    """The speech library did not start."""


class Synthesis:
    """One engine per process; not safe for threads, and fast enough to need none."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path()).encode()
        self._rate = self._library.espeak_Initialize(RETRIEVAL, BUFFER_MS, data, 0)
        if self._rate <= 0:
            raise CannotSpeak(f"espeak-ng found no voices in {data.decode()}")
        self._pieces: list[np.ndarray] = []
        self._callback = Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetParameter(RATE_PARAMETER, WORDS_PER_MINUTE, 0)

    @lru_cache(maxsize=256)  # noqa: B019 - the engine lives as long as the process
    def speak(self, text: str, language: str) -> np.ndarray:
        """The text as 16 bit samples at 8 kHz."""
        voice = b"en-us" if language.lower().startswith("en") else b"cmn"
        if self._library.espeak_SetVoiceByName(voice) != 0:
            raise CannotSpeak(f"espeak-ng has no voice {voice.decode()}")
        self._pieces = []
        words = text.encode()
        self._library.espeak_Synth(words, len(words) + 1, 0, FROM_CHARACTER, 0, UTF8, None, None)
        self._library.espeak_Synchronize()
        if not self._pieces:
            return np.zeros(self._rate // 10, dtype=np.int16)
        return (resampled(np.concatenate(self._pieces), self._rate) * QUIET).astype(np.int16)

    def _take(self, samples: object, count: int, _events: object) -> int:
        if count > 0:
            piece = np.ctypeslib.as_array(samples, shape=(count,))
            self._pieces.append(piece.copy())
        return 0
