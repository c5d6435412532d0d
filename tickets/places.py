"""The place that a sentence names: district, road, estate, house.  Pure."""

import re

HAN = r"[\u4e00-\u9fff]"
DIGITS = r"[\d零〇一二三四五六七八九十百]+"
# What people say around a place and what does not belong to its name.
AROUND = re.compile(
    r"[，。！？；、,.!?;\s]|在|到|住|就?是|去|从|的|说|叫|这|那|个|们|我家?|你|他|她|有|位于|靠近|关于|"
    r"投诉|举报|反映|咨询|请问|因为|现在|目前|最近|一直|今天|昨天|前天|昨晚|晚上|早上|每天|"
    r"整|全|老旧|隔壁|附近|旁边|楼下|对面|自家|家里"
)
DISTRICT = rf"(?:{HAN}{{2,3}}市)?(?:{HAN}{{2,4}}?(?:新区|区|县))?"
ROAD = rf"{HAN}{{1,6}}?(?:大道|大街|路(?![灯面上边人过费程况牌])|街(?![上道坊])|巷(?!子))"
ESTATE = (
    r"[\u4e00-\u9fffA-Za-z\d]{2,8}?"
    r"(?:小区|花园|广场(?!舞)|公寓|家园|新村|社区|大厦|商城|名都|豪庭|华府|苑|村)"
)
HOUSE = rf"(?:{DIGITS}(?:号楼|号|弄|栋|幢|单元|室|楼|期|座))*"
PLACE = re.compile(rf"{DISTRICT}(?:{ROAD}{HOUSE}(?:{ESTATE}{HOUSE})?|{ESTATE}{HOUSE})")
# What a house's number is told more exactly by: an estate, a house of one, a landmark.  Words of
# trouble are no part of its name.
NAME = r"(?:(?![不没无坏被了把])[\u4e00-\u9fffA-Za-z\d])"
BESIDE = r"(?:斜?对面|旁边|附近|隔壁|后面|前面|里面|楼上|楼下)"
LANDMARK = (
    r"(?:超市|医院|诊所|药店|药房|学校|小学|中学|大学|幼儿园|银行|酒店|宾馆|饭店|餐厅|餐馆|商店|便利店|商场|"
    r"菜市场|市场|公园|车站|公交站|地铁站|加油站|派出所|居委会|工地|停车场|网吧|工业园|产业园|写字楼|大楼)"
)
DETAIL = re.compile(
    rf"(?:[，,、 ]|的|{BESIDE}的?)?"
    rf"(?P<name>{NAME}{{1,7}}?(?:小区|花园|广场(?!舞)|公寓|家园|新村|社区|大厦|商城|名都|豪庭|华府|苑|村)"
    rf"{HOUSE}|{NAME}{{1,6}}?(?:{DIGITS}(?:号楼|栋|幢|单元|座|期))+{HOUSE}|{NAME}{{1,8}}?{LANDMARK})"
    rf"(?:正?门口|{BESIDE})?"
)
# Kinds of places, not names of any.
NO_NAME = re.compile(
    rf"(?:{HAN}*条|马|公|道|铁|走|修|线|电|小|半|水|让|堵|过|网|门口|步行|两边|城中|农|新农|乡|本|老|新|旧|封闭|高档)"
    r"(?:路|大道|街|巷|村|小区|社区)|(?:小区|社区|单位|学校).*"
)
# In English: "88 Bayi Avenue, Donghu District".  Without a house's number a road is known by its
# capital letters only: "in front of the street" names none.
KIND_OF_ROAD = r"(?i:avenue|ave|road|rd|street|st|lane|boulevard|highway)\b\.?"
NO_PART = r"(?!(?i:the|on|in|at|of|a|an|this|that|and|near|by|from|to|along|my|our|your)\b)"
NAME = rf"{NO_PART}[A-Z][A-Za-z'’-]*"
ANY_CASE = rf"{NO_PART}[A-Za-z][A-Za-z'’-]*"
# A house, a flat; what follows the road stays as it was said.
NUMBER = r"(?:(?i:no\.?|number|room|flat|unit|building) ?)?\d+[A-Za-z]?"
ENGLISH_PLACE = re.compile(
    rf"\b(?:{NUMBER},? (?:{ANY_CASE} ){{1,3}}?|(?:{NAME} ){{1,3}}){KIND_OF_ROAD}"
    rf"(?:,? {NUMBER}\b)*(?:,? (?:in )?(?:{ANY_CASE} ){{1,2}}?(?i:district|county)\b)?"
)


def find(sentence: str) -> str | None:
    """The longest place that the sentence names; one with a house before any without.  What follows
    a house's number stays with it: a landmark, or the house of an estate."""
    found = [match[0] for match in ENGLISH_PLACE.finditer(sentence)] + [
        _detailed(match[0], sentence)
        for piece in AROUND.split(sentence)
        for match in PLACE.finditer(piece)
        if not NO_NAME.fullmatch(match[0])
    ]
    return max(found, key=lambda place: (has_house(place), len(place)), default=None)


def _detailed(place: str, sentence: str) -> str:
    """With what the sentence says right behind the number; that may be where he means."""
    if not has_house(place):
        return place
    more = DETAIL.match(sentence, sentence.index(place) + len(place))
    if more is None or NO_NAME.fullmatch(more["name"]) or AROUND.search(more["name"]):
        return place
    return place + more[0].replace("，", "").replace(",", "").replace("、", "").strip()


def has_house(place: str) -> bool:
    return (
        re.search(rf"{DIGITS}(?:号|弄|栋|幢|单元|室|楼|期|座)|\b\d+[A-Za-z]?\b", place) is not None
    )
