"""The menu is data; a mistake in it is refused with the line that has it."""

import pytest

from ivr.menu import MenuInvalid, menu, read, unknown_lines

GOOD = """
[keys.1]
line = "housing_fund"
spoken = { zh = "公积金", en = "housing fund" }

[keys.2]
line = "tourism"
spoken = { zh = "文旅", en = "tourism" }

[keys.0]
person = true

[keys."#"]
language = "other"
"""


def test_the_menu_we_ship_leads_to_the_eight_topics_and_a_person():
    ours = menu()
    assert len(ours.lines()) == 8
    assert ours.choices["0"].action == "person"
    assert ours.choices["9"].action == "ticket"
    assert ours.choices["#"].language_after("zh") == "en"
    assert ours.choices["#"].language_after("en") == "zh"


def test_choices_are_told_in_the_order_of_the_file_the_last_topic_first():
    assert [one.key for one in read(GOOD).in_order()] == ["1", "2", "0"]
    assert [one.key for one in read(GOOD).in_order("tourism")] == ["2", "1", "0"]
    assert [one.key for one in read(GOOD).in_order("a_line_of_old")] == ["1", "2", "0"]


def test_a_key_to_one_language_is_told_to_those_who_hear_the_other():
    both = read(GOOD)
    assert (both.key_to_language("en"), both.key_to_language("zh")) == ("#", "#")
    one_way = read(GOOD.replace('"other"', '"en"'))
    assert (one_way.key_to_language("en"), one_way.key_to_language("zh")) == ("#", None)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('[keys.1]\nline = "a"\nperson = true', "line 1: key 1 needs exactly one of"),
        ("\n\n[keys.A]\nperson = true", "line 3: “A” is no telephone key"),
        ("[keys.1] # a note\nperson = true\nspeed = 3", "line 1: key 1 has unknown words: speed"),
        ('[keys.1]\nline = "a"', "line 1: key 1 must be spoken in zh, en"),
        ('[keys.1]\nline = "a"\nspoken = { zh = "甲", en = "" }', "line 1: key 1 must be spoken"),
        (
            '[keys.1]\nline = 7\nspoken = { zh = "甲", en = "a" }',
            "line 1: key 1 must name its line",
        ),
        ('\n[keys."#"]\nlanguage = "fr"', "line 2: key # must lead to one of zh, en, other"),
        ("[keys.0]\nperson = false", "line 1: key 0 must say person = true"),
        ("[keys]\n9 = 1", "line 1: key 9 must be a table"),
        ('[keys.0]\nperson = true\nspoken = { zh = "人" }', "leave out spoken"),
        ("\n[keys.0]\nticket = true", "line 2: key 0 must lead to a person"),
        ("[keys.1]\nperson = true", "key 0 must lead to a person"),
        ("[key.0]\nperson = true", "line 1: only tables [keys.…] are known"),
        ("", "line 1: only tables [keys.…] are known"),
        ("[keys.1\nperson = true", "line 1"),
    ],
)
def test_a_mistake_is_refused_with_its_line(source: str, complaint: str):
    with pytest.raises(MenuInvalid, match="menu.toml") as refused:
        read(source)
    assert complaint in str(refused.value)


def test_a_line_that_does_not_exist_is_found():
    assert unknown_lines(read(GOOD), {"general", "tourism"}) == ["housing_fund"]
    assert unknown_lines(read(GOOD), {"general", "tourism", "housing_fund"}) == []
