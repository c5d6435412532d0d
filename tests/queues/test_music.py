"""What waiting callers listen to: made by code, fetched by the carrier like any file."""

import io
import wave

import numpy as np
import pytest

from queues import music


def samples(sound: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768


def loudness(sound: np.ndarray) -> float:
    return 10 * np.log10(np.mean(sound**2))


def test_the_tune_is_heard_all_the_time_and_is_never_loud():
    sound = samples(music.waiting_music())
    assert len(sound) == music.SECONDS * 8000
    assert np.abs(sound).max() < 0.4
    for half_second in np.split(sound, music.SECONDS * 2):
        assert -35 < loudness(half_second) < -15


def test_the_tune_begins_and_ends_in_silence_so_that_it_can_be_repeated():
    sound = samples(music.waiting_music())
    assert np.abs(sound[:8]).max() < 0.02
    assert np.abs(sound[-80:]).max() < 0.02


def test_the_tone_is_that_of_a_telephone_that_rings():
    sound = samples(music.ringing_tone())
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * 8000 / len(sound) == pytest.approx(450, abs=2)


@pytest.mark.parametrize("name", ["waiting", "ringing"])
def test_anybody_may_fetch_it_and_keep_it(client, name):
    answer = client.get(f"/sound/{name}.wav")
    assert answer.status_code == 200
    assert answer.mimetype == "audio/wav"
    assert answer.cache_control.max_age == 24 * 3600
    assert "Set-Cookie" not in answer.headers
    again = client.get(f"/sound/{name}.wav", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
