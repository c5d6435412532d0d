"""Reads ticket fields out of what was said; what is unsure is absent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from assist import emergency, known, matter, topics
from assist.known import Guessed
from infra.db import session
from models import District, Kind, Purpose, Topic, Unit, Urgency
from tickets import places

SHORTEST_SUMMARY = 4
LONGEST_SUMMARY = 300
LONGEST_DEMAND = 120
GROWN_UP = 18

# The first kind whose words are heard; a demand to act outweighs a question.
KIND_WORDS: dict[Kind, tuple[str, ...]] = {
    kind: tuple(words.split())
    for kind, words in (
        (Kind.REPORT, "我要举报 举报"),
        (
            Kind.COMPLAINT,
            "我要投诉 投诉 不作为 推诿 踢皮球 扰民 乱收费 多收费 拖欠 欠薪 不发工资 "
            "虚假宣传 不退钱 不退款 不给退 "
            "太吵 很吵 吵到 吵得 吵死 "
            "拒绝退 态度很差 态度太差 态度差 态度恶劣 态度不好 迟迟不 迟迟没 一拖再拖 拖着不 拖了",
        ),
        (Kind.PRAISE, "表扬 点赞 送锦旗"),
        (Kind.SUGGEST, "我建议 提个建议 建议"),
        (
            Kind.HELP,
            "求助 坏了 没人修 没人管 来修 帮忙 帮我 不亮 停水 停电 没有水 没有电 没水 没电 "
            "漏水 堵了 塌 "
            "着火 挪车 挪一下车",
        ),
        (Kind.CONSULT, "请问 咨询 想问 怎么办理 怎么 如何 需要什么材料 多少钱 什么时候"),
    )
}
# Who does not work asks of unemployment.
NO_PERSON = (
    *("i", "we", "he", "she", "they", "you", "who"),
    *("husband", "wife", "father", "mother", "parents", "son", "daughter", "people"),
)
OF_NO_PERSON = "".join(rf"(?<!\b{who} )" for who in NO_PERSON)
# That he wants to report a thing is no 举报 in English: he reports a broken lamp as well.
ENGLISH_KIND: dict[Kind, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in (
        (
            Kind.COMPLAINT,
            r"\bi(?: want| would like|[’']d like| wish| need|[’']m calling| am calling) to"
            r" (?:complain|make a complaint|file a complaint)\b",
        ),
        (
            Kind.PRAISE,
            r"\bi(?: want| would like|[’']d like| wish) to (?:praise|commend|compliment)\b",
        ),
        (
            Kind.SUGGEST,
            r"\bi(?: would(?: like to)?|[’']d(?: like to)?| want to)? suggest\b"
            r"|\bi have a suggestion\b",
        ),
        (
            Kind.HELP,
            r"\b(?:is|are|has been|have been) (?:broken|out of order|leaking|flooded|blocked)\b"
            r"|\b(?:is not|isn[’']t|are not|aren[’']t) working\b"
            rf"|{OF_NO_PERSON}\b(?:does not|doesn[’']t|do not|don[’']t) work\b"
            r"|\b(?:there is|there[’']s|we have|i have) no (?:water|power|electricity|gas)\b"
            r"|\b(?:i need help|please help)\b",
        ),
        (
            Kind.CONSULT,
            r"\bhow (?:do|can|should) (?:i|we)\b|\bwhat (?:documents|papers) do (?:i|we) need\b"
            r"|\bwhere (?:do|can|should) (?:i|we)\b"
            r"|\bi(?: want| would like|[’']d like) to (?:ask|know|enquire|inquire)\b",
        ),
    )
}
# Who has waited or asked before, and nothing was done, complains of the delay.
DELAY = re.compile(
    r"(?:[\d一二两三四五六七八九十几半好多]+个?多?(?:天|周|星期|礼拜|月|年|次|遍|回)|反映过|打过电话|报修过|早就)"
    r".{0,14}?(?:没|不|未)[\u4e00-\u9fff]{0,6}?"
    r"(?:处理|解决|回复|答复|回音|管|理我|来修|派人|修好|落实|退钱|退款|兑现|结果|下文|动静|消息|改善)"
)
# Whoever has a duty and does not do it is complained of: 物业不修电梯.
NEGLECT = re.compile(
    r"(?:物业|业委会|居委会|村委会|社区|街道|部门|单位|公司|厂家|开发商|施工方|商家|店家|老板|平台|中介|房东|学校|医院|"
    r"城管|银行|他们|你们)"
    r"(?:根本|从来|一直|总是|老是|就是|都|也|又|还|就|从)*(?:不|没有?|拒绝)(?:肯|愿意?|给|来|去|人|好好|及时|按时)*"
    r"(?:修|管|处理|解决|理|换|退|赔|清|打扫|负责|履行|维护|整改)(?!.*吗[？?]?$)"
)
# What he wants done, from the plainest words to the least; what follows the words is the demand.
# That he wants to ask or to tell something is his opening, and no demand.
DEMANDS = (
    re.compile(
        r"(?:希望|要求|请求|期望|诉求是|我就?想)(?:你们|政府|有关部门|相关部门|能够|能|可以|要)*+"
        r"(?!请?(?:问|咨询|反映|反应|投诉|举报|了解|求助|请教|打听|知道|说))([^。！？!?]{3,})"
    ),
    re.compile(
        r"(?:能不能|可不可以|能否|麻烦你?们?|请你们|请(?=尽快|帮|派|安排))((?:你们|帮|帮我|派|安排|尽快|快|早|来|让|管|处理|解决|协调|把)[^。！？!?]{1,})"
    ),
    re.compile(r"((?:尽快|赶紧|抓紧|赶快|早点|马上)[^，。！？,!?]{2,})"),
)
# What comes up beside his matter is no part of it: 另外问一下，公积金怎么提取.
ASIDE = re.compile(
    r"(?:另外|还有|顺便|对了|再)[，,]?(?:我|就|再|还|也|想|要|跟|向|和|你们|您|你|个|一个|有)*"
    r"(?:问|咨询|打听|请教|了解)"
)
# A plea that does not say for what.
BARE_PLEA = re.compile(r"(?:你们|帮|我|忙|一下|下)+")
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


def read(own: Sequence[str]) -> dict[str, Found]:
    """Field → value, from the citizen's own sentences in order."""
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
    found |= _matter(main)
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
    for kind, words in KIND_WORDS.items():
        for sentence in own:
            if any(_meant(word, sentence) for word in words) and _says(kind, sentence):
                return Found(kind, sentence, 0.8 if words[0] in sentence else 0.6)
            english = ENGLISH_KIND.get(kind)
            if _implied(kind, sentence) or (english is not None and english.search(sentence)):
                return Found(kind, sentence, 0.6)
    return None


def _says(kind: Kind, sentence: str) -> bool:
    """Many begin with "I want to ask" whatever they want; by itself it is no question."""
    return kind is not Kind.CONSULT or bool(matter.of(sentence))


def _implied(kind: Kind, sentence: str) -> bool:
    """What he tells is of this kind, though he does not name it."""
    match kind:
        case Kind.COMPLAINT:
            return any(one.search(sentence) for one in (DELAY, NEGLECT))
        case Kind.HELP:
            return emergency.find(sentence) is not None
        case _:
            return False


def _meant(word: str, sentence: str) -> bool:
    """The word occurs, and not only behind a denial: 我不是要投诉."""
    return re.search(f"(?<!不)(?<!不是)(?<!不是要)(?<!不是来)(?<!不想){word}", sentence) is not None


def _summary(own: Sequence[str]) -> Found | None:
    """What it is about in his own words: no politeness, not who he is, nothing twice."""
    told = {matter.of(sentence): sentence for sentence in own}
    told.pop("", None)
    telling = max(told, key=len, default="")
    danger = any(emergency.find(text) for text in told)
    if len(telling) < SHORTEST_SUMMARY and not danger:
        return None
    text = "，".join(told)
    if len(text) > LONGEST_SUMMARY:
        text = text[: LONGEST_SUMMARY - 1] + "…"
    return Found(text, told[telling], 0.5)


def _demand(own: Sequence[str]) -> Found | None:
    """What he wants done, in the plainest of his words; the last time he says it."""
    for pattern in DEMANDS:
        for sentence in reversed(own):
            match = pattern.search(sentence)
            wanted = matter.of(match[1]) if match else ""
            if wanted and not BARE_PLEA.fullmatch(wanted):
                return Found(wanted[:LONGEST_DEMAND], sentence, 0.6)
    return None


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
    learned = None if topics.in_english(own) else known.of(Purpose.TOPIC)
    words = topics.words_of(rows.values())
    # Nobody may explain by a model that a fire was not known for one.
    topic = topics.by_words([one for one in own if emergency.find(one)], words)
    if topic is None:
        topic = learned.guess(own) if learned else topics.by_words(own, words)
    return topic, rows.get(topic.label) if topic else None


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
        if district.name in sentence
    ]
    return max(named, key=lambda one: one[0])[1] if named else None


def _address(own: Sequence[str]) -> Found | None:
    """The most exact one: a house beats a street, a longer name a shorter one."""
    named = [
        Found(place, sentence, 0.7 if places.has_house(place) else 0.5)
        for sentence in own
        if (place := places.find(sentence)) is not None
    ]
    return max(named, key=lambda one: (one.confidence, len(one.value)), default=None)
