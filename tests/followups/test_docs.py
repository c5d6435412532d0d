"""What the documents draw is what the table of moves allows."""

import re
from pathlib import Path

from models.followup import FOLLOW_UP_MOVES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "followups.md"


def test_the_drawing_is_the_table():
    drawn = set(re.findall(r"^  (\w+) --> (\w+):", PAGE.read_text("utf-8"), re.MULTILINE))
    assert drawn == {(one, other) for one, moves in FOLLOW_UP_MOVES.items() for other in moves}
