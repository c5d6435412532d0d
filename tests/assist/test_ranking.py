"""Texts are ranked by the words and by the characters that they share with what was said."""

from assist.ranking import Ranking, pieces, tokens

TEXTS = [
    "租房提取住房公积金需要身份证和无房证明",
    "异地就医备案后可以直接结算",
    "夜间施工噪声向城管部门投诉",
]


def places(said: str, **how) -> list[int]:
    return [one.at for one in Ranking(TEXTS).best(said, 3, **how)]


def test_the_text_that_shares_most_comes_first():
    assert places("我租房子想提取公积金")[0] == 0
    assert places("晚上还在施工噪声很大")[0] == 2


def test_what_shares_nothing_is_left_out():
    assert places("滕王阁门票") == []
    assert places("") == []
    assert places("。。。") == []


def test_characters_alone_are_not_enough_where_words_are_asked_for():
    assert places("积金需要身", least=1.0) == []


def test_a_word_of_one_text_alone_tells_as_much_among_few_texts_as_among_many():
    for others in (9, 400):
        texts = ["公积金提取", *(f"景区开门时间 {nth}" for nth in range(others))]
        assert [one.at for one in Ranking(texts).best("取公积金", 3, least=0.67)] == [0]
        assert Ranking(texts).best("几点开门", 3, least=0.67) == []


def test_nothing_can_be_asked():
    assert Ranking([]).best("公积金", 3) == []
    assert Ranking(["", "，"]).best("公积金", 3) == []


def test_a_repeated_word_does_not_weigh_more():
    once, thrice = (Ranking(TEXTS).best("公积金" * times, 1) for times in (1, 3))
    assert once[0].at == thrice[0].at == 0


def test_pieces_do_not_cross_a_pause():
    assert pieces("公积，金") == ["公积"]
    assert "的" not in tokens("公积金的提取")
