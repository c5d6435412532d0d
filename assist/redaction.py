"""Personal data taken out of what was said: before it is learned from, or sent to a model.

Each kind is replaced by its name and a number, 〔电话1〕, and can be put back into an answer that
names it.  Addresses keep their street and house, which are the matter, and lose flat and door.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕"
    "丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃"
    "武戴莫孔向汤涂章占艾"
)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
COMPOUND_SURNAMES = "欧阳|上官|司马|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木"
PARTIES = "(?:报警|投诉|举报|反映|来电|联系|诉求|申请|当事)人"
# Who tells a number breathes, and speech recognition writes a comma for it.
BREATH = "[ ，,、-]{0,2}"
SPOKEN = "零〇一二三四五六七八九幺两"
# From the most exact to the least: what is taken out is not looked at again.
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("邮箱", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)),
    ("证件", re.compile(rf"(?<!\d)(?:\d{BREATH}){{17}}[\dXx](?!\d)|(?<!\d)\d{{15}}(?!\d)")),
    ("车牌", re.compile(rf"[{PROVINCES}]\s?[A-Za-z][·\s-]?[A-Za-z0-9]{{5,6}}(?![A-Za-z0-9])")),
    ("电话", re.compile(rf"(?<!\d)(?:\+?86[ -]?)?1[3-9](?:{BREATH}\d){{9}}(?!\d)")),
    ("电话", re.compile(rf"(?<!\d)0\d{{2,3}}{BREATH}\d{{3,4}}{BREATH}\d{{4}}(?!\d)")),
    ("号码", re.compile(rf"(?:[{SPOKEN}][ ，,、-]?){{7,}}")),
    ("号码", re.compile(r"\d(?:[ -]?\d){5,}")),
    (
        "门牌",
        re.compile(
            r"\d+\s?单元\s?\d*\s?[室房户号]?|\d+\s?[室房户](?!\d)|(?<=[栋幢楼])\d{3,4}(?!\d)"
        ),
    ),
    ("姓名", re.compile(rf"(?<=叫)(?:{COMPOUND_SURNAMES})[\u4e00-\u9fff]{{1,2}}")),
    ("姓名", re.compile(r"(?<=我叫)[\u4e00-\u9fff]{2,3}|(?<=姓名[是叫])[\u4e00-\u9fff]{2,3}")),
    (
        "姓名",
        re.compile(
            rf"(?:(?<=我是)|(?<=我姓.，叫))[{SURNAMES}][\u4e00-\u9fff]{{1,2}}(?=[，。！？,.!?\s〔]|$)"
        ),
    ),
    # What records of the police and of other lines write before a name.
    (
        "姓名",
        re.compile(
            rf"(?:(?<={PARTIES})|(?<={PARTIES}[是为：:]))(?:{COMPOUND_SURNAMES}|[{SURNAMES}])"
            r"[\u4e00-\u9fff]{1,2}(?=[，。！？；,.!?;\s〔（(]|称|说|反映|表示|来电|在|于|要求|$)"
        ),
    ),
    ("姓名", re.compile(rf"[{SURNAMES}][\u4e00-\u9fff]{{0,2}}(?=先生|女士|小姐|师傅|阿姨|老师)")),
)
# Flat and door are the matter's place, which whoever handles it has to find.
PLACE = ("门牌",)
# What an answer to one citizen may tell another: numbers that are no mobile's are an office's.
OFFICE = ("号码",)
PLACEHOLDER = re.compile(r"〔(?:邮箱|证件|车牌|电话|号码|门牌|姓名)\d*〕")


@dataclass
class Redaction:
    """What was taken out of one call; the same number has the same name everywhere in it."""

    taken: dict[str, str] = field(default_factory=dict)

    def of(self, text: str) -> str:
        """The text without personal data."""
        for kind, pattern in KINDS:
            text = pattern.sub(partial(self._named, kind), text)
        return text

    def undone(self, text: str) -> str:
        """The text with everything put back; a name that was never given stays as it is."""
        return PLACEHOLDER.sub(lambda match: self.taken.get(match[0], match[0]), text)

    def _named(self, kind: str, match: re.Match[str]) -> str:
        value = match[0]
        for name, known in self.taken.items():
            if known == value:
                return name
        name = f"〔{kind}{len(self.taken) + 1}〕"
        self.taken[name] = value
        return name


def blank(text: str, *, keeping: Collection[str] = ()) -> str:
    """The text with the kinds alone, which is what can be learned from; some kinds may stay."""
    for kind, pattern in KINDS:
        if kind not in keeping:
            text = pattern.sub(f"〔{kind}〕", text)
    return text
