"""What an answer means, and what follows from all three: by table."""

import pytest

from followups.survey import Question, Verdict, understood, verdict, wants_person
from models import Solved

Q = Question


@pytest.mark.parametrize(
    ("question", "key", "speech", "meaning"),
    [
        (Q.IDENTITY, "1", "", "yes"),
        (Q.IDENTITY, "2", "", "no"),
        (Q.IDENTITY, "7", "", None),
        (Q.IDENTITY, "", "对，是我", "yes"),
        (Q.IDENTITY, "", "不是，你打错了", "no"),
        (Q.IDENTITY, "", "Yes, speaking", "yes"),
        (Q.IDENTITY, "", "I know that", None),
        (Q.CONTACTED, "", "联系过了", "yes"),
        (Q.CONTACTED, "", "没有联系过我", "no"),
        (Q.CONTACTED, "", "they never called", "no"),
        (Q.SOLVED, "", "已经解决了", "yes"),
        (Q.SOLVED, "", "只解决了一部分", "partly"),
        (Q.SOLVED, "", "还没有解决", "no"),
        (Q.SOLVED, "2", "", "partly"),
        (Q.SOLVED, "", "it is partly solved", "partly"),
        (Q.SATISFIED, "", "非常满意", "5"),
        (Q.SATISFIED, "", "满意", "4"),
        (Q.SATISFIED, "", "基本满意吧", "3"),
        (Q.SATISFIED, "", "不满意", "2"),
        (Q.SATISFIED, "", "不太满意", "2"),
        (Q.SATISFIED, "", "非常不满意", "1"),
        (Q.SATISFIED, "", "very dissatisfied", "1"),
        (Q.SATISFIED, "", "not satisfied", "2"),
        (Q.SATISFIED, "", "satisfied", "4"),
        (Q.SATISFIED, "", "今天天气不错", None),
        (Q.SATISFIED, "", "", None),
        (Q.SATISFIED, "6", "", None),
    ],
)
def test_keys_and_words_mean_the_same(question, key, speech, meaning):
    assert understood(question, key, speech) == meaning


@pytest.mark.parametrize(
    ("key", "speech", "wanted"),
    [("0", "", True), ("", "转人工", True), ("1", "", False), ("", "满意", False), ("", "", False)],
)
def test_a_person_is_one_key_or_one_word_away(key, speech, wanted):
    assert wants_person(key, speech) is wanted


@pytest.mark.parametrize(
    ("solved", "rating", "again", "by_person", "expected"),
    [
        ("yes", 5, True, False, Verdict.CLOSE),
        ("no", 4, True, False, Verdict.CLOSE),
        ("yes", 3, True, False, Verdict.CLOSE),
        ("partly", 3, False, False, Verdict.CLOSE),
        ("no", 3, True, False, Verdict.PERSON),
        ("no", 3, True, True, Verdict.REHANDLE),
        ("no", 2, True, False, Verdict.REHANDLE),
        ("partly", 1, True, False, Verdict.REHANDLE),
        ("no", 1, False, False, Verdict.PERSON),
        ("yes", 1, True, False, Verdict.PERSON),
        ("yes", 2, True, True, Verdict.REHANDLE),
        ("yes", 2, False, True, Verdict.PERSON),
    ],
)
def test_what_follows_from_the_answers(app, solved, rating, again, by_person, expected):
    assert verdict(Solved(solved), rating, again=again, by_person=by_person) is expected
