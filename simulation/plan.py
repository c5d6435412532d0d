"""What a simulated day is to be, and what came of it."""

from dataclasses import dataclass, field

from simulation.habits import HUMAN, Habits
from simulation.rules import Violation
from simulation.weather import CALM, Climate


@dataclass(frozen=True)
class Plan:
    """A day: how many call, how often, whom they meet, and what goes wrong."""

    calls: int
    per_second: float
    seats: int
    seed: int = 1
    habits: Habits = HUMAN
    climate: Climate = CALM
    # One line and no menu, no word takes any time, no wire either: a queue as theory has it.
    pooled: bool = False
    looks_closely: bool = False
    # Leads have set lines: levels, steps, a limit; and close one when half of the calls have come.
    set_lines: bool = False
    # So many leads are about, and a partner city is rung for who has waited for so many seconds.
    leads: int = 0
    partner_after_s: int | None = None


@dataclass
class Outcome:
    plan: Plan
    violations: list[Violation] = field(default_factory=list)
    # In seconds, in order of arrival; and whether the caller was answered.
    waits: list[tuple[float, bool]] = field(default_factory=list)
    dispositions: dict[str, int] = field(default_factory=dict)
    # How often what is in the calls' histories.
    events: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    cuts: int = 0
    webhooks: int = 0
    virtual_s: float = 0.0
    # What happened in each call, in words: the same seed tells the same.
    story: str = ""

    def of(self, kind: str) -> list[Violation]:
        return [one for one in self.violations if one.kind == kind]
