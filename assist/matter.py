"""What of a sentence is its matter: neither politeness, nor who speaks, nor that he wants to tell.

Suggestions follow the last sentence that has one, and a summary is made of nothing else."""

import re
from collections.abc import Iterable

from assist.redaction import COMPOUND_SURNAMES, SURNAMES

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# English words stay together.
CLAUSE = re.compile(r"[，。！？；、,.!?;]+|(?<=[\u4e00-\u9fff])\s+|\s+(?=[\u4e00-\u9fff])")
# Polite wherever it stands at an edge of a clause.
POLITE = (
    r"(?:您好|你好(?![像多])|喂|哈[喽啰]|谢谢(?:了|啊|你们?|您)?|多谢|感谢(?:你们?|您)?|"
    r"(?:麻烦|辛苦|打扰|拜托)(?:你们?|您)?了|不好意思|再见|拜拜|请问(?:一下)?|好的|好吧|不客气|同志|"
    r"hello|good (?:morning|afternoon|evening|day)|thank you(?: very much| so much)?"
    r"|thanks(?: a lot| very much| so much)?|goodbye|bye(?:[- ]bye)?|excuse me)"
)
# Says nothing where nothing else is said.
EMPTY = (
    r"(?:我|嗯+|啊+|哦+|噢+|呃+|额+|哎+|唉+|诶+|那个?|就?这样|先?这样吧?|好|行|可以|是|是的|对|对的|没有|没有了|没了|没事|"
    r"没问题|知道|知道了|明白|明白了|清楚|清楚了|了解|收到|听到|听见|听得到|能听到|能听见|在吗|有人吗|人工|转人工|"
    r"就是|然后|等一下|稍等|不用|不用了|不是|不对|说错了|吗|吧|呀|了|的|哈|呢|啦|嘛|"
    r"那|你|您|还在吗|在不在|没有?(?:别的|其他的?|其它的?)(?:事情?|问题)?了?|(?:等|稍等)(?:等|我?一?下)|"
    r"hi|hey|yes|yeah|no|ok|okay|all right|alright|sure|right|well|please|sorry|you|there|um+|uh+|"
    r"i see|got it|i understand|of course|hold on|wait|hmm+|let me (?:think|see)|"
    r"(?:just )?(?:a|one) (?:moment|second|minute)|好嘞|没错|请讲|请说|"
    r"nothing(?: else)?|that (?:is|was) (?:all|it)|that[’']s (?:all|it)|"
    r"you[’']re welcome|have a (?:good|nice) (?:day|one)|"
    r"how are you(?: today)?|i have (?:a|one) question|"
    r"i want to ask (?:you )?(?:something|a question))"
)
# Whether one is heard at all, and is to say it once more.
LINE = (
    r"(?:(?:你们?|您|我)?(?:还|能|能不能|可以|没|没有)*听(?:得|不|没|能)?(?:到|见|清楚?)?了?"
    r"(?:我(?:在)?(?:说话|讲话|说|讲|的?声音))?(?:了|吗|么|没有?|不)*|"
    r"(?:你们?|您)(?:还|在|在不在)+(?:听|线上?)?(?:吗|么|呢)?|"
    r"(?:麻烦|请)?(?:你们?|您)?(?:再|能再|可以再)?(?:说|讲|重复)"
    r"(?:一遍|一次|什么|慢一?点|大声一?点)(?:吗|呢|好吗)?|"
    r"(?:can|do) you (?:still )?hear me(?: now)?|"
    r"i (?:can[’']?t|cannot|can|can not) hear you(?: well| clearly)?|"
    r"(?:are|is) (?:there )?(?:you|anybody|anyone|somebody) (?:still )?"
    r"(?:there|here|on the line|listening)|"
    r"(?:can|could) you (?:please )?(?:repeat (?:that|it)|say (?:that|it) again|speak up)|"
    r"(?:can|do) you speak english|"
    r"can i speak (?:to (?:a|an) (?:person|human|agent|operator)|english))"
)
# That he has something to tell is not yet what.
OPENING = (
    r"(?:是这样的?|我(?:就是)?(?:要|想|来|想要)(?:要)?(?:问|咨询|反映|反应|投诉|举报|建议|了解|求助|说|请教)"
    r"(?:你们|您|你)?(?:一?下|一?个|一件|几个|这个|那个)*(?:子|事情?|问题|情况|东西)?|"
    r"有(?:个|件)(?:事情?|问题)(?:想|要)?(?:问|咨询|反映)?(?:一下)?)"
)
# Characters that are hardly ever part of a name, and often the word behind it.
GIVEN = r"(?:(?![住是在的想要打有家电手今])[\u4e00-\u9fff])"
NAME = rf"(?:(?:{COMPOUND_SURNAMES}){GIVEN}{{0,2}}|[{SURNAMES}]{GIVEN}{{1,2}})"
TITLE = r"(?:先生|女士|小姐|师傅|阿姨|老师)"
# Who speaks, and how he is reached: these have their own places.
WHO = (
    rf"(?:我?(?:这边)?(?:的)?(?:本?人)?(?:免贵)?姓(?:{COMPOUND_SURNAMES}|[\u4e00-\u9fff]){TITLE}?|"
    rf"(?:我?的?(?:名字|姓名)[是叫]|我?叫){NAME}|"
    rf"我是(?:{COMPOUND_SURNAMES}|[{SURNAMES}])[\u4e00-\u9fff]?{TITLE})"
)
REACHED = (
    r"(?:我?的?(?:手机|电话|联系方式|联系电话|身份证)(?:号码?)?(?:就?是)?"
    r"[\d零〇一二三四五六七八九幺两Xx -]*(?:这个)?)"
)
GOES_ON = r"我?(?:住|家|是|在|的|电话|手机|想|要|打|今年|有)"
EDGES = re.compile(rf"^{POLITE}+|{POLITE}+[啊呀哈哦吧了]*$|^{WHO}(?={GOES_ON})", re.IGNORECASE)
# One piece of what tells nothing. Pieces overlap (你 and 好 are also 你好), so a pattern of many
# would try every way to divide a clause, and there are twice as many with each word.
PIECE = re.compile(rf"{POLITE}|{LINE}|{EMPTY}|{OPENING}|{WHO}|{REACHED}| ", re.IGNORECASE)
# More than the longest piece that people say: all his number with what is said before it.
LONGEST_PIECE = 50

NAMED = (
    re.compile(rf"(?:我?的?(?:名字|姓名)[是叫]|我叫|姓[\u4e00-\u9fff][，,、 ]*叫)({NAME})"),
    re.compile(rf"我是((?:{COMPOUND_SURNAMES}|[{SURNAMES}])[\u4e00-\u9fff]?{TITLE})"),
    re.compile(rf"(?:我|免贵|本人|这边)(?:免贵)?姓({COMPOUND_SURNAMES}|[{SURNAMES}])"),
)
# Written as a name: whatever else "is" may be said of a name, it is in small letters.
ENGLISH_NAME = re.compile(
    r"\b[Mm]y name(?: is|['’]s) ((?:[A-Z][a-z'’-]+ ){0,2}[A-Z][a-zA-Z'’-]+)"
    r"(?=$|[,.;!?，。；！？]| and\b)"
)
# What may follow a name at once; else the name is cut out of something longer.
AFTER_NAME = re.compile(rf"$|[，。！？；、,.!?;\s]|{TITLE}|{GOES_ON}")
TITLED = re.compile(TITLE)


def of(sentence: str) -> str:
    """The clauses that are about something, without politeness at their edges."""
    clauses = (_stripped(clause) for clause in CLAUSE.split(sentence))
    return joined(clause for clause in clauses if _tells(clause))


def joined(clauses: Iterable[str]) -> str:
    """In a row, each pair with the comma of its language."""
    text = ""
    for clause in clauses:
        between = "，" if CHINESE.search(text[-1:] + clause[:1]) else ", "
        text = f"{text}{between}{clause}" if text else clause
    return text


def name_in(sentence: str) -> str | None:
    """How the speaker says that he is called; None when he does not, or when that is unsure."""
    for pattern in NAMED:
        match = pattern.search(sentence)
        name = _whole(match[1], sentence[match.end() :]) if match else None
        if name is not None:
            return name
    english = ENGLISH_NAME.search(sentence)
    return english[1] if english else None


def _tells(clause: str) -> bool:
    """It is about something, and not only about who speaks."""
    return not _says_nothing(clause) and not ENGLISH_NAME.fullmatch(clause)


def _says_nothing(clause: str) -> bool:
    """It is pieces only. Each place is left once, however many ways lead to it."""
    reached = {0}
    for start in range(len(clause)):
        if start in reached:
            reached.update(_ends(clause, start))
    return len(clause) in reached


def _ends(clause: str, start: int) -> Iterable[int]:
    """Wherever a piece that begins there may end."""
    if not PIECE.match(clause, start):
        return ()
    last = min(len(clause), start + LONGEST_PIECE)
    return (end for end in range(start + 1, last + 1) if PIECE.fullmatch(clause, start, end))


def _stripped(clause: str) -> str:
    """What stands between polite words; two of them may follow each other."""
    before = None
    while clause != before:
        before, clause = clause, EDGES.sub("", clause.strip()).strip()
    return clause


def _whole(name: str, rest: str) -> str | None:
    """The longest beginning of ``name`` that ends where a name may end."""
    for size in range(len(name), 0, -1):
        following = name[size:] + rest
        if AFTER_NAME.match(following):
            title = TITLED.match(following)
            return name[:size] + (title[0] if title else "")
    return None
