"""What citizens say to the robot, and what it may take that for.

A wrong reading opens a ticket to a stranger, ends what is not ended, or begins it again.  What is
not clear is ``None``: it is asked again, by keys."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from re import _constants as codes
from re import _parser as parser

import pytest

from followups import readings
from followups.survey import Question, understood, wants_person

ROOT = Path(__file__).parents[2]
SINGLE = (codes.LITERAL, codes.IN, codes.ANY)
Q = Question
# Question, reading, and the sentences that are read so, a bar between them.
SAID = [
    (
        Q.IDENTITY,
        "yes",
        "是我|是的|对，是我|我就是|嗯是的|本人|是我本人|是的是的|对对对|对的，我就是，您说|"
        "喂你好，是我|是我，请讲|是我打的电话|没错，是我反映的|Yes, speaking|yes|"
        "yes this is she|that's me|yeah that is me|哎我就是|啊对|yes I am|yes it's me|"
        "sure go ahead",
    ),
    (
        Q.IDENTITY,
        "other",
        "他是我爱人|她出去了，我是她女儿|这是公司前台|对不起他不在|不是本人|"
        "不是本人，他上班去了|他不在家|我是他老婆|我妈妈打的|机主不在|是我爱人打的|"
        "是我老公，他在洗澡|她是我妈|这是我同事的电话|我帮他接的|这里是前台，你找谁|"
        "he is not here|this is his wife|I'm her daughter|she is at work|"
        "my husband called you|this is the front desk|我爸在睡觉|我是他儿子，什么事|是她老公|"
        "他是我们老板|我替他接|他去上班了|人不在|我老公报的|no he's out|she's my mother|"
        "sorry he's not available|本人出差了|是我们领导",
    ),
    (
        Q.IDENTITY,
        "no",
        "不是|不是，你打错了|打错了|我不认识|没有啊|我没有反映过|不是我|wrong number|no|"
        "no that's not me|我不是|不是的|你找错人了|没打过电话|我没打过12345|I'm not him",
    ),
    (
        Q.IDENTITY,
        "asks",
        "你是谁啊|你是哪里|是谁|是哪位|你哪位|你是什么单位的|有什么事吗|是吗|是我，你是谁|"
        "是不是骗子|干什么的|who is this|yes, who is calling|who are you|Yes?|"
        "what is this about|你们是12345吗|对，12345吗|对啊怎么了|不知道你说什么|你要找哪个|"
        "who?|hello?|对面是谁",
    ),
    (
        Q.IDENTITY,
        None,
        "我是|你好|喂|嗯|我是王建国|我是物业的|我在开会|不方便|今天天气不错|是我们单位的|"
        "对面那家是的|I know that|是的我就是机主|是我家老头子打的|嗯，我是|在的|是啊，你说吧|"
        "这个号码换人了|我是新机主|he's in the shower|this is John|not really|I am the owner|"
        "can you call back later|本人不方便接电话|是本人的老婆|我就是他老公|对，他不在|"
        "我本人就是",
    ),
    (
        Q.CONTACTED,
        "yes",
        "联系过，没问题|不但打了电话还上门了|联系过了|联系了|有|有的|是的，打过电话|打了电话|"
        "昨天打过电话给我|他们来过了|有人上门来看过|社区的人来找过我|给我回了电话|"
        "跟我沟通过了|联系是联系了|有联系|接到过电话|打过两次电话|城管的师傅上门了，态度不错|"
        "加了我微信|对，联系过的|they called me|yes they did|yes|someone came to my house|"
        "a man called me yesterday|a person called me|有人打过电话|打电话了呀|打过来了|"
        "人来看了|来人了|派人来看了|师傅来修了|他们到我家来过|联系过一次|之前联系过|"
        "有啊，昨天来的|是物业联系我的|主动联系了我|yes someone from the city called|"
        "they came twice|they sent a text|yep they rang me|联系了，很及时",
    ),
    (
        Q.CONTACTED,
        "no",
        "没有|没有联系过我|没有人联系过我|没有联系|没人打电话|没人找过我|从来没有联系过我|"
        "到现在都没有人联系我|一个电话都没打|根本没人理我|谁都没来过|没接到任何电话|"
        "没有接到过他们的电话|联系什么呀|联系个鬼|哪有人联系我|没有打电话给我|没来过|还没有|"
        "冇得人联系我|they never called|nobody called me|no one contacted me|no|not yet|"
        "they didn't contact me|I haven't heard from them|they have not been in touch|"
        "没见到人|一直没有联系|从头到尾没人理|没有啊，没人联系我|这个没有|还没呢|"
        "电话都没有一个|几乎没有联系|nobody came|no one|not a single call|no they haven't|"
        "they didn't",
    ),
    (
        Q.CONTACTED,
        None,
        "联系了，但没解决|没联系上|联系不上|没打电话，直接上门了|有没有联系过我不知道|"
        "联系过吗|什么联系|说会联系我|我打过他们电话|我给他们打过电话|不是没联系|不知道|"
        "不记得了|忘了|今天天气很好|好像联系过|应该联系过吧|没有没联系|是不是联系过|嗯|什么|"
        "I don't know|maybe|I called them|they said they would call|no, they did call|"
        "没有哪个联系我|只发了短信|没有，从来没有|那倒没有|没接到电话|是我联系他们的|"
        "不是打电话，是上门|联系不到我|没空接|没怎么联系|很少联系|也算联系过吧|I guess so|"
        "they tried to call me|联系我老婆了|联系过了不用再联系了|没联系，自己好的|"
        "联系我爸了没联系我",
    ),
    (
        Q.SOLVED,
        "yes",
        "已经解决，没问题了|解决得不错|解决了|已经解决了|都解决好了|路灯修好了|灯亮了|修好了|"
        "好了|没问题了|没事了|搞定了|全部解决|解决了，谢谢|问题解决了|现在没有问题了|"
        "昨天晚上就修好了|办好了，很快|是的，解决了|钱退给我了|没问题|it is fixed|"
        "yes it's solved|they fixed it|it has been resolved|灯修好了|处理好了|弄好了|不漏了|"
        "不吵了|不臭了|水通了|已经退款了|解决得很好|解决了，非常感谢|没啥问题了|"
        "yes all fixed|fixed|it works now",
    ),
    (
        Q.SOLVED,
        "no",
        "没有|没解决|还没有解决|没有解决|根本没解决|一点都没解决|没人管|没有人来处理|"
        "解决不了|还是老样子|问题还在|灯还是不亮|解决什么呀|解决个屁|没有修好|没动静|"
        "哪有解决|没解决问题|至今没有解决|未解决|not fixed|it's not solved|"
        "it hasn't been fixed yet|no|not yet|nothing has changed|still broken|还没修|没修|"
        "没来修|完全没解决|还是漏|又坏了|修好又坏了|解决个毛线|解决了个寂寞|不行|解决不掉|"
        "they didn't fix it|never fixed|no it's still leaking|not yet solved|"
        "it wasn't solved at all",
    ),
    (
        Q.SOLVED,
        "partly",
        "差不多解决了|基本解决了|部分解决了|只解决了一部分|解决了一半|没完全解决|"
        "没有完全解决|还差一点|大部分解决了|好一些了|没有彻底解决|解决得不彻底|"
        "it is partly solved|half of it|not completely|mostly fixed|好多了|没完全好|"
        "基本没问题了|not fully|it's better",
    ),
    (
        Q.SOLVED,
        None,
        "快解决了|马上就解决|会解决的|什么时候解决|解决了又坏了|他们说解决了|应该解决了吧|"
        "不知道解决没有|不是没解决|解决了吗|如果解决了就好了|给我解决|正在处理|暂时解决了|"
        "天气不错|不清楚|解决没解决|希望尽快解决|解决了但是又漏了|隔壁的解决了|打过电话了|"
        "等他们解决|算是解决了|they said it's fixed|it will be fixed soon|I hope so|"
        "it was fixed but broke again|已经处理了|那个井盖换了|垃圾清走了|有水了|修了一半|"
        "修是修了|解决是解决了|解决倒是解决了|没什么变化|说解决了其实没有|你觉得解决了吗|"
        "还在修|在弄了|快好了|差一点|基本上好了|大概解决了|勉强解决|还可以|没法解决|问题不大|"
        "没大问题|问题很大|不是很彻底|还有点问题|not really|yes but not all|yes, not solved|"
        "they fixed the wrong thing|i fixed it myself|我自己修好的|自己解决了|"
        "我自己找人解决了|没人解决，我自己弄好了|解决了别的问题|解决了吧应该|暂时没问题了|"
        "暂时好了",
    ),
    (
        Q.SATISFIED,
        "5",
        "非常满意|很满意|特别满意|十分满意，谢谢|满意极了|五分|解决了，很满意|very satisfied|"
        "extremely happy|相当满意|满意得很|非常非常满意|我很满意|五星|非常满意谢谢|"
        "i am very very happy",
    ),
    (
        Q.SATISFIED,
        "4",
        "满意|挺满意的|比较满意|满意的|还是满意的|不错|挺好的|蛮好|服务态度不错，满意|"
        "没问题，满意|satisfied|I am satisfied|good|满意满意|非常好|很好很好|谢谢你们，满意|"
        "quite happy|very good|pretty satisfied|yes satisfied",
    ),
    (
        Q.SATISFIED,
        "3",
        "基本满意|基本满意吧|一般|一般般|还行|还可以吧|马马虎虎|勉强满意|还算满意|凑合|okay|"
        "fairly satisfied|so so|还算可以吧|还好|还好吧|一般吧|可以|行|行吧|可以吧|打三分",
    ),
    (
        Q.SATISFIED,
        "2",
        "不满意|不太满意|不怎么满意|不是很满意|谈不上满意|满意什么呀|满意个屁|怎么可能满意|"
        "没解决，不满意|不怎么样|有点不满意|说不上满意|不够满意|not satisfied|"
        "not very satisfied|dissatisfied|不咋样|不咋地|谈不上很满意|不能满意|不会满意的|"
        "满意个鬼|哪能满意|不是太满意|不太好|结果不满意|比较不满意|不满意，没解决|有点失望|"
        "not too happy|not good|really bad|not really satisfied|never satisfied",
    ),
    (
        Q.SATISFIED,
        "1",
        "非常不满意|很不满意|一点都不满意|太差了|根本不满意|没有联系我，很不满意|极其不满意|"
        "not happy at all|very dissatisfied|terrible|很差|差评|气死我了|十分不满意|"
        "totally unsatisfied",
    ),
    (
        Q.SATISFIED,
        None,
        "没有很满意|没有不满意|没什么不满意的|不是不满意|不能说不满意|没有那么满意|天气不错|"
        "今天天气不错|满意不满意|满意吗|不知道|随便|无所谓|你说呢|解决了我就满意|"
        "要是解决了我就很满意|没话说|他们还行，但是不满意|满意，不过有点慢|满意才怪|没解决|"
        "嗯|好的|不差|会满意吗|没有|not dissatisfied|not bad|I don't know|"
        "I would be satisfied if it was fixed|就那样|不好|好得很|好|没意见|没啥不满意|"
        "谈不上不满意|也不能说满意|不是特别满意|满意才怪呢|你们满意我就满意|哪里满意了|"
        "不算满意|服务很好，结果不满意|态度满意，结果不满意|不那么满意|没那么不满意|勉勉强强|"
        "三分|给五星好评|八十分|九十分|七八分吧|特别好|太好了|满意度很低|满意度很高|很不好|"
        "i'm not unhappy|it's fine|fine|no|yes|satisfied? no|would be nice|least satisfied|"
        "less than satisfied|far from satisfied|anything but satisfied|自己满意就行|"
        "满意就怪了|我满意吗|真是满意死了|满意你个头|满意啊，怎么不满意|这叫满意|能满意吗|"
        "说满意也行|满意不了一点",
    ),
    # What lasted, what was counted, who rang, and of whom somebody else is said to be content.
    (
        Q.SOLVED,
        "yes",
        "灯昨天就修好了|水管不漏了，谢谢|已经通水了|钱已经到账了|垃圾都清理干净了|"
        "电梯修好了，能用了|路通了|下水道疏通好了|恢复供电了|都弄好了，挺快的|修好了修好了|"
        "已经处理好了谢谢你们|问题已经解决了，没有问题了|一下子就修好了|两天就修好了|"
        "三天就解决了|灯已经亮了|工资发了|一次就解决了|第二天就好了",
    ),
    (
        Q.SOLVED,
        "partly",
        "修好了一盏|解决了一个|修好了两盏|解决了一部分|解决了一大半|处理好了一处|"
        "只修好了一盏灯|修好了几个|解决了两个问题|已经修好了两处|亮了一盏",
    ),
    (
        Q.SOLVED,
        None,
        "通了电话|电话通了|通了两次电话|来电了|发了短信|亮了一下|灯亮了一晚上|修好了两天|"
        "好了两天|没事了吧|打通了电话|接通了|他们发了通知|灯亮了两分钟|水来了一会儿|"
        "修好了没几天又坏了|好了一天又不行了|解决了吧|弄好了吧|修好了一个星期|解决了三天|"
        "好了没两天|电话打通了，没人来|来电了，说明天来|亮了一会儿|通了一天|他们来电了|"
        "社区来电了|物业来过电话了|微信发了|照片发了|没问题了吧|修了两次|修好了又坏|"
        "亮了一阵子|通了几个小时|搞定了几天|已经修好了两天|都好了一个多月|灯亮了2天|"
        "修好了一次|沟通了一下情况|天亮了|好了吧|修好了几回|三个修好了两个",
    ),
    (
        Q.CONTACTED,
        None,
        "联系过了吧|打过电话吧|来过吧",
    ),
    (
        Q.SATISFIED,
        "5",
        "我对物业很满意|对他们很满意|物业服务很满意|师傅的态度我很满意|对这次处理结果很满意|"
        "对你们的工作非常满意|我个人很满意|我们全家都很满意|对师傅非常满意",
    ),
    (
        Q.SATISFIED,
        "4",
        "街道办事很快，满意|对结果满意|这次满意|对物业还是满意的|我比较满意",
    ),
    (
        Q.SATISFIED,
        None,
        "物业很满意|他们很满意|领导满意|不好意思满意|领导很满意|我老婆很满意|邻居满意|"
        "街道很满意|她很满意|师傅很满意|单位满意|大家都很满意|满意吧|很满意吧|应该满意吧|"
        "他们满意就行|你满意吗|物业挺满意的|领导说很满意|社区的人很满意|人家满意|"
        "他们自己很满意|我妈比较满意|村委会倒是满意|我非常满意吧|他们都满意了",
    ),
]


@pytest.mark.parametrize(("question", "reading", "sentences"), SAID)
def test_what_is_said_is_read_so_or_asked_again(question, reading, sentences):
    read = {one: understood(question, "", one) for one in sentences.split("|")}
    assert {one: as_ for one, as_ in read.items() if as_ != reading} == {}


def test_marks_between_words_and_their_width_change_nothing():
    for spoken in ("非常 满意", "非常满意！", "，非常满意。", "ＶＥＲＹ satisfied"):
        assert understood(Q.SATISFIED, "", spoken) == "5"


def test_a_story_is_no_answer():
    assert understood(Q.SOLVED, "", "解决了" + "，" * readings.LONGEST) is None
    assert understood(Q.SOLVED, "", "我们小区东门往左拐那条巷子口修好了") is None


def test_who_says_the_same_again_and_again_is_heard_at_once():
    """In a process of its own: what is tried in all ways comes to no end that one could wait
    for."""
    program = f"""
from followups.readings import LONGEST
from followups.survey import Question, understood
for question in ("contacted", "solved", "satisfied"):
    for words in {["还是", "还挺", "早已", "也就", "还算", "真的", "是", " is", "not been "]}:
        understood(Question(question), "", words * (LONGEST // len(words)))
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=True)


def test_no_pattern_tries_what_is_said_in_all_the_ways_that_it_can_be_cut_into():
    """A repeated group gives nothing back, so that its work grows with the sentence and no faster;
    and of two alternatives that begin alike the longer is tried first, as nothing is given back."""
    found = [
        (one.form.pattern, why)
        for of_question in readings.answers().values()
        for one in of_question.patterns
        for why in _cut_up(parser.parse(one.form.pattern))
    ]
    assert found == []


def _cut_up(parsed: parser.SubPattern) -> Iterator[str]:
    for code, of in parsed:
        repeats = code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and of[1] == codes.MAXREPEAT
        if repeats and next(one for one, _of in of[2]) not in SINGLE:
            yield "gives back"
        if code is codes.POSSESSIVE_REPEAT:
            yield from _hidden(of[2])
        for inner in _inside(of):
            yield from _cut_up(inner)


def _hidden(repeated: parser.SubPattern) -> Iterator[str]:
    """Alternatives that are never tried, as what stands before them takes their beginning."""
    words = [word for one in _alternatives(repeated) if (word := _literal(one))]
    for place, word in enumerate(words):
        if any(word.startswith(before) for before in words[:place]):
            yield f"{word} is never tried"


def _alternatives(repeated: parser.SubPattern) -> list[parser.SubPattern]:
    """Of a repeated choice; the parser pulls a common beginning out, and so hides nothing."""
    for code, of in repeated:
        if code is codes.BRANCH:
            return list(of[1])
        if code is codes.SUBPATTERN:
            return _alternatives(of[3])
    return []


def _literal(parsed: parser.SubPattern) -> str:
    """Its words where it is nothing but words."""
    if all(code is codes.LITERAL for code, _of in parsed):
        return "".join(chr(of) for _code, of in parsed)
    return ""


def _inside(of: object) -> Iterator[parser.SubPattern]:
    if isinstance(of, parser.SubPattern):
        yield of
    elif isinstance(of, (tuple, list)):
        for one in of:
            yield from _inside(one)


@pytest.mark.parametrize(
    ("speech", "wanted"),
    [
        ("我要转人工", True),
        ("找人工", True),
        ("I want to talk to a person", True),
        ("operator please", True),
        ("an agent", True),
        ("a person called me", False),
        ("they want me to pay", False),
        ("物业的人工作态度不好", False),
        ("不用转人工", False),
        ("人工湖边上", False),
    ],
)
def test_a_person_is_who_is_asked_for_and_not_who_is_spoken_of(speech, wanted):
    assert wants_person("", speech) is wanted
