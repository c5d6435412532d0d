"""Reads ticket fields out of what was said; what is unsure is absent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from assist import known, topics
from assist.known import Guessed
from infra.db import session
from models import District, Kind, Purpose, Topic, Unit

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
    found |= _matter(own)
    return {field: value for field, value in found.items() if value is not None}


def _kind(own: Sequence[str]) -> Found | None:
    for kind, words in KIND_WORDS:
        for sentence in own:
            if any(_meant(word, sentence) for word in words):
                return Found(kind, sentence, 0.8 if words[0] in sentence else 0.6)
    return None


def _meant(word: str, sentence: str) -> bool:
    """The word occurs, and not only behind a denial: 我不是要投诉."""
    return re.search(f"(?<!不)(?<!不是)(?<!不是要)(?<!不是来)(?<!不想){word}", sentence) is not None


def _summary(own: Sequence[str]) -> Found | None:
    telling = max(own, key=len, default="")
    if len(telling) < SHORTEST_SUMMARY:
        return None
    text = "，".join(own)
    if len(text) > LONGEST_SUMMARY:
        text = text[: LONGEST_SUMMARY - 1] + "…"
    return Found(text, telling, 0.5)


def _matter(own: Sequence[str]) -> dict[str, Found | None]:
    """Topic and unit: by what was learned from tickets, else by the city's own words."""
    topic, row = _topic(own)
    if topic is None or row is None:
        return {"unit": _learned_unit(own)}
    unit = _learned_unit(own)
    # Where the district's own unit is responsible, the dispatcher decides.
    if unit is None and row.unit is not None and not row.local:
        unit = Found(row.unit.code, topic.sentence, round(topic.confidence * 0.9, 2))
    return {"topic": Found(row.code, topic.sentence, topic.confidence), "unit": unit}


def _topic(own: Sequence[str]) -> tuple[Guessed | None, Topic | None]:
    rows = {one.code: one for one in session.scalars(select(Topic).options(joinedload(Topic.unit)))}
    learned = known.of(Purpose.TOPIC)
    topic = learned.guess(own) if learned else topics.by_words(own, topics.words_of(rows.values()))
    return topic, rows.get(topic.label) if topic else None


def _learned_unit(own: Sequence[str]) -> Found | None:
    """A unit that took over such matters, as far as it is one that is still at work."""
    learned = known.of(Purpose.UNIT)
    unit = learned.guess(own) if learned else None
    if unit is None:
        return None
    code = session.scalar(select(Unit.code).where(Unit.code == unit.label, Unit.active))
    return Found(code, unit.sentence, unit.confidence) if code else None


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
