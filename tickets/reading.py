"""Reads ticket fields out of what was said, by the city's own words; what is unsure is absent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.db import session
from models import District, Kind, Topic

SHORTEST_SUMMARY = 6
LONGEST_SUMMARY = 120

# The first kind whose words are heard; a demand to act outweighs a question.
KIND_WORDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.REPORT, ("我要举报", "举报")),
    (Kind.COMPLAINT, ("我要投诉", "投诉")),
    (Kind.PRAISE, ("表扬", "点赞", "送锦旗")),
    (Kind.SUGGEST, ("我建议", "提个建议", "建议")),
    (Kind.HELP, ("坏了", "没人修", "来修", "帮忙", "帮我", "求助", "停水", "停电", "漏水")),
    (Kind.CONSULT, ("请问", "咨询", "想问", "怎么办理", "怎么", "如何", "需要什么材料")),
)
STREET = re.compile(
    r"(?:[\u4e00-\u9fff]{2,6}?(?:大道|路|街|巷|小区|花园|广场|村))"
    r"(?:[\u4e00-\u9fff]{2,8}?(?:小区|花园|广场))?"
    r"(?:\d+(?:号|弄|栋|幢|单元|室|楼))*"
)
# What comes before a place in a sentence and does not belong to its name.
BEFORE_PLACE = re.compile(r"^.*(?:在|到|是|住|去|从|个|们|家|的|说)")


@dataclass(frozen=True)
class Found:
    value: str
    sentence: str
    confidence: float


def read(own: Sequence[str]) -> dict[str, Found]:
    """Field → value, from the citizen's own sentences in order."""
    found = {
        "kind": _kind(own),
        "summary": _summary(own),
        "district": _district(own),
        "address": _address(own),
    }
    topic = _topic(own)
    if topic is not None:
        row, sentence, confidence = topic
        found["topic"] = Found(row.code, sentence, confidence)
        # Where the district's own unit is responsible, the dispatcher decides.
        if row.unit is not None and not row.local:
            found["unit"] = Found(row.unit.code, sentence, round(confidence * 0.9, 2))
    return {field: value for field, value in found.items() if value is not None}


def _kind(own: Sequence[str]) -> Found | None:
    for kind, words in KIND_WORDS:
        for sentence in own:
            if any(word in sentence for word in words):
                return Found(kind, sentence, 0.8 if words[0] in sentence else 0.6)
    return None


def _summary(own: Sequence[str]) -> Found | None:
    telling = max(own, key=len, default="")
    if len(telling) < SHORTEST_SUMMARY:
        return None
    text = "，".join(own)
    if len(text) > LONGEST_SUMMARY:
        text = text[: LONGEST_SUMMARY - 1] + "…"
    return Found(text, telling, 0.5)


def _topic(own: Sequence[str]) -> tuple[Topic, str, float] | None:
    """The topic whose words are heard most; longer words say more.  A tie is unsure."""
    scored = []
    for topic in session.scalars(select(Topic).options(joinedload(Topic.unit))):
        words = {topic.name, *topic.words}
        hits = [(len(w), s) for s in own for w in words if len(w) > 1 and w in s]
        if hits:
            scored.append((sum(size for size, _ in hits), max(hits)[1], topic))
    scored.sort(key=lambda one: one[0], reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    best = scored[0]
    second = scored[1][0] if len(scored) > 1 else 0
    return best[2], best[1], round(best[0] / (best[0] + second + 1), 2)


def _district(own: Sequence[str]) -> Found | None:
    """The last one that is named: people correct themselves."""
    named = [
        (number, Found(district.code, sentence, 0.9))
        for district in session.scalars(select(District))
        for number, sentence in enumerate(own)
        if district.name in sentence
    ]
    return max(named, key=lambda one: one[0])[1] if named else None


def _address(own: Sequence[str]) -> Found | None:
    places = []
    for sentence in own:
        for match in STREET.finditer(sentence):
            place = BEFORE_PLACE.sub("", match[0])
            if len(place) > 2:
                places.append(Found(place, sentence, 0.7 if re.search(r"\d", place) else 0.5))
    # The most exact one: a number beats a street, a longer name a shorter one.
    return max(places, key=lambda one: (one.confidence, len(one.value)), default=None)
