"""Peaks, loudness, speech and silence are measured."""

import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest
from pydub.exceptions import CouldntDecodeError

from recordings.sound import measure, union
from tests.recordings.sounds import RATE, wav


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sound.wav"


def test_each_channel_is_measured_for_itself(file: Path) -> None:
    file.write_bytes(wav(10, [(1, 3)], [(4, 5), (7, 9)]))
    sound = measure(file)
    citizen, agent = sound.channels
    assert sound.duration_s == 10
    assert citizen.speech == [pytest.approx((1, 3), abs=0.05)]
    assert [pytest.approx(span, abs=0.05) for span in agent.speech] == [(4, 5), (7, 9)]
    assert sound.non_talk_s == pytest.approx(5, abs=0.2)


def test_loudness_of_a_tone_is_known(file: Path) -> None:
    # A sine of amplitude 0.5 that never pauses: 20·log10(0.5/√2) = -9.03 dBFS.
    file.write_bytes(wav(4, [(0, 4)], []))
    loud, silent = measure(file).channels
    assert loud.loudness_db == pytest.approx(-9.0, abs=0.1)
    assert loud.speech == [pytest.approx((0, 4), abs=0.05)]
    assert silent.loudness_db < -55
    assert silent.speech == []


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_tone_is_as_loud_in_samples_of_any_width(file: Path, width: int) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)
    whole = np.round(tone * ((1 << 8 * width - 1) - 1)).astype("<i8")
    # A file's samples of one byte have no sign, and 128 is silence.
    low = (whole + 128 if width == 1 else whole).view("u1").reshape(-1, 8)[:, :width]
    with wave.open(str(file), "wb") as out:
        out.setparams((1, width, RATE, 0, "NONE", ""))
        out.writeframes(low.tobytes())
    (only,) = measure(file).channels
    assert only.loudness_db == pytest.approx(-9.0, abs=0.1)
    assert max(only.peaks) == pytest.approx(0.5, abs=0.01)


def test_peaks_are_a_thousand_and_show_where_sound_is(file: Path) -> None:
    file.write_bytes(wav(10, [(5, 10)]))
    (only,) = measure(file).channels
    assert len(only.peaks) == 1000
    assert max(only.peaks[:490]) < 0.01
    assert min(only.peaks[510:]) > 0.45


def test_an_empty_recording_has_nothing_to_measure(file: Path) -> None:
    file.write_bytes(wav(0, [], []))
    sound = measure(file)
    assert sound.duration_s == 0
    assert [one.peaks for one in sound.channels] == [[], []]


def test_a_long_recording_is_measured_in_little_memory(file: Path) -> None:
    minute = wav(60, [(10, 20)], [(30, 50)])
    with wave.open(str(file), "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", ""))
        for _ in range(20):
            out.writeframes(minute[44:])
    assert file.stat().st_size > 38_000_000
    tracemalloc.start()
    try:
        citizen, agent = measure(file).channels
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000
    assert citizen.speech[-1] == pytest.approx((19 * 60 + 10, 19 * 60 + 20), abs=0.05)
    assert len(citizen.speech) == len(agent.speech) == 20


@pytest.mark.parametrize("seconds", [0.01, 0.5, 9.99, 10, 10.01, 25.3])
def test_where_a_block_ends_changes_nothing(file: Path, seconds: float) -> None:
    content = wav(seconds, [(0, seconds / 2)], [(seconds / 2, seconds)])
    file.write_bytes(content)
    samples = np.frombuffer(content[44:], "<i2").reshape(-1, 2).T / 32768
    for one, channel in zip(measure(file).channels, samples, strict=True):
        size = min(1000, channel.size)
        edges = np.arange(size) * channel.size // size
        whole = np.maximum.reduceat(np.abs(channel), edges)
        assert one.peaks == pytest.approx(whole.tolist(), abs=0.001)
        power = 10 * np.log10(np.mean(np.square(channel)))
        assert one.loudness_db == pytest.approx(power, abs=0.1)


def test_what_is_left_out_is_shown_but_is_neither_speech_nor_loud(file: Path) -> None:
    file.write_bytes(wav(10, [(1, 3)], [(4, 6), (8, 9)], level=0.5))
    citizen, agent = measure(file, {2: [(3.5, 7), (9.5, float("inf"))]}).channels
    assert citizen.speech == [pytest.approx((1, 3), abs=0.05)]
    assert agent.speech == [pytest.approx((8, 9), abs=0.05)]
    assert max(agent.peaks[400:600]) > 0.45
    # One second of the tone in the six that are left.
    assert agent.loudness_db == pytest.approx(-9.03 - 10 * np.log10(6), abs=0.2)


def test_where_everything_is_left_out_there_is_nothing(file: Path) -> None:
    file.write_bytes(wav(2, [(0, 2)]))
    (only,) = measure(file, {1: [(0, 2)]}).channels
    assert (only.speech, only.loudness_db) == ([], -90.0)


def test_what_is_no_sound_is_refused(file: Path) -> None:
    file.write_bytes(b"RIFF" + bytes(40))
    with pytest.raises(CouldntDecodeError):
        measure(file)


def test_touching_spans_become_one() -> None:
    assert union([(3, 4), (1, 2), (2.2, 3)], gap=0.3) == [(1, 4)]
    assert union([(1, 5), (2, 3)]) == [(1, 5)]
