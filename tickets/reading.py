"""Reads ticket fields out of what was said; what is unsure is absent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from assist import emergency, known, matter, topics
from assist.known import Guessed
from infra.db import session
from models import GENERAL, District, Line, Purpose, Topic, Unit, Urgency
from tickets import demands, kinds, places, turning

SHORTEST_SUMMARY = 4
LONGEST_SUMMARY = 300
LONGEST_DEMAND = 120
GROWN_UP = 18

# What comes up beside his matter is no part of it: 另外问一下，公积金怎么提取.
ASIDE = re.compile(
    r"(?:另外|还有|顺便|对了|再)[，,]?(?:我|就|再|还|也|想|要|跟|向|和|你们|您|你|个|一个|有)*"
    r"(?:问|咨询|打听|请教|了解)"
)
# Where nobody stands in front of an age it is his own, unless a child is told of.
AGE = re.compile(
    r"(?:我|^|[，。,])(?:今年|现在|才|只有|刚|刚满|还|是)*(\d{1,2}|[一二三四五六七八九十]{1,3})(?:周?岁)"
)
CHILD = re.compile(r"孩|儿|女|孙|弟|妹|学生")
PUPIL = re.compile(r"我(?:还|就|只)?是(?:一?[个名])?(?:小学生|初中生|高中生|未成年人?|小孩子?)")
TENS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


@dataclass(frozen=True)
class Found:
    value: str
    sentence: str
    confidence: float


def read(own: Sequence[str], line_id: int | None = None) -> dict[str, Found]:
    """Field → value, from the citizen's own sentences in order, and the line that he chose."""
    main = _main(own)
    found = {
        "kind": _kind(main),
        "summary": _summary(own),
        "demand": _demand(main),
        "district": _district(own),
        "address": _address(own),
        "urgency": _urgency(own),
        "citizen_name": _name(own),
        "minor": _minor(own),
    }
    found |= _matter(main, line_id)
    return {field: value for field, value in found.items() if value is not None}


def _main(own: Sequence[str]) -> Sequence[str]:
    """Without what he asks beside his matter, once he has told one."""
    main: list[str] = []
    for sentence in own:
        aside = ASIDE.search(sentence)
        before = sentence[: aside.start()].rstrip("，,。 ") if aside else sentence
        if aside and not any(matter.of(one) for one in [*main, before]):
            return own
        if before:
            main.append(before)
    return main


def _kind(own: Sequence[str]) -> Found | None:
    wanted = kinds.of(own)
    return Found(wanted.kind, wanted.sentence, 0.8 if wanted.named else 0.6) if wanted else None


def _summary(own: Sequence[str]) -> Found | None:
    """What it is about in his own words: no politeness, not who he is, nothing twice."""
    told = {matter.of(sentence): sentence for sentence in own}
    told.pop("", None)
    telling = max(told, key=len, default="")
    danger = any(emergency.find(text) for text in told)
    if len(telling) < SHORTEST_SUMMARY and not danger:
        return None
    text = matter.joined(told)
    if len(text) > LONGEST_SUMMARY:
        text = text[: LONGEST_SUMMARY - 1] + "…"
    return Found(text, told[telling], 0.5)


def _demand(own: Sequence[str]) -> Found | None:
    wanted = demands.of(own)
    return Found(wanted.text[:LONGEST_DEMAND], wanted.sentence, 0.6) if wanted else None


def _urgency(own: Sequence[str]) -> Found | None:
    """Danger is urgent, whoever hears of it first: the menu or the agent."""
    for sentence in own:
        if emergency.find(sentence):
            return Found(Urgency.URGENT, sentence, 0.8)
    return None


def _name(own: Sequence[str]) -> Found | None:
    """The longest: a surname that is told first is completed later."""
    named = [Found(name, one, 0.7) for one in own if (name := matter.name_in(one)) is not None]
    return max(named, key=lambda one: len(one.value), default=None)


def _minor(own: Sequence[str]) -> Found | None:
    """He says himself that he is under age; a child that is spoken of does not make him one."""
    for sentence in own:
        age = None if CHILD.search(sentence) else AGE.search(sentence)
        if PUPIL.search(sentence) or (age and 0 < _number(age[1]) < GROWN_UP):
            return Found("yes", sentence, 0.7)
    return None


def _number(said: str) -> int:
    """A number below a hundred, in digits or spoken."""
    if said.isdecimal():
        return int(said)
    tens, ten, ones = said.rpartition("十")
    return (TENS.get(tens, 1) * 10 if ten else 0) + TENS.get(ones, 0)


def _matter(own: Sequence[str], line_id: int | None) -> dict[str, Found | None]:
    """Topic and unit: by what was learned from tickets, else by the city's own words."""
    found, own = _topic(own, line_id)
    unit = _learned_unit(own)
    if found is None:
        return {"unit": unit}
    topic, row = found
    # Where the district's own unit is responsible, the dispatcher decides.
    if unit is None and row.unit is not None and not row.local:
        unit = Found(row.unit.code, topic.sentence, round(topic.confidence * 0.9, 2))
    return {"topic": Found(row.code, topic.sentence, topic.confidence), "unit": unit}


def _topic(
    own: Sequence[str], line_id: int | None
) -> tuple[tuple[Guessed, Topic] | None, Sequence[str]]:
    """What it is about, and the sentences that it was understood from; all of them where it was
    not."""
    rows = {one.code: one for one in session.scalars(select(Topic).options(joinedload(Topic.unit)))}
    line = session.get(Line, line_id) if line_id is not None else None
    # To the general line come all who did not choose.
    chosen = line if line is not None and line.code != GENERAL else None
    words = topics.words_of(rows.values(), chosen)
    # Nobody may explain by a model that a fire was not known for one.
    danger = topics.by_words([one for one in own if emergency.find(one)], words)
    if danger is not None:
        return (danger, rows[danger.label]), own
    for said in turning.newest_first(own):
        topic = _guess(said, words)
        if topic is not None and topic.label in rows:
            return (topic, rows[topic.label]), said
    return None, own


def _guess(said: Sequence[str], words: Sequence[topics.Words]) -> Guessed | None:
    learned = None if topics.in_english(said) else known.of(Purpose.TOPIC)
    if learned is None:
        return topics.by_words(said, words)
    return learned.guess(said, likely=[one.code for one in words if one.chosen])


def _learned_unit(own: Sequence[str]) -> Found | None:
    """A unit that took over such matters, as far as it is one that is still at work."""
    learned = None if topics.in_english(own) else known.of(Purpose.UNIT)
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
        if district.name in sentence or _in_pinyin(district, sentence)
    ]
    return max(named, key=lambda one: one[0])[1] if named else None


def _in_pinyin(district: District, sentence: str) -> bool:
    """Codes are the names in pinyin.  What it is must follow: there is a Xihu Road, too."""
    name = district.code.removesuffix("_county").replace("_", " ")
    return (
        re.search(rf"\b{name} ?(?:district|county|qu|xian)\b", sentence, re.IGNORECASE) is not None
    )


def _address(own: Sequence[str]) -> Found | None:
    """The most exact one: a house beats a street, a longer name a shorter one."""
    named = [
        Found(place, sentence, 0.7 if places.has_house(place) else 0.5)
        for sentence in own
        if (place := places.find(sentence)) is not None
    ]
    return max(named, key=lambda one: (one.confidence, len(one.value)), default=None)
