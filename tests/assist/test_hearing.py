"""What free speech is understood to mean."""

import pytest

from assist import emergency, lines
from models import Call


@pytest.mark.parametrize(
    ("speech", "kind"),
    [
        ("我不想活了", "suicide"),
        ("楼下着火了快来人", "fire"),
        ("家里有一股煤气味", "gas"),
        ("我家孩子不见了", "missing_child"),
        ("there is a gas leak", "gas"),
        ("消防通道被堵了", None),
        ("没有着火，只是冒烟", None),
        ("跳楼价是不是虚假宣传", None),
        ("公积金怎么提取", None),
        ("家里煤气泄露了", "gas"),
        ("燃气漏气", "gas"),
        ("我闻到天然气味", "gas"),
        ("轮胎漏气了", None),
        ("有人打我", "violence"),
        ("刚刚有人打我电话推销", None),
        ("活不下去了", "suicide"),
        ("我没有想自杀", None),
        ("孩子走丢了", "missing_child"),
        ("我家孩子一夜没回来", "missing_child"),
        ("My son has not returned home since yesterday", "missing_child"),
        ("房子烧起来了", "fire"),
        ("有人落水", "medical"),
        ("落水管坏了", None),
        ("My child is missing", "missing_child"),
        ("There is a fire in my building", "fire"),
        ("I want to die", "suicide"),
        ("消防通道被占，起火了怎么办", "fire"),
        ("去年我家着火了，保险怎么赔", None),
        ("去年着火，现在又着火了", "fire"),
        ("去年起他就家暴", "violence"),
    ],
)
def test_danger_is_found_and_only_danger(speech, kind):
    found = emergency.find(speech)
    assert (found.kind if found else None) == kind


def test_a_denied_word_that_is_said_again_counts():
    assert emergency.find("刚才没有着火，现在着火了") is not None


def test_much_danger_fits_into_what_is_kept_of_a_call():
    everything = "，".join(emergency._kinds()[4].words)
    found = emergency.find(everything)
    assert found.kind == "missing_child"
    assert len(found.words) <= Call.emergency.type.length


def test_a_word_inside_a_longer_one_is_said_once():
    assert emergency.find("我家燃气漏气了").words == "燃气漏、漏气了"


@pytest.mark.parametrize(
    ("speech", "code"),
    [
        ("公积金怎么提取", "housing_fund"),
        ("异地就医怎么报销", "medical_insurance"),
        ("有辆车挡住了我的车要挪车", "move_car"),
        ("景区导游强制购物", "tourism"),
        ("我家小孩在学校遭到校园欺凌", "minors"),
        ("How do I use my housing fund", "housing_fund"),
    ],
)
def test_a_line_is_heard_with_confidence(speech, code):
    guess = lines.by_words(speech)
    assert guess.code == code
    assert guess.confidence >= 0.5
    assert all(word in speech.lower() for word in guess.words)


def test_small_talk_leads_nowhere():
    assert lines.by_words("你好") is None


def test_two_topics_at_once_are_not_certain():
    assert lines.by_words("公积金和人才落户").confidence < 0.5
