"""What free speech is understood to mean."""

import pytest

from assist import emergency, lines


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
    ],
)
def test_danger_is_found_and_only_danger(speech, kind):
    found = emergency.find(speech)
    assert (found.kind if found else None) == kind


def test_a_denied_word_that_is_said_again_counts():
    assert emergency.find("刚才没有着火，现在着火了") is not None


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
    guess = lines.guess(speech)
    assert guess.code == code
    assert guess.confidence >= 0.5
    assert all(word in speech.lower() for word in guess.words)


def test_small_talk_leads_nowhere():
    assert lines.guess("你好") is None


def test_two_topics_at_once_are_not_certain():
    assert lines.guess("公积金和人才落户").confidence < 0.5
