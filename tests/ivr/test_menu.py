"""The menu is data; a mistake in it is refused with the line that has it."""

import pytest

from ivr.menu import MenuInvalid, menu, read, unknown_lines

GOOD = """
[keys.1]
line = "housing_fund"
spoken = { zh = "公积金", en = "housing fund" }

[keys."#"]
language = "en"
"""


def test_the_menu_we_ship_leads_to_the_eight_topics_and_a_person():
    ours = menu()
    assert len(ours.lines()) == 8
    assert ours.choices["0"].action == "person"
    assert ours.choices["9"].action == "ticket"
    assert ours.choices["#"].value == "en"


def test_only_lines_are_named_one_by_one():
    assert read(GOOD).spoken("zh") == [("公积金", "1")]
    assert read(GOOD).spoken("en") == [("housing fund", "1")]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('[keys.1]\nline = "a"\nperson = true', "line 1: key 1 needs exactly one of"),
        ("\n\n[keys.A]\nperson = true", "line 3: “A” is no telephone key"),
        ("[keys.1]\nperson = true\nspeed = 3", "line 1: key 1 has unknown words: speed"),
        ('[keys.1]\nline = "a"', "line 1: key 1 must be spoken in zh, en"),
        ("[keys.1\nperson = true", "line 1"),
    ],
)
def test_a_mistake_is_refused_with_its_line(source: str, complaint: str):
    with pytest.raises(MenuInvalid, match="menu.toml") as refused:
        read(source)
    assert complaint in str(refused.value)


def test_a_line_that_does_not_exist_is_found():
    assert unknown_lines(read(GOOD), {"general"}) == ["housing_fund"]
    assert unknown_lines(read(GOOD), {"general", "housing_fund"}) == []
