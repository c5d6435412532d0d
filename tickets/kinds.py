"""Of which kind a demand is, by what the citizen says plainly.  Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assist import emergency, matter
from models import Kind

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
# A deposit is returned to him; a son who has not returned is missing.
OWED = (
    r"(?:it|them|(?:my|our)(?! calls?\b)|the (?:full |whole )?"
    r"(?:money|deposit|rent|fees?|amount|payment|keys?|goods|cards?|documents?|papers))"
)
# That he wants to report a thing is no 举报 in English: he reports a broken lamp as well.
ENGLISH_KIND: dict[Kind, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in (
        (
            Kind.COMPLAINT,
            r"\bi(?: want| would like|[’']d like| wish| need|[’']m calling| am calling) to"
            r" (?:complain|make a complaint|file a complaint)\b|\bi have a complaint\b"
            r"|\b(?:too|so|very|really) (?:loud|noisy)\b|\bloud (?:music|noise)\b"
            r"|\b(?:overcharged|cheated|scammed) (?:me|us)\b"
            r"|\bi was (?:overcharged|cheated|scammed)\b"
            r"|\b(?:can[’']t|cannot|can not) sleep\b|\bowes? (?:me|us)\b"
            r"|\bmy money back\b"
            r"|\b(?:nobody|no one) (?:has |ever )?"
            r"(?:come|comes|came|fixed|fixes|answers?|answered|helps?|cares?)\b"
            r"|\brefuse[sd]? to (?:pay|refund|fix|repair|help)\b"
            r"|\b(?:(?:has|have|did|does|will) not|(?:has|have|did|does)n[’']t|won[’']t) "
            r"(?:been )?(?:paid?|pay|fix|fixed|repair|repaired|collect|collected|refund|refunded"
            rf"|return(?:ed)? {OWED}|(?<=been )returned|give back|given back)\b",
        ),
        (
            Kind.PRAISE,
            r"\bi(?: want| would like|[’']d like| wish) to"
            r" (?:praise|commend|compliment|thank the|thank your)\b",
        ),
        (
            Kind.SUGGEST,
            r"\bi(?: would(?: like to)?|[’']d(?: like to)?| want to)? suggest\b"
            r"|\b(?:i have a|my) suggestion\b|\bit would be (?:good|nice|great|better) (?:if|to)\b",
        ),
        (
            Kind.HELP,
            r"\b(?:is|are|has been|have been) (?:broken|out of order|leaking|flooded|blocked)\b"
            r"|\b(?:is not|isn[’']t|are not|aren[’']t|has stopped|stopped) working\b"
            r"|\b(?:has broken|broke) down\b"
            rf"|{OF_NO_PERSON}\b(?:does not|doesn[’']t|do not|don[’']t) work\b"
            r"|\b(?:there is|there[’']s|we have|i have) no (?:water|power|electricity|gas)\b"
            r"|\b(?:water|power|electricity|gas) (?:is|has been|went) (?:off|out|cut off)\b"
            r"|\b(?:light|lamp)s?\b[^.?!]{0,60} (?:is|are) (?:out|off)\b"
            r"|\bpower (?:cut|outage)\b|\bblackout\b"
            r"|\bblock(?:s|ing|ed) my (?:car|way|garage|driveway|door)\b"
            r"|\b(?:i need help|please (?:help|send|fix|repair|come|remove|move|clean))\b"
            r"|\b(?:can|could) (?:you|someone|somebody) (?:please )?"
            r"(?:help|send|fix|repair|come|remove|move|clean)\b"
            r"|\b(?:i|we) (?:need|want) (?:you|someone|somebody) to"
            r" (?!(?:tell|know|explain|hear|listen|understand|speak|talk)\b)",
        ),
        (
            Kind.CONSULT,
            r"\bhow (?:do|can|should) (?:i|we)\b|\bwhat (?:documents|papers) do (?:i|we) need\b"
            r"|\b(?:where|when) (?:do|can|should|will|does|is)\b|\bhow (?:to|much|long)\b"
            r"|\bwhat (?:is|are) the\b|\bwhat do (?:i|we) need\b|\bdo i need\b|\bcan i\b"
            r"|\bam i (?:allowed|entitled|eligible)\b|\bis it possible\b|\bi have a question\b"
            r"|\b(?:can|could) you (?:please )?(?:tell me|explain)\b|\bplease tell me\b"
            r"|\b(?:i|we) (?:need|want) (?:you|someone|somebody) to (?:tell me|explain)\b"
            r"|\bdo you know\b|\bis there an?y?\b"
            r"|\bwhat (?:should|can|must|time)\b|\bwhich (?:documents|papers|department|office)\b"
            r"|\b(?:some|any) information\b|\bwhere (?:can|is|are)\b"
            r"|\bi(?: want| would like|[’']d like|[’']m calling| am calling) to"
            r" (?:ask|know|enquire|inquire|find out)\b",
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


@dataclass(frozen=True)
class Wanted:
    """``named`` where he says it with the very word."""

    kind: Kind
    sentence: str
    named: bool


def of(own: Sequence[str]) -> Wanted | None:
    """The weightiest kind of all that is said, and the first sentence that says so."""
    for kind, words in KIND_WORDS.items():
        for sentence in own:
            if any(_meant(word, sentence) for word in words) and _says(kind, sentence):
                return Wanted(kind, sentence, words[0] in sentence)
            english = ENGLISH_KIND.get(kind)
            if _implied(kind, sentence) or (english is not None and english.search(sentence)):
                return Wanted(kind, sentence, False)
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
