"""What docs/tickets.md draws is what the tables say."""

import ast
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

ROOT = Path(__file__).resolve().parents[2]
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


# Doors and what the clock does: from these every step must be reachable.
DOORS = {"requires", "public", "signed", "operation", "job"}
CLOCK = {"each_minute", "each_hour", "run"}
PACKAGES = (
    "tickets",
    "dispatching",
    "followups",
    "units",
    "channels",
    "agent_desk",
    "ivr",
    "queues",
)


def _functions() -> dict[str, list[ast.FunctionDef]]:
    found: dict[str, list[ast.FunctionDef]] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef):
                    found.setdefault(node.name, []).append(node)
    return found


def _named(node: ast.AST) -> set[str]:
    """Functions that are called in it, or handed on."""
    return {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)} | {
        one.id for one in ast.walk(node) if isinstance(one, ast.Name)
    }


def _is_door(node: ast.FunctionDef) -> bool:
    marks = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
    return any(getattr(one, "id", getattr(one, "attr", "")) in DOORS for one in marks)


def _moves(node: ast.AST) -> set[str]:
    return {
        str(one.args[0].value)
        for one in ast.walk(node)
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and one.func.attr == "make"
        and one.args
        and isinstance(one.args[0], ast.Constant)
    }


def test_somebody_can_take_each_step_of_a_ticket():
    """A step that no page, interface, call or clock leads to is a drawing, and no step."""
    functions = _functions()
    reached, names = (
        set(),
        {
            name
            for name, nodes in functions.items()
            if name in CLOCK or any(_is_door(node) for node in nodes)
        },
    )
    while names:
        reached |= names
        names = {
            name for known in names for node in functions[known] for name in _named(node)
        } & functions.keys() - reached
    taken = {move for name in reached for node in functions[name] for move in _moves(node)}
    assert TICKET_MOVES.keys() - taken == set()
