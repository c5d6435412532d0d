"""What docs/tickets.md draws is what the tables say."""

import re
from pathlib import Path

import pytest

from models.lifecycle import (
    ASSIGNMENT_LABELS,
    ASSIGNMENT_MOVES,
    REQUEST_MOVES,
    STATE_LABELS,
    TICKET_MOVES,
    AssignmentState,
    TicketState,
)
from tickets.actors import ROLES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tickets.md").read_text("utf-8")
EDGE = re.compile(r"^  (\w+) --> (\w+): (\w+) \(([\w, ]+)\)$", re.MULTILINE)


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    ("title", "moves"),
    [
        ("A ticket", TICKET_MOVES),
        ("An assignment", ASSIGNMENT_MOVES),
        ("A request", REQUEST_MOVES),
    ],
)
def test_the_drawings_are_the_tables(title, moves):
    drawn = {
        (source, target, name, frozenset(actors.split(", ")))
        for source, target, name, actors in EDGE.findall(section(title))
    }
    assert drawn == {
        (str(source), str(move.target), name, frozenset(map(str, move.actors)))
        for name, move in moves.items()
        for source in move.sources
    }


@pytest.mark.parametrize(
    ("title", "labels", "states"),
    [
        ("A ticket", STATE_LABELS, TicketState),
        ("An assignment", ASSIGNMENT_LABELS, AssignmentState),
    ],
)
def test_every_state_is_named(title, labels, states):
    named = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|$", section(title), re.MULTILINE))
    assert named == {str(state): labels[state] for state in states}


def test_the_roles_of_each_actor_are_told():
    told = dict(
        re.findall(r"^\| (\w+) \| ([\w, —]+) \|$", PAGE.split("## A ticket")[0], re.MULTILINE)
    )
    del told["who"]
    assert told == {str(actor): ", ".join(roles) or "—" for actor, roles in ROLES.items()}
