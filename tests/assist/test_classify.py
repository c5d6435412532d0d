"""Labels are learned from texts, with a confidence that can be acted upon."""

import pytest

from assist import classify

TEXTS = [
    "小区晚上施工噪声太大睡不着",
    "工地半夜打桩吵得很",
    "楼下广场舞音响太吵",
    "公司拖欠我三个月工资",
    "老板不发工资也不签合同",
    "工地欠薪包工头跑了",
    "公交车不按时到站",
    "地铁站闸机刷不了码",
    "公交线路改了不方便",
]
LABELS = ["噪声"] * 3 + ["欠薪"] * 3 + ["公交"] * 3


def names(found: list[classify.Label]) -> list[str]:
    return [one.name for one in found]


def test_the_most_likely_label_comes_first():
    noise, wages = classify.train(TEXTS, LABELS).predict(["半夜施工很吵", "单位不发工资"])
    assert names(noise)[0] == "噪声"
    assert names(wages)[0] == "欠薪"
    assert len(noise) == 3
    assert noise[0].confidence > noise[1].confidence >= noise[2].confidence
    assert sum(one.confidence for one in noise) == pytest.approx(1, abs=0.001)


def test_what_it_never_saw_is_not_certain():
    classifier = classify.train(TEXTS, LABELS)
    known, strange = classifier.predict(["公司拖欠我三个月工资", "hello"], top=1)
    assert known[0].confidence > 0.8
    assert strange[0].confidence < 0.5


def test_two_labels_are_enough_and_one_is_not():
    classifier = classify.train(TEXTS[:6], LABELS[:6])
    assert names(classifier.predict(["拖欠工资"])[0]) == ["欠薪", "噪声"]
    with pytest.raises(classify.NothingToLearn):
        classify.train(TEXTS[:3], LABELS[:3])
    with pytest.raises(classify.NothingToLearn):
        classify.train([], [])


def test_learning_twice_gives_the_same():
    first, second = (classify.train(TEXTS, LABELS).predict(TEXTS) for _ in range(2))
    assert first == second


def test_nothing_asked_nothing_answered():
    assert classify.train(TEXTS, LABELS).predict([]) == []
