"""Sentences that were understood live find their place in the recording."""

import pytest

from recordings.alignment import Said, align
from recordings.sound import Span

ENGLISH = "Hello, the street lamp in front of my house has been broken for a week, nobody came."


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


def test_in_noise_without_a_break_a_sentence_is_where_it_was_understood():
    """A street, a humming line: the whole talk is one sound and tells nothing."""
    said = [Said("您好请讲", 6.0), Said("楼下烧烤店油烟很大", 19.0)]
    assert align(said, [(0.0, 60.0)]) == [(5.0, 6.0), (16.75, 19.0)]


def test_words_without_sound_have_no_place() -> None:
    assert align([Said("喂", 3.0)], []) == [None]
    assert align([Said("喂", 300.0)], [(1.0, 2.0)]) == [None]


def among_beeps(seconds: float, *speech: Span, every: float = 1.0) -> list[Span]:
    """Speech, and in the silence around it a beep of 0.14 s again and again."""
    beeps = [(at * every, at * every + 0.14) for at in range(int(seconds / every))]
    quiet = [
        (start, end)
        for start, end in beeps
        if all(end < begin - 0.35 or start > over + 0.35 for begin, over in speech)
    ]
    return sorted([*speech, *quiet])


# Where each sentence was really spoken, how many syllables it has, when it was understood.
BEEPING = {
    "three sentences, the last one long": [
        ((17.0, 22.0), 20, 22.8),
        ((25.0, 28.0), 13, 28.9),
        ((31.2, 43.9), 50, 45.0),
    ],
    "one late in the call": [((58.5, 65.0), 26, 65.9)],
    "early in the call": [((16.6, 22.7), 24, 23.4)],
    "soon after another": [((16.6, 19.4), 10, 20.0), ((22.4, 25.6), 13, 26.0)],
    "spoken fast": [((22.4, 25.6), 24, 26.5)],
    "spoken slowly": [((20.4, 28.6), 20, 29.5)],
    "a short answer": [((7.5, 8.2), 3, 9.0), ((17.0, 22.0), 20, 22.8)],
}


@pytest.mark.parametrize("every", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("case", BEEPING)
def test_beeps_are_no_part_of_a_sentence(case: str, every: float) -> None:
    """A keyboard, a cough, a telephone's ring: whatever is too short to be a sentence."""
    places, syllables, understood = zip(*BEEPING[case], strict=True)
    said = [Said("路" * long, at) for long, at in zip(syllables, understood, strict=True)]
    assert align(said, among_beeps(70, *places, every=every)) == list(places)


def test_a_latin_letter_is_shorter_than_a_syllable() -> None:
    assert align([Said(ENGLISH, 18.0)], among_beeps(25, (10.8, 17.0))) == [(10.8, 17.0)]
    assert align([Said(ENGLISH, 18.0)], [(3.0, 4.0), (10.8, 17.0)]) == [(10.8, 17.0)]


def test_pauses_among_beeps_part_no_sentence() -> None:
    speech = among_beeps(40, (17.2, 19.4), (20.3, 22.9))
    assert align([Said("路" * 20, 23.6)], speech) == [(17.2, 22.9)]


def test_a_cough_after_a_sentence_is_not_taken_for_it() -> None:
    speech = [(10.0, 16.0), (17.5, 18.0)]
    assert align([Said("路" * 24, 18.2)], speech) == [(10.0, 16.0)]


def test_where_only_beeps_are_heard_a_sentence_is_where_it_was_understood() -> None:
    assert align([Said("路" * 12, 11.2)], among_beeps(20)) == [(8.14, 11.14)]


@pytest.mark.parametrize("beep_s", [44.4, 45.0])
def test_the_beep_after_a_breath_is_not_its_second_sentence(beep_s: float) -> None:
    speech = [(17.0, 22.0), (31.0, 44.0), (beep_s, beep_s + 0.14)]
    said = [Said("路" * 20, 22.8), Said("灯" * 20, 37.5), Said("坏" * 20, 45.8)]
    assert align(said, speech)[1:] == [(31.0, 37.5), (37.5, 44.0)]


def test_typing_before_a_sentence_reaches_back_no_further_than_it_may_last() -> None:
    typing = [(at, at + 0.5) for at in range(31)]
    (place,) = align([Said("路" * 12, 36.0)], [*typing, (31.2, 34.8)])
    assert place == (28.0, 34.8)


def test_a_long_sentence_spoken_slowly_begins_at_its_first_part() -> None:
    parts = [(3.0, 6.7), (7.4, 11.1), (11.7, 15.4), (16.2, 20.6), (21.4, 23.1)]
    assert align([Said("路" * 45, 24.0)], parts) == [(3.0, 23.1)]
