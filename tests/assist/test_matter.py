"""What of a sentence is its matter, and how the speaker says that he is called."""

import pytest

from assist import matter


@pytest.mark.parametrize(
    ("sentence", "about"),
    [
        ("好的谢谢", ""),
        ("嗯好的，谢谢您啊", ""),
        ("好的我知道了", ""),
        ("对对对，就是这样", ""),
        ("喂，能听到吗", ""),
        ("没有了，谢谢", ""),
        ("您好，我要投诉一个事情", ""),
        ("免贵姓欧阳", ""),
        ("我的电话是13812345678", ""),
        ("Okay thank you bye", ""),
        ("喂，你好，听得到吗", ""),
        ("喂你还在吗，能听见我说话吗", ""),
        ("没听清，麻烦您再说一遍", ""),
        ("谢谢再见", ""),
        ("没有别的事了，那就这样吧", ""),
        ("Hello? Are you still there?", ""),
        ("Can you hear me? I can't hear you", ""),
        ("Just a moment please, let me see", ""),
        ("That's all, thank you so much, have a nice day", ""),
        ("I have a question, no water since yesterday", "no water since yesterday"),
        ("听证会什么时候开", "听证会什么时候开"),
        ("你们还不来修", "你们还不来修"),
        ("你好像没听懂", "你好像没听懂"),
        ("可以报销吗", "可以报销吗"),
        ("我叫救护车", "我叫救护车"),
        ("我姓李，住在绿地小区，谢谢", "住在绿地小区"),
        ("我叫李明住在西湖区", "住在西湖区"),
        ("那个，就是，小区停水了", "小区停水了"),
        ("请问一下医保怎么转移", "医保怎么转移"),
        ("hello, the light is broken, thank you", "the light is broken"),
        ("我是江西人，路灯不亮", "我是江西人，路灯不亮"),
        ("Hello, my name is John Smith, the street light is out", "the street light is out"),
    ],
)
def test_politeness_and_who_speaks_are_no_matter(sentence: str, about: str) -> None:
    assert matter.of(sentence) == about


@pytest.mark.parametrize(
    "small_talk",
    ["你好能听到吗", "你好", "听不清楚", "能听到没有", "是的好的", "喂你还在吗", "请再说一遍吗"],
)
@pytest.mark.parametrize(("said", "about"), [("", ""), ("路灯坏", "路灯坏")])
def test_small_talk_is_known_however_long_it_goes_on(
    small_talk: str, said: str, about: str
) -> None:
    """Trying each way to divide it would never end at this length."""
    assert matter.of(f"是{small_talk * 1000}{said}").endswith(about)
    assert bool(matter.of(f"是{small_talk * 1000}{said}")) is bool(about)


def test_endless_politeness_is_taken_away() -> None:
    assert matter.of("路灯坏" + "好的啊" * 1200) == "路灯坏"


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("我姓李，谢谢", "李"),
        ("我姓李先生", "李先生"),
        ("免贵姓欧阳", "欧阳"),
        ("我叫李明住在西湖区", "李明"),
        ("我叫欧阳娜娜", "欧阳娜娜"),
        ("我姓李叫李小明", "李小明"),
        ("我是王女士，家里没有水", "王女士"),
        ("我叫救护车", None),
        ("我叫了车", None),
        ("李女士说的", None),
        ("我是本地人", None),
        # As well a place or a trade: 我是江西人, 我是向塘镇.
        ("我是李建国", None),
        ("我是向塘镇", None),
        ("我叫李建国", "李建国"),
        ("Hello, my name is John Smith.", "John Smith"),
        ("My name is Mary and I live in Donghu", "Mary"),
        ("My name is not important", None),
        ("My name is already registered.", None),
        ("the name is wrong", None),
    ],
)
def test_a_name_is_what_the_speaker_calls_himself(sentence: str, name: str | None) -> None:
    assert matter.name_in(sentence) == name
