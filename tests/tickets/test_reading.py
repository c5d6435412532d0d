"""Fields are read out of plain sentences, each with the sentence that says so."""

import pytest

from infra.db import session
from models import District, Topic
from tickets import reading


@pytest.fixture
def city_words(place: None) -> None:
    session.add_all(
        [
            District(code="xihu", name="西湖区"),
            Topic(code="fund_withdrawal", name="公积金提取", words=["公积金", "提取"]),
        ]
    )
    session.flush()


def test_a_complaint_fills_its_form(city_words: None) -> None:
    found = reading.read(["你好", "我要投诉", "我在西湖区，不对，东湖区", "阳明路12号的路灯不亮"])
    values = {field: one.value for field, one in found.items()}
    assert values["kind"] == "complaint"
    assert values["topic"] == "street_light"
    assert values["unit"] == "urban"
    assert values["address"] == "阳明路12号"
    assert "路灯" in values["summary"]
    assert found["topic"].sentence == "阳明路12号的路灯不亮"


def test_the_district_named_last_counts(city_words: None) -> None:
    found = reading.read(["在西湖区", "说错了，是东湖区"])
    assert found["district"].value == "donghu"


def test_a_question_is_a_question(city_words: None) -> None:
    found = reading.read(["请问公积金怎么提取"])
    assert (found["kind"].value, found["topic"].value) == ("consult", "fund_withdrawal")
    assert "address" not in found


@pytest.mark.parametrize("said", [[], ["你好"], ["喂", "嗯"]])
def test_what_is_unsure_is_absent(city_words: None, said: list[str]) -> None:
    assert reading.read(said) == {}


@pytest.mark.parametrize(
    ("sentence", "address"),
    [
        ("我住在八一大道356号", "八一大道356号"),
        ("就是阳光花园3栋楼下", "阳光花园3栋"),
        ("家里没有水", None),
    ],
)
def test_places_are_found_in_sentences(
    city_words: None, sentence: str, address: str | None
) -> None:
    found = reading.read([sentence])
    assert (found["address"].value if "address" in found else None) == address


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("我不是要投诉，请问一下怎么办", "consult"),
        ("我不投诉了", None),
        ("我要投诉物业不作为", "complaint"),
        ("没人来修，路灯坏了", "help"),
    ],
)
def test_a_denied_word_is_not_what_is_wanted(city_words: None, said: str, kind: str | None) -> None:
    found = reading.read([said])
    assert (found["kind"].value if "kind" in found else None) == kind
