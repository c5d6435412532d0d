"""Of what figures are asked: a period, lines, an agent, and into which parts it is cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from analytics.formulas import Tally

Key = Any


class By(StrEnum):
    """Into which parts a period is cut; an hour is one of the clock, over all its days."""

    HOUR = "hour"
    DAY = "day"
    LINE = "line"
    AGENT = "agent"


@dataclass(frozen=True)
class Scope:
    """From the first moment on and until before the second; all lines, or these; all agents, or
    one."""

    start: datetime
    end: datetime
    by: By = By.HOUR
    lines: frozenset[int] | None = None
    agent_id: int | None = None


Parts = Mapping[Key, Tally]
