"""docs/routing.md publishes how calls, offers and seats move; code and schema say the same."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint

from models import (
    Activity,
    Alert,
    AlertKind,
    Call,
    Callback,
    CallbackState,
    CallStatus,
    Consult,
    ConsultState,
    Desired,
    Disposition,
    Monitor,
    MonitorEnd,
    MonitorMode,
    MonitorState,
    Offer,
    OfferState,
    Reskill,
    ReskillEnd,
    Seat,
)
from models.base import Base
from models.call import MOVES
from models.callback import CALLBACK_MOVES
from models.consult import CONSULT_MOVES
from models.monitoring import MONITOR_MOVES
from models.seat import ACTIVITY_MOVES
from models.waiting import OFFER_MOVES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "routing.md").read_text(encoding="utf-8")
ARROW = re.compile(r"^ *(\[\*\]|\w+) --> (\w+)", re.MULTILINE)
NOWHERE = "[*]"


def published(heading: str) -> set[tuple[str, str]]:
    """The arrows of the diagram under this heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    diagram = section.split("```mermaid\nstateDiagram-v2\n")[1].split("```")[0]
    return {(one, other) for one, other in ARROW.findall(diagram)}


def legal(moves: Mapping[StrEnum, set[StrEnum]], first: StrEnum) -> set[tuple[str, str]]:
    arrows = {(str(one), str(other)) for one, others in moves.items() for other in others}
    return arrows | {(NOWHERE, str(first))}


@pytest.mark.parametrize(
    ("heading", "moves", "first"),
    [
        ("A call", MOVES, CallStatus.GREETED),
        ("An offer", OFFER_MOVES, OfferState.RINGING),
        ("A callback", CALLBACK_MOVES, CallbackState.SCHEDULED),
        ("What an agent does in a talk", CONSULT_MOVES, ConsultState.RINGING),
        ("What a lead does", MONITOR_MOVES, MonitorState.ASKED),
        ("A seat has two fields", ACTIVITY_MOVES, Activity.IDLE),
    ],
)
def test_the_page_has_the_moves_of_the_code(heading, moves, first):
    besides = {(NOWHERE, "connected")} if moves is OFFER_MOVES else set()
    assert published(heading) == legal(moves, first) | besides


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (Call, "status", CallStatus),
        (Call, "disposition", Disposition),
        (Offer, "state", OfferState),
        (Callback, "state", CallbackState),
        (Consult, "state", ConsultState),
        (Monitor, "state", MonitorState),
        (Monitor, "mode", MonitorMode),
        (Monitor, "outcome", MonitorEnd),
        (Reskill, "outcome", ReskillEnd),
        (Alert, "kind", AlertKind),
        (Seat, "activity", Activity),
        (Seat, "desired", Desired),
    ],
)
def test_the_schema_has_the_states_of_the_code(row: type[Base], column, words):
    """What the code may say the database may hold, and nothing else."""
    checks = {
        str(one.sqltext)
        for one in row.__table__.constraints
        if isinstance(one, CheckConstraint) and str(one.sqltext).startswith(f"{column} IN (")
    }
    (check,) = checks
    assert set(re.findall(r"'(\w+)'", check)) == {str(one) for one in words}


def test_every_state_has_moves_or_is_an_end():
    for moves, words in (
        (MOVES, CallStatus),
        (OFFER_MOVES, OfferState),
        (CALLBACK_MOVES, CallbackState),
        (CONSULT_MOVES, ConsultState),
        (MONITOR_MOVES, MonitorState),
        (ACTIVITY_MOVES, Activity),
    ):
        assert set(moves) == set(words)
