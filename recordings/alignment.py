"""Where in the recording a sentence was spoken.  Pure.

Live words come with the moment at which they were understood, not with a place in the audio.
A sentence ends with the sound nearest to that moment that is long enough to carry it, and reaches
back over pauses for breath as far as it can have lasted.  Keys, coughs and beeps are too short to
be any part of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from recordings.sound import Span

# Recognition answers this much after the last sound at most; the carrier's clock may be ahead.
LATEST_S = 6.0
AHEAD_S = 1.5
# How long a character usually takes: a Chinese one or a digit is a syllable, a Latin letter is not.
SYLLABLE_S = 0.25
LETTER_S = 0.07
# Nobody takes so many times the usual, and this to spare: earlier sounds were something else.
SLOWEST = 2.0
SPARE_S = 1.0
# Nobody takes so little of the usual: shorter sounds were something else.
FASTEST = 0.25
# A pause for breath is no longer.
PAUSE_S = 1.0
# What is shorter is no part of a sentence; of a word or two, what is shorter than half of them.
SHORTEST_PART_S = 0.4
SHORTEST_WORD = 0.5


@dataclass(frozen=True)
class Said:
    """A sentence, and the second of the recording at which it was understood."""

    text: str
    understood_s: float


def align(said: Sequence[Said], speech: Sequence[Span]) -> list[Span | None]:
    """For each sentence, in order, its place; None where no sound is near it."""
    delay = _delay(said, speech)
    chosen = _choose(said, speech, delay)
    return _places(said, speech, chosen, delay)


def _delay(said: Sequence[Said], speech: Sequence[Span]) -> float:
    """How long after the end of a sound its words usually come."""
    delays = []
    for one in said:
        ended = [
            one.understood_s - end
            for at, (_, end) in enumerate(speech)
            if -0.1 <= one.understood_s - end <= LATEST_S
            and _can_carry(_breath(speech[: at + 1], one.text), one.text)
        ]
        if ended:
            delays.append(min(ended))
    return median(delays) if delays else 0.0


def _choose(said: Sequence[Said], speech: Sequence[Span], delay: float) -> list[int | None]:
    """The span in which each sentence ends; never before the one of the sentence before."""
    chosen: list[int | None] = []
    first = 0
    for one in said:
        ended_s = one.understood_s - delay
        near = [
            (not _can_carry(_breath(speech[first : at + 1], one.text), one.text), distance, at)
            for at in range(first, len(speech))
            if speech[at][0] - AHEAD_S <= one.understood_s
            and (distance := abs(_nearest(speech[at], ended_s) - ended_s)) <= LATEST_S
        ]
        if not near:
            chosen.append(None)
            continue
        first = min(near)[-1]
        chosen.append(first)
    return chosen


def _nearest(span: Span, moment: float) -> float:
    return min(max(span[0], moment), span[1])


def _places(
    said: Sequence[Said], speech: Sequence[Span], chosen: Sequence[int | None], delay: float
) -> list[Span | None]:
    places: list[Span | None] = [None] * len(said)
    free_from, free_s = 0, 0.0
    for span in sorted({at for at in chosen if at is not None}):
        members = [index for index, at in enumerate(chosen) if at == span]
        text = "".join(said[index].text for index in members)
        breath = _breath(speech[free_from : span + 1], text)
        if _can_carry(breath, text) and _length(speech[span]) <= _longest_s(text):
            found = _share((breath[0][0], breath[-1][1]), said, members)
        else:
            found = _by_time((free_s, speech[span][1]), said, members, delay)
        for index, place in zip(members, found, strict=True):
            places[index] = place
        free_from, free_s = span + 1, found[-1][1]
    return places


def _breath(spans: Sequence[Span], text: str) -> list[Span]:
    """The last of the spans, and those before it that are parts of a sentence ending with it."""
    breath = [spans[-1]]
    for span in reversed(spans[:-1]):
        if spans[-1][1] - span[0] > _longest_s(text):
            break
        if _length(span) < _shortest_part_s(text):
            continue
        if breath[0][0] - span[1] > PAUSE_S:
            break
        breath.insert(0, span)
    return breath


def _can_carry(breath: Sequence[Span], text: str) -> bool:
    """Whether there is sound enough for the sentence, and no mere noise at the end of it."""
    sounding = sum(_length(span) for span in breath)
    return _length(breath[-1]) >= _shortest_part_s(text) and sounding >= _usual_s(text) * FASTEST


def _length(span: Span) -> float:
    return span[1] - span[0]


def _usual_s(text: str) -> float:
    return sum(LETTER_S if one.isascii() and not one.isdigit() else SYLLABLE_S for one in text)


def _longest_s(text: str) -> float:
    return _usual_s(text) * SLOWEST + SPARE_S


def _shortest_part_s(text: str) -> float:
    return min(SHORTEST_PART_S, _usual_s(text) * SHORTEST_WORD)


def _by_time(room: Span, said: Sequence[Said], members: Sequence[int], delay: float) -> list[Span]:
    """Noise, without a break or too short for words, tells only that somebody may have spoken:
    each sentence ends when it was understood, and lasts as long as usual."""
    places, free_s = [], room[0]
    for index in members:
        end = max(free_s, min(room[1], said[index].understood_s - delay))
        start = max(free_s, end - _usual_s(said[index].text))
        places.append((round(start, 2), round(end, 2)))
        free_s = end
    return places


def _share(whole: Span, said: Sequence[Said], members: Sequence[int]) -> list[Span]:
    """Several sentences in one breath share it by their length."""
    total = sum(max(1, len(said[index].text)) for index in members)
    start, shares = whole[0], []
    for index in members:
        part = (whole[1] - whole[0]) * max(1, len(said[index].text)) / total
        shares.append((round(start, 2), round(start + part, 2)))
        start += part
    return shares
