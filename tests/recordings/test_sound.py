"""Peaks, loudness, speech and silence are measured; sentences find their place."""

from pathlib import Path

import pytest

from recordings.alignment import Said, align
from recordings.sound import measure, union
from tests.recordings.sounds import wav


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


def test_touching_spans_become_one() -> None:
    assert union([(3, 4), (1, 2), (2.2, 3)], gap=0.3) == [(1, 4)]
    assert union([(1, 5), (2, 3)]) == [(1, 5)]


def test_sentences_come_late_and_are_put_back() -> None:
    speech = [(1.0, 3.0), (6.0, 8.0), (12.0, 13.0)]
    said = [Said("我想问一下公积金", 4.2), Said("怎么提取呢", 9.1), Said("谢谢", 14.3)]
    assert align(said, speech) == speech


def test_a_sentence_with_pauses_begins_at_its_first_sound() -> None:
    speech = [(1.0, 2.0), (2.6, 4.0), (9.0, 10.0)]
    said = [Said("我家楼下的路灯坏了", 4.8), Said("没人来修", 10.8)]
    assert align(said, speech) == [(1.0, 4.0), (9.0, 10.0)]


def test_two_sentences_in_one_breath_share_it() -> None:
    places = align([Said("一二三四", 3.0), Said("五六七八", 5.2)], [(1.0, 5.0)])
    assert places == [(1.0, 3.0), (3.0, 5.0)]


def test_words_without_sound_have_no_place() -> None:
    assert align([Said("喂", 3.0)], []) == [None]
    assert align([Said("喂", 300.0)], [(1.0, 2.0)]) == [None]
