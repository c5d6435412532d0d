"""Where in the recording a sentence was spoken.  Pure.

Live words come with the moment at which they were understood, not with a place in the audio.
What a party said between two of his sentences belongs to the later one."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from recordings.sound import Span

# Recognition answers this much after the last sound at most; the carrier's clock may be ahead.
LATEST_S = 6.0
AHEAD_S = 1.5
# Nobody speaks more slowly than this; earlier sounds were something else.
SLOWEST_CHARACTER_S = 0.6
SPARE_S = 2.0
# How long a character takes where nothing else tells how long a sentence was.
USUAL_CHARACTER_S = 0.25


@dataclass(frozen=True)
class Said:
    """A sentence, and the second of the recording at which it was understood."""

    text: str
    understood_s: float


def align(said: Sequence[Said], speech: Sequence[Span]) -> list[Span | None]:
    """For each sentence, in order, its place; None where no speech is near it."""
    if not speech:
        return [None] * len(said)
    delay = _delay(said, speech)
    chosen = _choose(said, speech, delay)
    return _places(said, speech, chosen, delay)


def _delay(said: Sequence[Said], speech: Sequence[Span]) -> float:
    """How long after the end of a sound its words usually come."""
    delays = []
    for one in said:
        ended = [one.understood_s - end for _, end in speech if end <= one.understood_s + 0.1]
        if ended and min(ended) <= LATEST_S:
            delays.append(min(ended))
    return median(delays) if delays else 0.0


def _choose(said: Sequence[Said], speech: Sequence[Span], delay: float) -> list[int | None]:
    """The span in which each sentence ends; never before the one of the sentence before."""
    chosen: list[int | None] = []
    first = 0
    for one in said:
        ended_s = one.understood_s - delay
        near = [
            (abs(_nearest(speech[at], ended_s) - ended_s), at)
            for at in range(first, len(speech))
            if speech[at][0] - AHEAD_S <= one.understood_s
        ]
        distance, best = min(near, default=(LATEST_S + 1, 0))
        if distance > LATEST_S:
            chosen.append(None)
            continue
        chosen.append(best)
        first = best
    return chosen


def _nearest(span: Span, moment: float) -> float:
    return min(max(span[0], moment), span[1])


def _places(
    said: Sequence[Said], speech: Sequence[Span], chosen: Sequence[int | None], delay: float
) -> list[Span | None]:
    places: list[Span | None] = [None] * len(said)
    free_from = 0
    for span in sorted({at for at in chosen if at is not None}):
        members = [index for index, at in enumerate(chosen) if at == span]
        text = "".join(said[index].text for index in members)
        if _longer_than_anybody_speaks(speech[span], text):
            for index, place in zip(
                members, _by_time(speech[span], said, members, delay), strict=True
            ):
                places[index] = place
            free_from = span + 1
            continue
        whole = _extent(speech[free_from : span + 1], text)
        for index, place in zip(members, _share(whole, said, members), strict=True):
            places[index] = place
        free_from = span + 1
    return places


def _longer_than_anybody_speaks(span: Span, text: str) -> bool:
    """Noise without a break: it tells no more than that somebody may have spoken."""
    return span[1] - span[0] > len(text) * SLOWEST_CHARACTER_S + SPARE_S


def _by_time(span: Span, said: Sequence[Said], members: Sequence[int], delay: float) -> list[Span]:
    """Within noise each sentence ends when it was understood, and lasts as long as usual."""
    places, free_from = [], span[0]
    for index in members:
        end = max(free_from, min(span[1], said[index].understood_s - delay))
        start = max(free_from, end - len(said[index].text) * USUAL_CHARACTER_S)
        places.append((round(start, 2), round(end, 2)))
        free_from = end
    return places


def _extent(spans: Sequence[Span], text: str) -> Span:
    end = spans[-1][1]
    longest = len(text) * SLOWEST_CHARACTER_S + SPARE_S
    near = [start for start, _ in spans if end - start <= longest]
    return (near[0] if near else spans[-1][0], end)


def _share(whole: Span, said: Sequence[Said], members: Sequence[int]) -> list[Span]:
    """Several sentences in one breath share it by their length."""
    total = sum(max(1, len(said[index].text)) for index in members)
    start, shares = whole[0], []
    for index in members:
        part = (whole[1] - whole[0]) * max(1, len(said[index].text)) / total
        shares.append((round(start, 2), round(start + part, 2)))
        start += part
    return shares
