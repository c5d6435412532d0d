"""What the database cannot hold, and what it can although it looks alike."""

import pytest

from web import intake


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", True),
        ("路灯😀坏了", True),
        ("\x01\x1f\x7f", True),
        ("\ud7ff\ue000", True),
        ("\0", False),
        ("路灯\0坏了", False),
        ("\ud800", False),
        ("😀\udfff", False),
    ],
    ids=ascii,
)
def test_a_text_is_kept_unless_a_letter_of_it_cannot_be(text, kept):
    assert intake._can_be_kept(text) is kept
