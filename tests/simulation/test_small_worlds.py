"""Whatever happens in whatever order to a few callers and agents, the rules of a day hold."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from simulation.agents import Agent
from simulation.citizens import Citizen
from simulation.conduct import WAYS
from simulation.day import Day
from simulation.habits import Habits
from simulation.plan import Plan
from simulation.weather import CALM, Climate

# People do nothing by chance here: what they do is dealt.
STEADY = Habits(talk_s=15, wrap_up_s=5, patience_s=120, reacts_s=2, leads_every_s=3600)
MOVES = ("swap", "three-way", "complete", "cancel")
WEATHERS = {
    "calm": CALM,
    "no reports": Climate(lost=1.0),
    "doubled": Climate(doubled=1.0, redelivered=1.0),
    "late": Climate(late=1.0),
    "REST fails": Climate(rest=0.7),
    "documents fail": Climate(document_lost=0.3, document_late=0.3),
}
anyone = some.integers(0, 9)


class SmallWorld(RuleBasedStateMachine):
    begins: Callable[[Plan], Day]

    @initialize(seats=some.integers(1, 4), seed=some.integers(0, 5))
    def in_the_morning(self, seats: int, seed: int) -> None:
        plan = Plan(0, 1.0, seats, seed, STEADY, CALM, looks_closely=True, leads=1)
        self.day = type(self).begins(plan)
        self.day.opens()

    @rule()
    def somebody_calls(self) -> None:
        self.day.calls()

    @rule(seconds=some.sampled_from([1, 3, 3, 8, 20, 40]))
    def time_passes(self, seconds: int) -> None:
        self.day.timeline.forward(seconds)

    @rule(who=anyone)
    def a_citizen_hangs_up(self, who: int) -> None:
        present: list[Citizen] = sorted(self.day.present, key=lambda one: one.number)
        if present:
            present[who % len(present)].leaves()

    @rule(who=anyone)
    def a_voice_drops(self, who: int) -> None:
        self._agent(who).drops()

    @rule(who=anyone)
    def a_desk_vanishes(self, who: int) -> None:
        self._agent(who).vanishes()

    @rule(who=anyone)
    def an_agent_takes_a_break(self, who: int) -> None:
        self._agent(who).takes_a_break()

    @rule(who=anyone, way=some.sampled_from([*WAYS, *MOVES]))
    def an_agent_does_something_in_his_talk(self, who: int, way: str) -> None:
        self._agent(who).does(way)

    @rule()
    def a_lead_does_something(self) -> None:
        self.day.leads[0].acts()

    @rule(statements=some.integers(0, 60))
    def a_process_will_be_killed(self, statements: int) -> None:
        self.day.trouble.kill_after = statements

    @rule(statements=some.integers(0, 60))
    def a_connection_will_be_cut(self, statements: int) -> None:
        self.day.trouble.cut_after = statements

    @rule()
    def redis_forgets_everything(self) -> None:
        self.day.bell.redis.flushdb()

    @rule(name=some.sampled_from(sorted(WEATHERS)))
    def the_weather_changes(self, name: str) -> None:
        self.day.weather(WEATHERS[name])

    @invariant()
    def the_rules_hold(self) -> None:
        if hasattr(self, "day"):
            self._insist()

    def teardown(self) -> None:
        if not hasattr(self, "day"):
            return
        try:
            self.day.weather(CALM)
            self.day.trouble.kill_after = self.day.trouble.cut_after = None
            self.day.timeline.forward(60)
            for citizen in list(self.day.present):
                citizen.leaves()
            self.day.ends()
            self._insist()
        finally:
            self.day.close()

    def _agent(self, who: int) -> Agent:
        agents = list(self.day.agents.values())
        return agents[who % len(agents)]

    def _insist(self) -> None:
        broken = self.day.rules.violations
        assert broken == [], "\n".join(str(one) for one in broken)


@pytest.fixture
def world(begins):
    return type("World", (SmallWorld,), {"begins": staticmethod(begins)})


def test_whatever_happens_to_a_small_world(world):
    run_state_machine_as_test(
        world,
        settings=settings(
            max_examples=4,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# What the dealing has found, by name.


def test_who_hangs_up_in_the_moment_he_dials_has_called(begins):
    day = begins(Plan(0, 1.0, 1, 0, STEADY, CALM))
    day.opens()
    day.calls().leaves()
    outcome = day.ends()
    assert outcome.violations == []
    assert outcome.dispositions == {"left_early": 1}
